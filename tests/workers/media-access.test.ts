// Who may have a media, on the Worker itself: every way in, and what is told to those who have none.

import { nanoid } from 'nanoid'
import { beforeAll, describe, expect, test } from 'vitest'
import { must } from './support/game.ts'
import { ask, bytesFrom, type Delivered, deliveryWorld, type Placed, parts, place, reader } from './support/media.ts'
import { newTenant, type Tenant } from './support/tenant.ts'

const page = 'https://app.example.org'
const stranger = 'https://evil.example'

let ours: Tenant
let theirs: Tenant
let open: Placed
let hidden: Placed
/** The same id in another workspace. */
let twin: Placed

beforeAll(async () => {
  ;[ours, theirs] = await Promise.all([newTenant({ origins: [page] }), newTenant({ origins: [stranger] })])
  const { workspaceId } = ours
  open = await place(bytesFrom(0, 1000), { workspaceId })
  hidden = await place(bytesFrom(1, 1000), { workspaceId, visibility: 'private' })
  twin = await place(bytesFrom(2, 1000), { workspaceId: theirs.workspaceId, mediaId: hidden.mediaId, visibility: 'private' })
})

const bearer = (token: string, more: Record<string, string> = {}) => ({ authorization: `Bearer ${token}`, ...more })
const link = (media: { workspaceId: string; mediaId: string }, livesMs = 60_000) =>
  parts.mediaLinks.sign(media, reader, Date.now() + livesMs)
const problemOf = ({ bytes }: Delivered) => JSON.parse(Buffer.from(bytes).toString())
/** Without what names the request. */
function essence(answer: Delivered) {
  const { requestId: _, timestamp: __, instance: ___, path: ____, ...problem } = problemOf(answer)
  const headers = [...answer.headers].filter(([name]) => !['x-request-id', 'traceresponse', 'content-length'].includes(name))
  return { status: answer.status, headers, problem }
}

describe('by token', () => {
  test.each<[string, Parameters<Tenant['token']>[0], number]>([
    ['a person of the app', { role: 'member' }, 200],
    ['a viewer of the dashboard', { context: 'dashboard', role: 'viewer' }, 200],
    ['an owner', { context: 'dashboard', role: 'owner' }, 200],
    ['a machine that may read the app', { platform: 'm2m', scope: 'app/read' }, 200],
    ['a machine that may read the dashboard', { platform: 'm2m', context: 'dashboard', role: 'viewer', scope: 'dashboard/read' }, 200],
    ['a member on the dashboard, whom no policy lets read there', { context: 'dashboard', role: 'member' }, 403],
    ['a machine that may only write', { platform: 'm2m', scope: 'app/write' }, 403],
    ['a token that is over', { ttlSeconds: -60 }, 401],
  ])('%s', async (_, request, status) => {
    const answer = await ask(hidden.path, { headers: bearer(await ours.token(request)) })
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.bytes).toEqual(bytesFrom(1, 1000))
    if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
  })

  test('what is told to caches, and to pages', async () => {
    const { headers } = await ask(hidden.path, { headers: bearer(await ours.token({})) })
    expect(Object.fromEntries(['cache-control', 'vary', 'cross-origin-resource-policy'].map((name) => [name, headers.get(name)]))).toEqual({
      'cache-control': 'private, no-cache',
      vary: 'Origin, Authorization',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers.get('ratelimit')).toContain('"user";r=')
  })

  test('a machine may act for a user that is there', async () => {
    const token = await ours.token({ user: 'machine', platform: 'm2m', scope: 'app/read' })
    const { userId } = await must(ours.admin.post('/users', { email: 'media@example.org', nickname: 'Media' }))
    expect((await ask(hidden.path, { headers: bearer(token, { 'x-user-id': userId }) })).status).toBe(200)
    expect((await ask(hidden.path, { headers: bearer(token, { 'x-user-id': nanoid() }) })).status).toBe(404)
  })

  test('of another workspace finds nothing, exactly as where nothing is', async () => {
    const token = await theirs.token({ context: 'dashboard', role: 'owner' })
    for (const origin of [undefined, page, stranger]) {
      const headers = bearer(token, origin === undefined ? {} : { origin })
      const [foreign, absent] = [await ask(hidden.path, { headers }), await ask(`/media/${ours.workspaceId}/${nanoid()}`, { headers })]
      expect(foreign.status).toBe(404)
      expect(essence(foreign)).toEqual(essence(absent))
    }
  })

  test('is counted, and refused when it is too much', async () => {
    const little = { quota: 2, windowSeconds: 3600 }
    const limits = { principal: little, machine: little, workspace: { quota: 1000, windowSeconds: 1 }, suspect: null }
    const limited = await newTenant({ limits })
    const media = await place(bytesFrom(0, 10), { workspaceId: limited.workspaceId, visibility: 'private' })
    const headers = bearer(await limited.token({}))
    const answers = [await ask(media.path, { headers }), await ask(media.path, { headers }), await ask(media.path, { headers })]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(answers[2]?.headers.get('ratelimit-policy')).toContain('"user";q=2;w=3600')
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(0)
    // Whoever may not be served may still be shown what is for everyone, and a link counts for nobody.
    expect((await ask(`${media.path}?${link(media)}`, {})).status).toBe(200)
  })

  test('and a policy of the workspace may forbid it', async () => {
    const strict = await newTenant()
    const media = await place(bytesFrom(0, 10), { workspaceId: strict.workspaceId, visibility: 'private' })
    const text = 'forbid (principal, action, resource) when { context.operation == "media/deliver" };'
    await must(strict.admin.post('/policies', { policyId: 'no-media', name: 'No media', text }))
    expect((await ask(media.path, { headers: bearer(await strict.token({})) })).status).toBe(403)
  })
})

