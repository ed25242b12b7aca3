// Machines, from the client that an admin makes to the token that it is refused once deleted: on the real objects.

import { exports } from 'cloudflare:workers'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { must } from './support/game.ts'
import { type Client, newTenant, type Reply, type Tenant } from './support/tenant.ts'

const origin = 'http://laurel.test'
let tenant: Tenant
let owner: Client
let admin: Client
beforeAll(async () => {
  tenant = await newTenant()
  owner = await tenant.client({ context: 'dashboard', role: 'owner' })
  admin = await tenant.client({ context: 'dashboard', role: 'admin' })
})

interface Credentials {
  clientId: string
  clientSecret: string
}

async function token({ clientId, clientSecret }: Credentials, form: Record<string, string> = {}): Promise<Reply> {
  const response = await exports.default.fetch(`${origin}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

async function statusWith(accessToken: string, path: string): Promise<number> {
  const response = await exports.default.fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${accessToken}` } })
  await response.arrayBuffer()
  return response.status
}

/** The dashboard, with this token. */
function asking(accessToken: string) {
  return async (method: string, path: string, body?: object): Promise<Pick<Reply, 'status' | 'body'>> => {
    const response = await exports.default.fetch(`${origin}/dashboard/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${accessToken}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }
}

let made = 0
const create = async (by: Client, more: object = {}): Promise<Reply['body']> => {
  made += 1
  return must(by.post('/clients', { name: `Client ${made}`, scopes: ['app/read', 'app/write', 'dashboard/read'], ...more }))
}

describe('a client', () => {
  test('is made with a secret that is shown once, and gets tokens that work at once', async () => {
    const client = await create(admin)
    expect(client).toMatchObject({
      clientId: expect.stringMatching(`^${tenant.workspaceId}\\.`),
      role: 'viewer',
      clientSecret: expect.stringMatching(/^ls_[\w-]{43}$/),
    })
    expect(client.secrets).toEqual([{ secretId: client.secretId, createdAt: expect.any(String) }])
    const answer = await token(client, { context: 'dashboard' })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600, scope: 'dashboard/read' } })
    expect(await statusWith(answer.body.access_token, '/dashboard/v1/workspace')).toBe(200)
    for (const shown of [
      await must(admin.get(`/clients/${client.clientId}`)),
      (await must(admin.get('/clients'))).items.find((one: { clientId: string }) => one.clientId === client.clientId),
    ]) {
      const { clientSecret: _secret, secretId: _id, ...rest } = client
      expect(shown).toEqual(rest)
    }
  })

  test('made twice with one key is one client, whose secret is not shown again', async () => {
    const key = { 'x-idempotency-key': 'make one' }
    const body = { name: 'One', scopes: ['app/read'] }
    const [first, second] = [await admin.post('/clients', body, key), await admin.post('/clients', body, key)]
    expect([first.status, second.status, second.headers.get('x-idempotency-cache-hit')]).toEqual([201, 201, 'true'])
    const { clientSecret: _secret, ...rest } = first.body
    // Which one it was, so that whoever lost it can take it away and make another.
    expect(second.body).toEqual(rest)
    expect((await token({ clientId: first.body.clientId, clientSecret: first.body.clientSecret })).status).toBe(200)
  })

  test('has two secrets while it changes over, and one after', async () => {
    const client = await create(admin)
    const path = `/clients/${client.clientId}/secrets`
    const rotated = await must(admin.post(path, { overlapSeconds: 3600 }))
    expect(rotated.secrets).toEqual([
      { secretId: client.secretId, createdAt: expect.any(String), expiresAt: expect.any(String) },
      { secretId: rotated.secretId, createdAt: expect.any(String) },
    ])
    const [older, newer] = [client, { clientId: client.clientId, clientSecret: rotated.clientSecret }]
    expect([(await token(older)).status, (await token(newer)).status]).toEqual([200, 200])
    expect((await admin.post(path, { overlapSeconds: 60 })).body).toMatchObject({ code: 'business/precondition_failed' })
    await must(admin.call('DELETE', `${path}/${client.secretId}`))
    expect([(await token(older)).status, (await token(newer)).status]).toEqual([401, 200])
    const last = await must(admin.post(path, { overlapSeconds: 0 }))
    expect(last.secrets.map(({ secretId }: { secretId: string }) => secretId)).toEqual([last.secretId])
    expect((await token(newer)).status).toBe(401)
  })

  test('whose scopes are narrowed gets no wider token, and keeps what it has until it expires', async () => {
    const client = await create(admin)
    const before = (await token(client)).body.access_token
    const narrowed = await must(admin.call('PATCH', `/clients/${client.clientId}`, { scopes: ['app/read'] }))
    expect(narrowed).toMatchObject({ scopes: ['app/read'], name: client.name })
    expect((await token(client)).body.scope).toBe('app/read')
    expect((await token(client, { scope: 'app/write' })).body.error).toBe('invalid_scope')
    expect(decodeJwt(before).scope).toBe('app/read app/write')
    expect(await statusWith(before, '/app/v1/runtime-leaderboards')).toBe(200)
  })

  test('that is deleted takes its tokens with it', async () => {
    const client = await create(admin)
    const { access_token } = (await token(client)).body
    expect(await statusWith(access_token, '/app/v1/runtime-leaderboards')).toBe(200)
    expect(await must(admin.call('DELETE', `/clients/${client.clientId}`))).toEqual({ clientId: client.clientId, deleted: true })
    expect(await statusWith(access_token, '/app/v1/runtime-leaderboards')).toBe(401)
    expect((await token(client)).body.error).toBe('invalid_client')
    expect((await admin.get(`/clients/${client.clientId}`)).status).toBe(404)
  })
})

describe('nobody reaches above their own role', () => {
  const forbidden = { status: 403, body: { code: 'auth/insufficient_permissions' } }

  test('by making a client, or by raising one', async () => {
    expect(await admin.post('/clients', { name: 'Boss', role: 'owner', scopes: ['dashboard/write'] })).toMatchObject(forbidden)
    const client = await create(admin, { role: 'admin' })
    expect(await admin.call('PATCH', `/clients/${client.clientId}`, { role: 'owner' })).toMatchObject(forbidden)
    expect((await owner.call('PATCH', `/clients/${client.clientId}`, { role: 'owner' })).status).toBe(200)
  })

  test('by taking over a client that is above', async () => {
    const boss = await create(owner, { role: 'owner' })
    const path = `/clients/${boss.clientId}`
    expect(await admin.post(`${path}/secrets`, {})).toMatchObject(forbidden)
    expect(await admin.call('DELETE', `${path}/secrets/${boss.secretId}`)).toMatchObject(forbidden)
    expect(await admin.call('PATCH', path, { name: 'Mine' })).toMatchObject(forbidden)
    expect(await admin.call('DELETE', path)).toMatchObject(forbidden)
    expect((await token(boss)).status).toBe(200)
  })

  test('and below admin nobody sees clients at all', async () => {
    const manager = await tenant.client({ context: 'dashboard', role: 'manager' })
    expect(await manager.get('/clients')).toMatchObject(forbidden)
    expect(await manager.post('/clients', { name: 'Mine', scopes: ['app/read'] })).toMatchObject(forbidden)
  })
})

describe('a token from before its client was cut down', () => {
  const forbidden = { status: 403, body: { code: 'auth/insufficient_permissions' } }
  const dashboard = ['dashboard/read', 'dashboard/write']

  test('raises it no more, and leaves nothing behind that would outlive it', async () => {
    const client = await create(owner, { role: 'admin', scopes: dashboard })
    const old = asking((await token(client, { context: 'dashboard' })).body.access_token)
    const path = `/clients/${client.clientId}`
    expect(await old('PATCH', path, { name: 'Still an admin' })).toMatchObject({ status: 200 })
    expect(await old('PATCH', path, { scopes: [...dashboard, 'app/write'] })).toMatchObject(forbidden)
    await must(owner.call('PATCH', path, { role: 'viewer', scopes: ['dashboard/read'] }))
    await must(owner.call('DELETE', `${path}/secrets/${client.secretId}`))
    expect(await old('PATCH', path, { role: 'admin', scopes: dashboard })).toMatchObject(forbidden)
    expect(await old('PATCH', path, { role: 'admin' })).toMatchObject(forbidden)
    expect(await old('POST', `${path}/secrets`, {})).toMatchObject(forbidden)
    expect(await old('POST', '/clients', { name: 'Back door', role: 'admin', scopes: dashboard })).toMatchObject(forbidden)
    expect(await must(owner.get(path))).toMatchObject({ role: 'viewer', scopes: ['dashboard/read'], secrets: [] })
    // What it may read it reads until it expires.
    expect((await old('GET', '/workspace')).status).toBe(200)
  })

  test('changes nothing either where only its scope was taken', async () => {
    const client = await create(owner, { role: 'admin', scopes: dashboard })
    const old = asking((await token(client, { context: 'dashboard' })).body.access_token)
    await must(owner.call('PATCH', `/clients/${client.clientId}`, { scopes: ['dashboard/read'] }))
    expect(await old('PATCH', '/workspace-settings', { strict: true })).toMatchObject(forbidden)
  })
})

describe('a client that is raised', () => {
  test('loses the secrets that lesser people know, in the answer and for tokens', async () => {
    const client = await create(admin, { role: 'admin' })
    const raised = await must(owner.call('PATCH', `/clients/${client.clientId}`, { role: 'owner' }))
    expect(raised).toMatchObject({ role: 'owner', secrets: [] })
    expect((await token(client)).body.error).toBe('invalid_client')
    const { clientSecret } = await must(owner.post(`/clients/${client.clientId}/secrets`, {}))
    const next = await token({ clientId: client.clientId, clientSecret }, { context: 'dashboard' })
    expect(decodeJwt(next.body.access_token).role).toBe('owner')
  })

  test('and given a secret by a lesser one at that moment has none that works', async () => {
    const errors: string[] = []
    for (let i = 0; i < 8; i++) {
      const client = await create(owner)
      const path = `/clients/${client.clientId}`
      const [raised, given] = await Promise.all([
        owner.call('PATCH', path, { role: 'owner' }),
        admin.post(`${path}/secrets`, { overlapSeconds: 0 }),
      ])
      expect(raised.status).toBe(200)
      if (given.status === 201) {
        expect(given.body.role).toBe('viewer')
        errors.push((await token({ clientId: client.clientId, clientSecret: given.body.clientSecret })).body.error)
      } else expect(given.status).toBe(403)
      expect((await must(owner.get(path))).secrets).toEqual([])
    }
    expect(errors.filter((error) => error !== 'invalid_client')).toEqual([])
  })
})

describe('a wall between workspaces', () => {
  test("another workspace's client is nobody's", async () => {
    const client = await create(admin)
    const others = await newTenant()
    const foreign = await others.client({ context: 'dashboard', role: 'owner' })
    const path = `/clients/${client.clientId}`
    for (const answer of [await foreign.get(path), await foreign.call('DELETE', path), await foreign.post(`${path}/secrets`, {})])
      expect(answer.status).toBe(404)
    expect((await token({ ...client, clientId: client.clientId.replace(tenant.workspaceId, others.workspaceId) })).status).toBe(401)
    expect((await token(client)).status).toBe(200)
  })

  test('an unknown workspace is answered as a wrong secret is', async () => {
    const client = await create(admin)
    const answers = [
      await token({ ...client, clientSecret: 'wrong' }),
      await token({ ...client, clientId: client.clientId.replace(tenant.workspaceId, 'nosuchwork') }),
    ]
    const said = answers.map(({ status, body: { requestId: _r, instance: _i, timestamp: _t, ...rest } }) => ({ status, rest }))
    expect(said[0]).toMatchObject({ status: 401, rest: { error: 'invalid_client' } })
    expect(said[1]).toEqual(said[0])
  })
})

test('the published keys verify a token, and have no private half', async () => {
  const client = await create(admin)
  const { access_token } = (await token(client)).body
  const configuration = (await (await exports.default.fetch(`${origin}/.well-known/openid-configuration`)).json()) as {
    issuer: string
    jwks_uri: string
  }
  const jwks = (await (await exports.default.fetch(configuration.jwks_uri)).json()) as Parameters<typeof createLocalJWKSet>[0]
  const { payload } = await jwtVerify(access_token, createLocalJWKSet(jwks), { issuer: configuration.issuer })
  expect(payload).toMatchObject({ client_id: client.clientId, workspaceId: tenant.workspaceId, platform: 'm2m' })
  expect(jwks.keys.flatMap(Object.keys)).not.toContain('d')
})
