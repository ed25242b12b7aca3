// A machine's life on the started platform: the operator makes a workspace, an admin a client, the client gets tokens and
// acts for a user, changes its secret over, is held to fewer scopes, and is gone with its tokens once it is deleted. Then
// the platform's own key is rotated, and nobody is signed out.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { workspaceIdOf } from '../../scripts/local/tokens.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
let adminToken: string
const workspaceId = workspaceIdOf('identities')

beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  const workspace = { accountId: 'local00000', name: 'Identities', slug: 'identities' }
  expect((await platform.operator('PUT', `/platform/v1/workspaces/${workspaceId}`, workspace)).status).toBe(201)
  const user = { email: 'ada@example.org', nickname: 'Ada' }
  expect((await platform.operator('PUT', `/platform/v1/workspaces/${workspaceId}/users/ada`, user)).status).toBe(201)
  adminToken = await platform.token({ workspace: workspaceId, user: 'admin', platform: 'm2m', context: 'dashboard', role: 'admin' })
})
afterAll(() => platform.remove())

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: an answer is held against expectations, not against a type
  body: any
}

async function call(method: string, path: string, token: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(platform.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

const asAdmin = (method: string, path: string, body?: unknown) => call(method, `/dashboard/v1${path}`, adminToken, body)

async function tokenOf(clientId: string, secret: string, form: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${platform.baseUrl}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
  })
  return { status: response.status, body: await response.json() }
}

const readsAda = async (token: string) => (await call('GET', '/app/v1/users/me', token, undefined, { 'x-user-id': 'ada' })).status

test('a client is made, used, changed over, narrowed and deleted', async () => {
  const made = await asAdmin('POST', '/clients', { name: 'Backend', scopes: ['app/read', 'app/write'] })
  expect(made.status).toBe(201)
  const { clientId, clientSecret, secretId } = made.body

  const first = await tokenOf(clientId, clientSecret)
  expect(first).toMatchObject({ status: 200, body: { scope: 'app/read app/write', expires_in: 3600 } })
  const me = await call('GET', '/app/v1/users/me', first.body.access_token, undefined, { 'x-user-id': 'ada' })
  expect(me).toMatchObject({ status: 200, body: { userId: 'ada', nickname: 'Ada' } })
  expect((await call('GET', '/app/v1/users/me', first.body.access_token, undefined, { 'x-user-id': 'nobody' })).status).toBe(404)

  const rotated = await asAdmin('POST', `/clients/${clientId}/secrets`, { overlapSeconds: 3600 })
  expect(rotated.status).toBe(201)
  const secrets = [clientSecret, rotated.body.clientSecret]
  expect((await Promise.all(secrets.map((secret) => tokenOf(clientId, secret)))).map(({ status }) => status)).toEqual([200, 200])
  expect((await asAdmin('DELETE', `/clients/${clientId}/secrets/${secretId}`)).status).toBe(200)
  expect((await Promise.all(secrets.map((secret) => tokenOf(clientId, secret)))).map(({ status }) => status)).toEqual([401, 200])

  expect((await asAdmin('PATCH', `/clients/${clientId}`, { scopes: ['app/read'] })).body.scopes).toEqual(['app/read'])
  const narrow = await tokenOf(clientId, rotated.body.clientSecret)
  expect(narrow.body.scope).toBe('app/read')
  expect(await readsAda(narrow.body.access_token)).toBe(200)
  const write = await call('PATCH', '/app/v1/users/me', narrow.body.access_token, { nickname: 'Eve' }, { 'x-user-id': 'ada' })
  expect(write.status).toBe(403)
  expect((await tokenOf(clientId, rotated.body.clientSecret, { scope: 'app/write' })).body.error).toBe('invalid_scope')

  // It answers once no isolate remembers the client any more.
  expect((await asAdmin('DELETE', `/clients/${clientId}`)).status).toBe(200)
  expect(await Promise.all([first, narrow].map(({ body }) => readsAda(body.access_token)))).toEqual([401, 401])
  expect((await tokenOf(clientId, rotated.body.clientSecret)).body.error).toBe('invalid_client')
})

test('the platform’s key is rotated: what it signed before is good, and the new key is published at once', async () => {
  const made = await asAdmin('POST', '/clients', { name: 'Long', scopes: ['app/read'] })
  const { clientId, clientSecret } = made.body
  const before = (await tokenOf(clientId, clientSecret)).body.access_token
  const kidsOf = async () => {
    const { keys } = (await (await fetch(`${platform.baseUrl}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
    return keys.map(({ kid }) => kid)
  }
  const [old] = await kidsOf()

  const rotation = await platform.runScript('keys.ts', ['rotate'])
  expect(rotation).toMatchObject({ code: 0, stdout: expect.stringMatching(/until it is started again/) })
  expect(rotation.stdout).not.toContain('"d"')
  const { dir, port } = platform
  await platform.stop()
  platform = await startPlatform({ noDemo: true, dir, port })

  expect(await kidsOf()).toEqual([old, expect.any(String)])
  expect(await readsAda(before)).toBe(200)
  const after = (await tokenOf(clientId, clientSecret)).body.access_token
  expect(JSON.parse(Buffer.from(after.split('.')[0], 'base64url').toString()).kid).toBe(old)
  expect(await readsAda(after)).toBe(200)
})
