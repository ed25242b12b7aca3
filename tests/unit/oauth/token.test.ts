// POST /oauth2/token for machines, against RFC 6749: who is let in, what the token says, and that nobody learns which of
// workspace, client and secret was wrong.

import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { newClientId, newClientSecret } from '../../../domain/access/client.ts'
import { failure } from '../../../domain/failures.ts'
import { fail, ok } from '../../../domain/result.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'
import { ownIssuer } from '../../../workers/oauth/identities.ts'
import { nowMs } from '../edge/world.ts'
import { basic, client, clientId, oauthWorld, secret, secretOf } from './world.ts'

const grant = { grant_type: 'client_credentials' }
const post = { ...grant, client_id: clientId, client_secret: secret }

describe('a client with its secret', () => {
  test('gets a token that the verifier believes, by Basic and by post', async () => {
    const { token, identities } = oauthWorld()
    for (const answer of [await token(grant, basic()), await token(post)]) {
      expect(answer).toMatchObject({ status: 200, json: { token_type: 'Bearer', expires_in: 3600, scope: 'app/read app/write' } })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('pragma')).toBe('no-cache')
      expect(answer.headers.get('content-type')).toBe('application/json')
      expect(Object.keys(answer.json).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
      const verifier = tokenVerifier({ issuers: new Map(), own: ownIssuer(identities), now: () => nowMs, fetchJwks: async () => [] })
      expect(await verifier.verify(answer.json.access_token)).toMatchObject({
        ok: true,
        value: {
          ...{ sub: clientId, client_id: clientId, workspaceId: 'workspace1', accountId: 'account001' },
          ...{ platform: 'm2m', role: 'editor', context: 'app', scope: 'app/read app/write' },
        },
      })
    }
  })

  test('has both parts of Basic form-urlencoded (section 2.3.1), colons and all', async () => {
    const odd = 'a:b+c d%é'
    const { token } = oauthWorld({ client: { ...client, secrets: [secretOf(odd)] } })
    expect((await token(grant, basic(clientId, odd))).status).toBe(200)
    expect((await token({ ...grant, client_id: clientId }, basic(clientId, odd))).status).toBe(200)
    expect((await token(grant, basic(clientId, 'a:b'))).status).toBe(401)
  })

  test('may have two secrets for a while', async () => {
    const secrets = [secretOf('older', { expiresAtMs: nowMs + 1000 }), secretOf('newer')]
    const { token, clock } = oauthWorld({ client: { ...client, secrets }, clock: { nowMs } })
    const statuses = async () => [
      (await token(grant, basic(clientId, 'older'))).status,
      (await token(grant, basic(clientId, 'newer'))).status,
    ]
    expect(await statuses()).toEqual([200, 200])
    clock.nowMs += 1000
    expect(await statuses()).toEqual([401, 200])
  })
})

describe('scopes', () => {
  const ask = async (form: Record<string, string>) => {
    const { status, json } = await oauthWorld().token({ ...grant, ...form }, basic())
    return status === 200 ? [json.scope, decodeJwt(json.access_token).context] : [status, json.error]
  }

  test.each([
    ['all of the app, unless asked', {}, ['app/read app/write', 'app']],
    ['fewer', { scope: 'app/read' }, ['app/read', 'app']],
    ['in any order, and twice', { scope: 'app/write app/read app/write' }, ['app/read app/write', 'app']],
    ['of the dashboard alone are for the dashboard', { scope: 'dashboard/read' }, ['dashboard/read', 'dashboard']],
    ['of both are for the app', { scope: 'dashboard/read app/read' }, ['app/read', 'app']],
    [
      'of both are for the dashboard where that is asked for',
      { scope: 'dashboard/read app/read', context: 'dashboard' },
      ['dashboard/read', 'dashboard'],
    ],
    ['all of the dashboard', { context: 'dashboard' }, ['dashboard/read', 'dashboard']],
    ['that the client does not have', { scope: 'dashboard/write' }, [400, 'invalid_scope']],
    ['one too many', { scope: 'app/read dashboard/write' }, [400, 'invalid_scope']],
    ['that nobody has', { scope: 'app/admin' }, [400, 'invalid_scope']],
    ['none of the API that is asked for', { scope: 'app/read', context: 'dashboard' }, [400, 'invalid_scope']],
    ['of an API that there is not', { context: 'platform' }, [400, 'invalid_scope']],
    ['nothing', { scope: ' ' }, [400, 'invalid_scope']],
  ])('%s', async (_, form, expected) => expect(await ask(form)).toEqual(expected))
})

