// What is logged of requests, good and failing: never a token, a key, an e-mail address or anything of a body, whoever
// writes the line. The console is watched as well as the log port, since objects and consumers write there.

import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { describeError } from '../../domain/telemetry/request-log.ts'
import { laurelApp } from '../../workers/app-of.ts'
import { edgePartsOf } from '../../workers/composition.ts'
import { consumeOutbox } from '../../workers/consumers/outbox.ts'
import { settled, type Tenant, tenant } from './support/tenants.ts'
import { issuers, scopes, signed } from './support/tokens.ts'
import { type Ask, securityWorld } from './support/world.ts'

const written: string[] = []
const levels = ['debug', 'log', 'info', 'warn', 'error'] as const
const spies = levels.map((level) =>
  vi.spyOn(console, level).mockImplementation((...said: unknown[]) => {
    written.push(said.map((one) => (one instanceof Error ? `${one.stack}` : typeof one === 'string' ? one : JSON.stringify(one))).join(' '))
  }),
)
afterAll(() => {
  for (const spy of spies) spy.mockRestore()
})

const world = securityWorld()
let ours: Tenant

beforeAll(async () => {
  ours = await tenant(world)
}, 60_000)

const secret = {
  key: 'idempotency-SECRET-0001',
  draftKey: 'idempotency-SECRET-0002',
  email: 'secret.person@private.test',
  name: 'Secretname',
  query: 'SECRETQUERY',
  body: 'SECRETBODY',
  cookie: 'SECRETCOOKIE',
}

const everything = () => [...world.lines, ...written].join('\n')

function expectClean(tokens: string[], hidden: Record<string, string> = secret): void {
  const logged = everything()
  for (const [name, value] of Object.entries(hidden)) expect({ name, isLogged: logged.includes(value) }).toEqual({ name, isLogged: false })
  for (const token of tokens) for (const part of token.split('.')) expect(part.length > 5 && logged.includes(part)).toBe(false)
  const { OPERATOR_KEY, TOKEN_KEY, AWS_SECRET_ACCESS_KEY } = env as unknown as Env
  for (const key of [OPERATOR_KEY, TOKEN_KEY, AWS_SECRET_ACCESS_KEY]) expect(logged.includes(key)).toBe(false)
  expect(logged.match(/[\w.+-]+@[\w-]+\.\w+/g)).toBeNull()
}

test('of requests that succeed and requests that fail in every way', async () => {
  const owner = await signed(ours.owner)
  const machine = await signed({ ...ours.machine, scope: scopes, context: 'app' })
  const named = await signed({ ...ours.owner, sub: secret.email, userId: secret.email })
  const expired = await signed({ ...ours.owner, exp: 1_000_000 })
  const foreign = await signed({ ...ours.owner, iss: `https://${secret.body}.test` })
  const person = { email: secret.email, nickname: secret.name, externalId: secret.email, firstName: secret.name }
  const users = { method: 'POST', path: '/dashboard/v1/users' }
  const headers = { 'x-idempotency-key': secret.key, cookie: `session=${secret.cookie}`, 'user-agent': secret.body }
  const platform = `/platform/v1/workspaces/${ours.workspaceId}`
  const asks: Ask[] = [
    { ...users, token: owner, body: person, headers },
    { ...users, token: owner, body: { ...person, lastName: 'Other' }, headers },
    { ...users, token: owner, body: person, headers: { 'idempotency-key': `"${secret.draftKey}"` } },
    { ...users, token: owner, body: { ...person, email: 1, [secret.body]: secret.body } },
    { ...users, token: owner, raw: `{"email": "${secret.email}"`, headers: { 'content-type': 'application/json' } },
    { ...users, token: owner, raw: secret.body, headers: { 'content-type': `text/${secret.body}` } },
    { path: `/dashboard/v1/users/by-external-id/${secret.email}`, token: owner },
    { path: `/dashboard/v1/users/${secret.email}?q=${secret.query}`, token: owner },
    { path: `/dashboard/v1/users?limit=${secret.query}&nextToken=${secret.query}`, token: owner },
    { path: `/${secret.body}/${owner}?token=${owner}`, token: owner },
    { path: '/dashboard/v1/users/me', token: named },
    { path: '/app/v1/users/me', token: machine, headers: { 'x-user-id': secret.email } },
    { path: '/dashboard/v1/users', token: expired },
    { path: '/dashboard/v1/users', token: foreign },
    { path: '/dashboard/v1/users', token: `${owner}x` },
    { path: '/dashboard/v1/users', headers: { authorization: `Basic ${secret.body}` } },
    { path: `${platform}/audit`, token: owner },
    { method: 'PUT', path: `${platform}/users/${secret.email}`, token: world.operatorKey, body: person },
    { method: 'PUT', path: `${platform}/users/${secret.email}`, token: world.operatorKey, body: { email: secret.email } },
    {
      method: 'POST',
      path: '/app/v1/activity-logs',
      token: machine,
      body: { activityId: secret.body, userId: secret.email, additionalData: secret },
    },
    {
      method: 'POST',
      path: '/app/v1/activity-logs',
      token: machine,
      body: { activityId: 'commit', userId: secret.email, additionalData: secret },
    },
  ]
  const statuses = new Set<number>()
  for (const ask of asks) statuses.add((await world.ask(ask)).status)
  expect([...statuses].sort()).toEqual([200, 201, 400, 401, 404, 409, 415, 422])
  await settled(world, ours.workspaceId)
  expect(everything()).toContain(`"workspaceId":"${ours.workspaceId}"`)
  expectClean([owner, machine, named, expired, foreign])
})

