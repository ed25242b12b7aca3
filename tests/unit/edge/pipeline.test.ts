import { Hono } from 'hono'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { failure } from '../../../domain/failures.ts'
import { fail, ok } from '../../../domain/result.ts'
import { bodyLimitBytes } from '../../../workers/edge/body.ts'
import { createEdge } from '../../../workers/edge/edge.ts'
import { ObjectUnavailable } from '../../../workers/edge/object-unavailable.ts'
import { rootApp } from '../../../workers/edge/root.ts'
import { fieldsQuery, pageQuery } from '../../../workers/edge/validate.ts'
import { machine, parts, sign, type World } from './world.ts'

const body = z.object({ name: z.string(), tags: z.array(z.object({ 'a/b': z.number() })).optional() })

function world(given: World = {}) {
  const all = parts(given)
  const edge = createEdge(all)
  const app = new Hono()
  const reached = vi.fn()
  const common = { api: 'app', action: 'read', method: 'GET' } as const
  edge.route(app, { ...common, path: '/things/:id', operationId: 'get', params: z.object({ id: z.string().max(5) }) }, async (call) => {
    if (call.params.id === 'throw') throw new TypeError('secret of the house')
    if (call.params.id === 'down') throw new ObjectUnavailable(new Error('gone'))
    return call.params.id === 'none' ? fail(failure('resource/not_found', 'No such thing.')) : ok({ status: 200, body: call.params })
  })
  edge.route(
    app,
    { ...common, path: '/things', operationId: 'list', query: pageQuery.extend({ fields: fieldsQuery(['a', 'b']) }) },
    async (call) => {
      const page = call.page()
      return page.ok ? ok({ status: 200, body: { query: call.query, after: page.value.after, next: call.nextToken('place') } }) : page
    },
  )
  edge.route(app, { ...common, action: 'write', method: 'POST', path: '/things', operationId: 'create', body }, async (call) => {
    reached(call.body)
    return ok({ status: 201, body: { request: call.request({ kind: 'thing' }) } })
  })
  const underived = { secrets: { tellsSecret: true }, states: { noDerivedKey: true } } as const
  for (const [path, how] of Object.entries(underived))
    edge.route(app, { ...common, ...how, action: 'write', method: 'POST', path: `/${path}`, operationId: path, body }, async (call) =>
      ok({ status: 201, body: { request: call.request({ kind: 'thing' }) } }),
    )
  const dryRun = z.object({ dryRun: z.enum(['true', 'false']).optional() })
  const dry = { ...common, action: 'write', method: 'POST', path: '/dry', operationId: 'dry', query: dryRun } as const
  edge.route(app, dry, async (call) => ok({ status: 200, body: call.query }))
  edge.route(app, { ...common, path: '/mine', operationId: 'mine', needsUser: true }, async (call) =>
    ok({ status: 200, body: call.user() }),
  )
  const root = rootApp(edge)
  root.route('/app/v1', app)
  const ask = async (path: string, init: RequestInit & { token?: string | null } = {}) => {
    const { token = await sign(), headers, ...rest } = init
    const all = new Headers(headers)
    if (token !== null) all.set('authorization', `Bearer ${token}`)
    const response = await root.request(`/app/v1${path}`, { ...rest, headers: all })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: text === '' ? null : JSON.parse(text) }
  }
  const post = (json: string, headers: Record<string, string> = {}, path = '/things') =>
    ask(path, { method: 'POST', body: json, headers: { 'content-type': 'application/json', ...headers } })
  return { ask, post, reached, lines: all.lines }
}