describe('whoever is not a client', () => {
  const expired = { ...client, secrets: [secretOf(secret, { expiresAtMs: nowMs })] }
  const refusals: [string, () => ReturnType<ReturnType<typeof oauthWorld>['token']>][] = [
    ['a wrong secret', () => oauthWorld().token(grant, basic(clientId, 'wrong'))],
    ['an expired secret', () => oauthWorld({ client: expired }).token(grant, basic())],
    ['an unknown client', () => oauthWorld().token(grant, basic(newClientId('workspace1', 'nobody-at-all'), secret))],
    ['an unknown workspace', () => oauthWorld().token(grant, basic(newClientId('workspace9', 'V1StGXR8_Z5jdHi6B-myT'), secret))],
    ['a name that no client has', () => oauthWorld().token(grant, basic('admin', secret))],
    ['the hash for the secret', () => oauthWorld().token(grant, basic(clientId, client.secrets[0]?.hash))],
    ['a client without a secret', () => oauthWorld({ client: { ...client, secrets: [] } }).token(grant, basic())],
    ['no credentials', () => oauthWorld().token(grant)],
    ['an id without a secret', () => oauthWorld().token({ ...grant, client_id: clientId })],
    ['another scheme', () => oauthWorld().token(grant, { authorization: `Bearer ${secret}` })],
    ['Basic that is no base64', () => oauthWorld().token(grant, { authorization: 'Basic ???' })],
    ['Basic without a colon', () => oauthWorld().token(grant, { authorization: `Basic ${btoa(clientId)}` })],
    ['Basic with half an escape', () => oauthWorld().token(grant, { authorization: `Basic ${btoa(`${clientId}:%e`)}` })],
  ]

  test.each(refusals)('%s', async (_, ask) => {
    const { status, headers, json } = await ask()
    expect([status, json.error, json.code, json.status]).toEqual([401, 'invalid_client', 'auth/invalid_token', 401])
    expect(headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('is told the same, whatever was wrong', async () => {
    const answers = await Promise.all(refusals.map(async ([, ask]) => (await ask()).json))
    const said = answers.map(({ requestId: _r, instance: _i, timestamp: _t, ...rest }) => JSON.stringify(rest))
    expect(new Set(said).size).toBe(1)
  })

  test('costs one look at one object, whatever was wrong', async () => {
    for (const [id, its] of [
      [clientId, 'wrong'],
      [newClientId('workspace1', 'nobody-at-all'), secret],
      [newClientId('workspace9', 'nobody-at-all'), secret],
    ] as const) {
      const { token, asked } = oauthWorld()
      await token(grant, basic(id, its))
      expect(asked).toEqual([`${id.split('.')[0]} client ${id}`])
    }
  })

  test('cannot make us look anywhere by an id that is none', async () => {
    const { token, asked } = oauthWorld()
    for (const id of ['workspace1', 'workspace1.', '../workspace1.aaaaaaaaaaaa', `workspace1.${'a'.repeat(100)}`])
      await token(grant, basic(id))
    expect(asked).toEqual([])
  })
})

describe('a request that is not one', () => {
  test.each([
    ['no grant', {}, {}, 'invalid_request'],
    ['another grant', { grant_type: 'password' }, basic(), 'unsupported_grant_type'],
    ['two ways to authenticate', post, basic(), 'invalid_request'],
    ['two clients', { ...grant, client_id: 'another' }, basic(), 'invalid_request'],
    ['a refresh without a token', { grant_type: 'refresh_token' }, {}, 'invalid_request'],
  ])('%s', async (_, form, headers, error) => {
    const { status, json } = await oauthWorld().token(form, headers)
    expect([status, json.error, json.code]).toEqual([400, error, 'validation/invalid_input'])
  })

  test('a parameter given twice is a 400, JSON a 415', async () => {
    const { token } = oauthWorld()
    expect((await token(`grant_type=client_credentials&scope=app/read&scope=app/write`, basic())).status).toBe(400)
    expect((await token(JSON.stringify(grant), { ...basic(), 'content-type': 'application/json' })).status).toBe(415)
  })

  test('parameters that are not known are ignored', async () => {
    expect((await oauthWorld().token({ ...grant, audience: 'x', resource: 'y' }, basic())).status).toBe(200)
  })

  test('a page of another origin than the workspace’s gets no token', async () => {
    const { token } = oauthWorld()
    expect((await token(grant, { ...basic(), origin: 'https://evil.test' })).status).toBe(403)
    expect((await token(grant, { ...basic(), origin: 'https://app.example.org' })).status).toBe(200)
  })

  test('secrets and tokens stay out of the log', async () => {
    const { token, lines } = oauthWorld()
    const { json } = await token(post)
    expect(lines).toHaveLength(1)
    expect(lines.join()).not.toContain(secret)
    expect(lines.join()).not.toContain(json.access_token)
  })
})

describe('the refresh grant', () => {
  const form = { grant_type: 'refresh_token', refresh_token: 'r1' }

  test('is handed on, and its answer given', async () => {
    const { token } = oauthWorld({
      refreshGrant: async (_edge, _call, given) =>
        ok({ access_token: 'a', token_type: 'Bearer', expires_in: 60, refresh_token: `${given.refresh_token}+` }),
    })
    const answer = await token(form)
    expect([answer.status, answer.json.refresh_token, answer.headers.get('cache-control')]).toEqual([200, 'r1+', 'no-store'])
  })

  test.each([
    ['auth/invalid_token', 400, 'invalid_grant'],
    ['auth/expired_token', 400, 'invalid_grant'],
    ['validation/invalid_input', 400, 'invalid_request'],
    ['record/unavailable', 503, undefined],
    ['auth/origin_not_allowed', 403, undefined],
  ] as const)('that fails with %s is a %s %s', async (code, status, error) => {
    const answer = await oauthWorld({ refreshGrant: async () => fail(failure(code, 'Why.')) }).token(form)
    expect([answer.status, answer.json.status, answer.json.error]).toEqual([status, status, error])
  })
})

test('a platform that signs no tokens has no client credentials of its own', async () => {
  const { token, send } = oauthWorld({ settings: { issuer: '', signingKeys: '' } })
  expect((await token(grant, basic())).json.error).toBe('unsupported_grant_type')
  expect((await send('/.well-known/jwks.json')).status).toBe(404)
})

test('a secret has 256 bits and says what it is', () => {
  expect(newClientSecret(new Uint8Array(32).fill(255))).toBe(`ls_${'_'.repeat(42)}8`)
})