test('of machines and people who come for tokens, and of what they are given', async () => {
  const owner = await signed(ours.owner)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const ask = (more: Ask) => world.ask(more)
  const made = await ask({ method: 'POST', path: '/dashboard/v1/clients', token: owner, body: { name: secret.name, scopes: ['app/read'] } })
  const { clientId, clientSecret } = made.json
  const token = async (shown: string, fields: Record<string, string>) =>
    ask({
      method: 'POST',
      path: `/oauth2/token?${secret.query}`,
      raw: new URLSearchParams(fields).toString(),
      headers: { ...form, ...(shown !== '' && { authorization: `Basic ${btoa(`${clientId}:${shown}`)}` }) },
    })
  const given = await token(clientSecret, { grant_type: 'client_credentials' })
  const refused = [
    await token(secret.body, { grant_type: 'client_credentials' }),
    await token('', { grant_type: 'client_credentials', client_id: secret.email, client_secret: secret.body }),
    await token('', { grant_type: 'refresh_token', refresh_token: secret.body }),
    await ask({ method: 'POST', path: '/oauth2/revoke', raw: `token=${secret.body}`, headers: form }),
    await ask({ method: 'POST', path: '/auth/v1/email-codes', body: { workspaceId: 'nosuchwork', email: secret.email } }),
    await ask({
      method: 'POST',
      path: '/auth/v1/email-codes/verify',
      body: { workspaceId: 'nosuchwork', email: secret.email, code: '123456' },
    }),
  ]
  expect([given.status, ...refused.map(({ status }) => status)]).toEqual([200, 401, 401, 400, 200, 202, 401])
  expect(clientSecret).toMatch(/^ls_/)
  const basic = btoa(`${clientId}:${clientSecret}`)
  expectClean([owner, given.json.access_token], { ...secret, clientSecret, basic, code: '123456' })
})