test('unknown paths are 404, unknown methods 405 with what is allowed, both without a token', async () => {
  const { ask } = world()
  expect(await ask('/nothing', { token: null })).toMatchObject({ status: 404, json: { code: 'resource/not_found' } })
  const refused = await ask('/things/1', { method: 'DELETE', token: null })
  expect(refused.status).toBe(405)
  expect(refused.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  expect((await ask('/things', { method: 'PUT', token: null })).headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST')
})

test('HEAD is GET without the body', async () => {
  const { ask } = world()
  const head = await ask('/things/1', { method: 'HEAD' })
  expect([head.status, head.text]).toEqual([200, ''])
})

test('what is thrown is told as a 500 with the request id alone, and logged', async () => {
  const { ask, lines } = world()
  const answer = await ask('/things/throw', { headers: { 'x-request-id': 'mine-1' } })
  expect(answer).toMatchObject({ status: 500, json: { code: 'server/internal_error', requestId: 'mine-1' } })
  expect(answer.headers.get('x-request-id')).toBe('mine-1')
  expect(answer.text).not.toContain('secret of the house')
  expect(lines.at(-1)).toContain('secret of the house')
  expect((await ask('/things/down')).status).toBe(503)
})

test('one line of log a request: pattern, workspace and code; never the token', async () => {
  const { ask, lines } = world()
  const token = await sign()
  await ask('/things/none?secret=1', { token })
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] as string)).toMatchObject({
    route: '/app/v1/things/:id',
    status: 404,
    code: 'resource/not_found',
    workspaceId: 'workspace1',
  })
  for (const hidden of [token, token.split('.')[2] as string, 'secret=1']) expect(lines[0]).not.toContain(hidden)
})

test.each(['a b', 'x'.repeat(200), 'é', '{"a":1}'])('a request id that is not sane is replaced: %s', async (given) => {
  const { ask } = world()
  const headers = new Headers()
  try {
    headers.set('x-request-id', given)
  } catch {
    return expect(given).toBe('é')
  }
  expect((await ask('/things/1', { headers })).headers.get('x-request-id')).toMatch(/^id-\d+$/)
})

test('no token, a token of another account or of no workspace: 401 with a challenge that says where tokens are from', async () => {
  const { ask } = world()
  const tokens = [null, await sign({ workspaceId: 'workspace9' }), 'x.y.z']
  for (const token of tokens) {
    const answer = await ask('/things/1', { token })
    expect(answer.status).toBe(401)
    const metadata = 'resource_metadata="https://laurel.test/.well-known/oauth-protected-resource/app/v1"'
    expect(answer.headers.get('www-authenticate')).toBe(
      token === null ? `Bearer ${metadata}` : `Bearer error="invalid_token", error_description="Invalid token", ${metadata}`,
    )
  }
})

test('a good token of the other API: 403, and 401 where its workspace is not there', async () => {
  const { ask } = world()
  expect((await ask('/things/1', { token: await sign({ context: 'dashboard' }) })).status).toBe(403)
  expect((await ask('/things/1', { token: await sign({ context: 'dashboard', workspaceId: 'workspace9' }) })).status).toBe(401)
})

test('scopes: machines need theirs, and a person whose token names any of ours is held to them', async () => {
  const { ask } = world()
  expect((await ask('/things/1', { token: await sign({ ...machine, scope: 'app/write' }) })).status).toBe(403)
  expect((await ask('/things/1', { token: await sign({ ...machine, scope: undefined }) })).status).toBe(403)
  expect((await ask('/things/1', { token: await sign(machine) })).status).toBe(200)
  expect((await ask('/things/1', { token: await sign({ scope: 'openid app/write' }) })).status).toBe(403)
  expect((await ask('/things/1', { token: await sign({ scope: 'openid' }) })).status).toBe(200)
})

test('x-user-id: for machines, and for a user that exists', async () => {
  const profile = vi.fn(async ({ userId }) =>
    userId === 'user-2' ? ok({} as never) : fail(failure('resource/not_found', 'No such user.')),
  )
  const { ask } = world({ player: { profile } })
  const token = await sign(machine)
  const as = (userId: string, given = token, path = '/things/1') => ask(path, { token: given, headers: { 'x-user-id': userId } })
  expect((await as('user-2')).status).toBe(200)
  expect((await as('user-3')).status).toBe(404)
  expect((await as('us er')).json).toMatchObject({ status: 400, errors: [{ parameter: 'x-user-id' }] })
  expect((await as('user-2', await sign())).status).toBe(403)
  expect((await as('user-1', await sign())).status).toBe(200)
  expect((await as('user-3', token, '/mine')).json).toEqual({ workspaceId: 'workspace1', userId: 'user-3' })
  expect((await ask('/mine', { token })).json).toMatchObject({ status: 400, errors: [{ parameter: 'x-user-id' }] })
})