describe('without a credential', () => {
  test('a private media asks for one', async () => {
    const answer = await ask(hidden.path)
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer resource_metadata="http://laurel.test/.well-known/oauth-protected-resource"',
    ])
    expect(problemOf(answer).code).toBe('auth/invalid_token')
  })

  test.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer x', 'Bearer a.b.c', 'hello'])('Authorization: %s is none', async (authorization) => {
    expect((await ask(hidden.path, { headers: { authorization } })).status).toBe(401)
    // Nor does a good link make up for it: who shows a token is held to it.
    expect((await ask(`${hidden.path}?${link(hidden)}`, { headers: { authorization } })).status).toBe(401)
  })

  test('a public media asks for none, and looks at none', async () => {
    const plain = await ask(open.path)
    for (const authorization of ['Bearer x', bearer(await theirs.token({})).authorization]) {
      const answer = await ask(open.path, { headers: { authorization } })
      expect([answer.status, answer.headers.get('vary'), answer.headers.get('cache-control')]).toEqual([
        200,
        plain.headers.get('vary'),
        'public, max-age=31536000, immutable',
      ])
    }
  })
})

describe('by link', () => {
  test('whole, in part, by name and by HEAD', async () => {
    const query = link(hidden)
    expect((await ask(`${hidden.path}?${query}`)).bytes).toEqual(bytesFrom(1, 1000))
    expect((await ask(`${hidden.path}/film.mp4?${query}`)).status).toBe(200)
    const part = await ask(`${hidden.path}?${query}`, { headers: { range: 'bytes=10-19' } })
    expect([part.status, part.bytes]).toEqual([206, bytesFrom(11, 10)])
    const head = await ask(`${hidden.path}?${query}`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, '1000', 0])
    expect(head.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(head.headers.get('cache-control')).toBe('private, no-cache')
  })

  const changed = (over: Record<string, string>) =>
    new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(link(hidden))), ...over }).toString()

  test('that is over is told so', async () => {
    const answer = await ask(`${hidden.path}?${link(hidden, -1000)}`)
    expect([answer.status, problemOf(answer).code]).toEqual([401, 'auth/expired_token'])
  })

  test.each<[string, (query: URLSearchParams) => string]>([
    ['another signature', () => changed({ signature: 'A'.repeat(43) })],
    ['a signature as long, of nothing', (query) => changed({ signature: 'A'.repeat(query.get('signature')?.length ?? 0) })],
    ['a signature of another length', (query) => changed({ signature: `${query.get('signature')}A` })],
    ['a later end', (query) => changed({ expires: String(Number(query.get('expires')) + 1) })],
    ['an end written otherwise', (query) => changed({ expires: `0${query.get('expires')}` })],
    ['no end', (query) => `signature=${query.get('signature')}`],
    ['no signature', (query) => `expires=${query.get('expires')}`],
    ['an empty signature', (query) => `expires=${query.get('expires')}&signature=`],
    ['a link of another media', () => link({ ...hidden, mediaId: nanoid() })],
    ['a link of the same id in another workspace', () => link(twin)],
    ['a link of ids that were cut elsewhere', () => link({ workspaceId: `${hidden.workspaceId}x`, mediaId: hidden.mediaId.slice(1) })],
  ])('%s is refused', async (_, change) => {
    const answer = await ask(`${hidden.path}?${change(new URLSearchParams(link(hidden)))}`)
    expect([answer.status, problemOf(answer).code]).toEqual([401, 'auth/invalid_token'])
  })

  test('twice the same parameter is a mistake', async () => {
    expect((await ask(`${hidden.path}?${link(hidden)}&expires=1`)).status).toBe(400)
  })

  test('of another workspace opens that one’s media, and only there', async () => {
    expect((await ask(`${twin.path}?${link(twin)}`)).bytes).toEqual(bytesFrom(2, 1000))
    expect((await ask(`${twin.path}?${link(hidden)}`)).status).toBe(401)
  })
})