test('of uploads and signed URLs, good and bad, in lines, errors and spans', async () => {
  const owner = await signed(ours.owner)
  const spans: string[] = []
  const OTLP_ENDPOINT = 'http://127.0.0.1:9/media'
  const real = globalThis.fetch
  const collector = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    if (typeof input !== 'string' || !input.startsWith(OTLP_ENDPOINT)) return real(input, init)
    spans.push(String(init?.body))
    return Response.json({})
  })
  const bindings = { ...(env as unknown as Env), ISSUERS: issuers, OTLP_ENDPOINT, TRACE_SAMPLE: '1' }
  const parts = edgePartsOf(bindings)
  let isBroken = false
  const blobs = new Proxy(parts.services.blobs, {
    get(store, member) {
      if (isBroken && member === 'put') return () => Promise.reject(new Error('R2 does not answer'))
      return Reflect.get(store, member)
    },
  })
  const services = Object.assign(Object.create(parts.services), { blobs })
  const { app } = laurelApp({ ...parts, services, log: (line) => world.lines.push(line) })
  const ask = async (method: string, path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> => {
    const context = createExecutionContext()
    const answer = await app.fetch(new Request(`http://laurel.test${path}`, { method, ...init }), bindings, context)
    const text = await answer.text()
    await waitOnExecutionContext(context)
    return { status: answer.status, text }
  }
  const authorized = { headers: { authorization: `Bearer ${owner}` } }
  const raw = `${secret.body} in bytes`
  const query = new URLSearchParams({
    contentType: 'text/plain',
    fileType: 'document',
    fileSize: String(raw.length),
    fileName: `${secret.name}.txt`,
    visibility: 'private',
  })
  const asked = await ask('GET', `/dashboard/v1/media/upload-url?${query}`, authorized)
  const { uploadUrl, mediaId } = JSON.parse(asked.text)
  const { pathname } = new URL(uploadUrl)
  const put = (path: string, body = raw, type = 'text/plain') => ask('PUT', path, { body, headers: { 'content-type': type } })
  const tus = { 'tus-resumable': '1.0.0' }
  isBroken = true
  const unstored = await put(pathname)
  isBroken = false
  const answers = [
    asked,
    unstored,
    await put(pathname, `${raw}!`),
    await put(pathname, raw, `text/${secret.name}`),
    await put(pathname),
    await put(`${pathname}x`),
    await ask('PUT', `${pathname}/multipart/0`, { body: raw }),
    await ask('GET', `${pathname}/multipart`),
    await ask('POST', `${pathname}/tus`, { headers: { ...tus, 'upload-length': 'x', 'upload-metadata': `filename ${btoa(secret.body)}` } }),
    await ask('GET', `${pathname}/tus/upload`, { headers: tus }),
    await ask('PATCH', `${pathname}/elsewhere`),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 503, 413, 415, 201, 401, 400, 409, 400, 409, 404])
  const signedUrl = JSON.parse((await ask('GET', `/dashboard/v1/media/${mediaId}/signed-url`, authorized)).text).url
  const { pathname: path, search } = new URL(signedUrl)
  const looks = [await ask('GET', path + search), await ask('GET', `${path}${search}x`), await ask('GET', `${path}?w=1&${search.slice(1)}`)]
  expect(looks.map(({ status }) => status)).toEqual([200, 401, 400])
  await settled(world, ours.workspaceId)
  collector.mockRestore()
  const [grant = '', signature = ''] = [pathname.split('/').at(-1), new URLSearchParams(search).get('signature') ?? '']
  expect(everything()).toContain('"/uploads/v1/:grant"')
  expect(spans.join()).toContain('PUT /uploads/v1/:grant')
  written.push(...spans)
  expectClean([owner, grant, `${signature}.${grant.slice(0, 40)}`], { ...secret, search, encoded: btoa(secret.body) })
})

test('of a request whose index fails with what was bound to the statement', async () => {
  const owner = await signed(ours.owner)
  const broken = {
    ...edgePartsOf({ ...(env as unknown as Env), ISSUERS: issuers, INDEX: brokenDatabase }),
    log: (line: string) => world.lines.push(line),
  }
  const { app } = laurelApp(broken)
  const body = { email: secret.email, nickname: secret.name, externalId: `again-${secret.email}` }
  const headers = { authorization: `Bearer ${owner}`, 'content-type': 'application/json' }
  const created = await app.request('/dashboard/v1/users', { method: 'POST', headers, body: JSON.stringify(body) })
  const listed = await app.request('/dashboard/v1/users', { headers })
  expect([created.status, listed.status]).toEqual([201, 500])
  const [row] = await world.services.index.listUsers(ours.workspaceId, { limit: 1, order: 'desc' })
  const message = {
    version: 1 as const,
    workspaceId: ours.workspaceId,
    source: { kind: 'workspace' as const },
    rows: [{ id: 'user', sequence: 1, body: { kind: 'user' as const, userId: row?.userId ?? '', incarnation: 1, profile: row ?? null } }],
  }
  const retry = vi.fn()
  await consumeOutbox(broken, [{ body: message, ack: vi.fn(), retry }])
  expect(retry).toHaveBeenCalled()
  expect(everything()).toContain('dashboard/index_failed')
  expect(everything()).toContain('outbox/failed')
  // What else a driver may quote cannot be told from its own words.
  expectClean([owner], { email: secret.email })
})

test('what was thrown is told without what was bound, and without tokens', () => {
  const told = describeError(new Error(`Failed query: select ?\nparams: ${secret.body}`))
  expect(told).toBe('Error: Failed query: select ?')
  expect(describeError(new TypeError(`a eyJhbGciOiJub25lIn0.e30.c2ln of ${secret.email}, twice`))).toBe(
    'TypeError: a [token] of [address], twice',
  )
})

/** Fails as D1 may, and quotes every value, as a driver might. */
const brokenDatabase = {
  prepare: () => statement([]),
  batch: (statements: { bound: unknown[] }[]) => failing(statements.flatMap(({ bound }) => bound)),
} as unknown as D1Database

function failing(bound: unknown[]): never {
  throw new Error(`D1_ERROR: near ${JSON.stringify(bound.toReversed())}`)
}

const statement = (bound: unknown[]): object => ({
  bound,
  bind: (...values: unknown[]) => statement(values),
  ...Object.fromEntries(['all', 'raw', 'run', 'first'].map((method) => [method, () => failing(bound)])),
})