test('bodies: type, size, JSON and shape, each with its own answer, and the handler never reached', async () => {
  const { ask, post, reached } = world()
  expect((await post('{}', { 'content-type': 'text/plain' })).status).toBe(415)
  expect((await post('{}', { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415)
  expect((await post('{}', { 'content-encoding': 'gzip' })).status).toBe(415)
  expect((await ask('/things', { method: 'POST' })).status).toBe(415)
  expect((await post('{"name":')).json).toMatchObject({ status: 400, code: 'validation/invalid_input' })
  expect((await post('')).status).toBe(400)
  expect((await post('[]')).json).toMatchObject({ status: 400, errors: [{ pointer: '' }] })
  expect((await post('{"name":1,"tags":[{"a/b":"x"}]}')).json.errors).toMatchObject([{ pointer: '/name' }, { pointer: '/tags/0/a~1b' }])
  expect(reached).not.toHaveBeenCalled()
  expect((await post('{"name":"a"}', { 'content-type': 'Application/JSON;charset=UTF-8' })).status).toBe(201)
})

test('a body past the limit is refused by its length, and where it has none, while it streams', async () => {
  const { ask, post } = world()
  expect((await post('{}', { 'content-length': String(bodyLimitBytes + 1) })).status).toBe(413)
  let sent = 0
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1
      controller.enqueue(new Uint8Array(1024 * 1024).fill(32))
    },
  })
  const init = { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'application/json' } } as RequestInit
  expect((await ask('/things', init)).status).toBe(413)
  // Read on for a while, so that whoever is sending hears of it; and no further.
  expect(sent).toBeLessThan(6 + 8 + 3)
})

test.each([
  ['refused for its path', 'PUT', '/nothing', 404],
  ['refused for its method', 'PUT', '/things', 405],
  ['refused for its type', 'POST', '/things', 415],
])('a body %s is read before the answer, so that whoever is still sending hears it', async (_, method, path, status) => {
  const pieces = [1, 2, 3]
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pieces.shift() === undefined) controller.close()
      else controller.enqueue(new Uint8Array(1024))
    },
  })
  expect((await world().ask(path, { method, body, duplex: 'half' } as RequestInit)).status).toBe(status)
  expect(pieces).toEqual([])
})