describe('pages of other origins', () => {
  const cors = ({ status, headers }: Delivered) => [status, headers.get('access-control-allow-origin')]

  test('read what the list of the workspace lets them, and are shown what is public', async () => {
    expect(cors(await ask(open.path, { headers: { origin: page } }))).toEqual([200, page])
    expect(cors(await ask(open.path, { headers: { origin: stranger } }))).toEqual([200, null])
    expect(cors(await ask(open.path))).toEqual([200, null])
    const revalidated = await ask(open.path, { headers: { origin: page, 'if-none-match': `"${open.sha256}"` } })
    expect(cors(revalidated)).toEqual([304, page])
    expect(revalidated.headers.get('vary')).toBe('Origin')
    const read = await ask(open.path, { headers: { origin: page } })
    expect(read.headers.get('access-control-expose-headers')).toContain('content-range')
  })

  test('with a token are refused where they are not on it; with a link they are shown it', async () => {
    const token = await ours.token({})
    expect(cors(await ask(hidden.path, { headers: bearer(token, { origin: page }) }))).toEqual([200, page])
    expect(cors(await ask(hidden.path, { headers: bearer(token, { origin: stranger }) }))).toEqual([403, null])
    expect(cors(await ask(`${hidden.path}?${link(hidden)}`, { headers: { origin: page } }))).toEqual([200, page])
    expect(cors(await ask(`${hidden.path}?${link(hidden)}`, { headers: { origin: stranger } }))).toEqual([200, null])
  })

  test('are told what they may ask before they ask', async () => {
    const headers = { origin: page, 'access-control-request-method': 'GET', 'access-control-request-headers': 'range, if-range' }
    const answer = await ask(`${open.path}/film.mp4`, { method: 'OPTIONS', headers })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
    expect(answer.headers.get('access-control-allow-headers')?.split(', ')).toEqual(expect.arrayContaining(['range', 'if-range']))
  })

  test('of workspaces that nobody made are not asked about', async () => {
    const asked: string[] = []
    const { ask: askHere } = deliveryWorld((services) => ({
      workspaceEdge: (workspaceId) => {
        asked.push(workspaceId)
        return services.workspaceEdge(workspaceId)
      },
    }))
    expect(cors(await askHere(`/media/${nanoid(10)}/${nanoid()}`, { headers: { origin: page } }))).toEqual([404, '*'])
    expect(asked).toEqual([])
    await askHere(open.path, { headers: { origin: page } })
    expect(asked).toEqual([ours.workspaceId])
  })
})

test('HEAD is GET without its body, for whoever is let in and for whoever is not', async () => {
  const token = bearer(await ours.token({}))
  const missing = `/media/${ours.workspaceId}/${nanoid()}`
  for (const [path, headers] of [
    [open.path, {}],
    [open.path, { 'if-none-match': `"${open.sha256}"` }],
    [open.path, { 'if-match': '"x"' }],
    [open.path, { origin: page }],
    [hidden.path, token],
    [hidden.path, {}],
    [`${hidden.path}?${link(hidden)}`, {}],
    [missing, {}],
  ] as [string, Record<string, string>][]) {
    const [get, head] = [await ask(path, { headers }), await ask(path, { method: 'HEAD', headers })]
    const fields = ({ headers }: Delivered) =>
      [...headers].filter(([name]) => !['x-request-id', 'traceresponse', 'ratelimit'].includes(name))
    expect([head.status, fields(head)]).toEqual([get.status, fields(get)])
    expect(head.bytes.length).toBe(0)
    if (get.status !== 304) expect(head.headers.get('content-length')).toBe(String(get.bytes.length))
  }
})