test('queries of a read: fields repeat or are comma separated, unknown parameters are ignored, bad ones named', async () => {
  const { ask } = world()
  expect((await ask('/things?fields=a&fields=b,a&colour=red')).json.query.fields).toEqual(['a', 'b', 'a'])
  expect((await ask('/things')).json.query).toMatchObject({ limit: 20, order: 'desc', fields: [] })
  for (const [query, parameter] of [
    ['fields=c', 'fields'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['order=up', 'order'],
    ['nextToken=abc', 'nextToken'],
    ['nextToken=', 'nextToken'],
  ])
    expect((await ask(`/things?${query}`)).json).toMatchObject({ status: 400, errors: [{ parameter }] })
})

test('a write takes no parameter that it does not know, however it is spelt, and does nothing', async () => {
  const { ask, reached } = world()
  const init = { method: 'POST', body: '{"name":"a"}', headers: { 'content-type': 'application/json' } }
  for (const [query, parameters] of [
    ['colour=red', ['colour']],
    ['__proto__=1&%63olour=2', ['__proto__', 'colour']],
    ['=x', ['']],
    ['a', ['a']],
  ] as const)
    expect((await ask(`/things?${query}`, init)).json).toMatchObject({
      status: 400,
      errors: parameters.map((parameter) => ({ parameter })),
    })
  expect((await ask(`/things?${'a&'.repeat(5000)}`, init)).json.errors).toHaveLength(20)
  expect(reached).not.toHaveBeenCalled()
  expect((await ask('/things?', init)).status).toBe(201)
  expect((await ask('/dry?dryRun=true', init)).json).toEqual({ dryRun: 'true' })
  expect((await ask('/dry?dryrun=true', init)).json).toMatchObject({ status: 400, errors: [{ parameter: 'dryrun' }] })
})

test('a body that breaks off is a 400 about it, and does nothing', async () => {
  const { ask, reached, lines } = world()
  const pieces = ['{"name"', ':"a"']
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift()
      if (piece === undefined) controller.error(new Error('Network connection lost.'))
      else controller.enqueue(new TextEncoder().encode(piece))
    },
  })
  const answer = await ask('/things', {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'content-type': 'application/json' },
  } as RequestInit)
  expect(answer.json).toMatchObject({ status: 400, code: 'validation/invalid_input', errors: [{ pointer: '' }] })
  expect(reached).not.toHaveBeenCalled()
  expect(JSON.parse(lines.at(-1) as string)).not.toHaveProperty('error')
})

test('a page token goes on where it was given, for the same list and user only', async () => {
  const { ask } = world()
  const { next } = (await ask('/things?order=asc')).json
  const given = `nextToken=${encodeURIComponent(next)}`
  expect((await ask(`/things?order=asc&limit=3&${given}`)).json.after).toBe('place')
  expect((await ask(`/things?order=desc&${given}`)).status).toBe(400)
  expect((await ask(`/things?order=asc&${given}`, { token: await sign({ userId: 'user-2' }) })).status).toBe(400)
})

test('idempotency keys: echoed, claimed within the caller, and derived for a POST without one', async () => {
  const { post } = world()
  const given = await post('{"name":"a"}', { 'x-idempotency-key': 'k1' })
  expect(given.headers.get('x-idempotency-key')).toBe('k1')
  const again = await post('{"name":"a"}', { 'idempotency-key': '"k1"' })
  expect(again.json.request.idempotency.key).toBe(given.json.request.idempotency.key)
  const other = await post('{"name":"b"}', { 'x-idempotency-key': 'k1' })
  expect(other.json.request.idempotency.key).toBe(given.json.request.idempotency.key)
  expect(other.json.request.idempotency.fingerprint).not.toBe(given.json.request.idempotency.fingerprint)
  expect((await post('{"name":"a"}', { 'idempotency-key': 'bare' })).status).toBe(400)
  // What the schema does not keep is not what was said.
  const beside = await post('{"x":[1],"name":"a","tags":[{"a/b":1,"y":2}]}', { 'x-idempotency-key': 'k1' })
  const tagged = await post('{"name":"a","tags":[{"a/b":1}]}', { 'x-idempotency-key': 'k1' })
  expect(beside.json.request.idempotency.fingerprint).toBe(tagged.json.request.idempotency.fingerprint)
  expect(tagged.json.request.idempotency.fingerprint).not.toBe(given.json.request.idempotency.fingerprint)
  const derived = [await post('{"name":"a"}'), await post('{ "name": "a" }'), await post('{"name":"b"}')]
  const [first, second, third] = derived.map((answer) => answer.json.request.idempotency)
  expect(first.key).toBe(second.key)
  expect(first.key).not.toBe(third.key)
})

test.each(['/secrets', '/states'])(
  'no key is derived where a secret is told or a state is set (%s), and a given one counts',
  async (path) => {
    const { post } = world()
    const claim = async (headers = {}) => (await post('{"name":"a"}', headers, path)).json.request.idempotency
    const [first, second] = [await claim(), await claim()]
    expect(first.key).not.toBe(second.key)
    const key = { 'x-idempotency-key': 'k' }
    expect((await claim(key)).key).toBe((await claim(key)).key)
  },
)
