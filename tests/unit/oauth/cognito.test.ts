// Cognito user pools as issuers: against a real cognito-local for what it does, and with tokens of the same shape, signed
// here, for what it does not (client credentials, claims of a trigger, AWS's own names).

import { createRequire } from 'node:module'
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cognitoLocalThumbprint } from '../../../workers/edge/auth/cognito.ts'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
import { fetchJwksOverHttp } from '../../../workers/edge/auth/keys.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'
import { type CognitoLocal, type LocalPool, startCognitoLocal, type Tokens } from './cognito-local.ts'

const require = createRequire(import.meta.url)
const invalid = { ok: false, error: { code: 'auth/invalid_token' } }
const workspaceId = 'workspace1'
const accountId = 'account001'
const appClient = { workspaceId, accountId, context: 'app', platform: 'web' }
const trust = { kind: 'cognito', accounts: [accountId], contexts: ['app', 'dashboard'] }

describe('cognito-local', () => {
  let cognito: CognitoLocal
  let pool: LocalPool
  let other: LocalPool
  let tokens: Tokens
  beforeAll(async () => {
    cognito = await startCognitoLocal()
    pool = await cognito.pool()
    other = await cognito.pool()
    tokens = await pool.signIn('ada')
  }, 60_000)
  afterAll(() => cognito.close())

  const entry = (more: object = {}) => ({
    ...trust,
    issuer: pool.issuer,
    clients: { [pool.clientId]: appClient },
    groups: { staff: 'editor', bosses: 'admin' },
    ...more,
  })
  const verifierOf = (one: object, now = Date.now, refusedThumbprints: string[] = []) =>
    tokenVerifier({ issuers: parseIssuers(JSON.stringify([one]), 'local'), now, fetchJwks: fetchJwksOverHttp, refusedThumbprints })

  test("an access token is the app client's workspace, its person the user", async () => {
    const { sub } = decodeJwt(tokens.access)
    expect(await verifierOf(entry()).verify(tokens.access)).toMatchObject({
      ok: true,
      value: { sub, userId: sub, workspaceId, accountId, context: 'app', platform: 'web', role: 'member', token_use: 'access' },
    })
    const result = await verifierOf(entry()).verify(tokens.access)
    // It would name one of our own clients.
    expect(result.ok && Object.keys(result.value)).not.toContain('client_id')
  })

  test('groups give the role, the highest of several, and before the app client', async () => {
    const clients = { [pool.clientId]: { ...appClient, role: 'viewer' } }
    const [both, nobody] = [await pool.signIn('grace', ['staff', 'bosses', 'choir']), await pool.signIn('linus', ['choir'])]
    expect(await verifierOf(entry({ clients })).verify(both.access)).toMatchObject({ ok: true, value: { role: 'admin' } })
    expect(await verifierOf(entry({ clients })).verify(nobody.access)).toMatchObject({ ok: true, value: { role: 'viewer' } })
  })

  test('its ID token is refused', async () => expect(await verifierOf(entry()).verify(tokens.id)).toMatchObject(invalid))

  test('a token of another pool is refused, although the same key signs for both', async () => {
    const { access } = await other.signIn('mallory')
    expect(await verifierOf(entry()).verify(access)).toMatchObject(invalid)
    const clients = { [pool.clientId]: appClient, [other.clientId]: appClient }
    expect(await verifierOf(entry({ clients })).verify(access)).toMatchObject(invalid)
  })

  test('a token of an app client that is not listed is refused', async () => {
    for (const clients of [{}, { [other.clientId]: appClient }])
      expect(await verifierOf(entry({ clients })).verify(tokens.access)).toMatchObject(invalid)
  })

  test('an account or an API that the issuer is not listed for is refused', async () => {
    expect(await verifierOf(entry({ accounts: ['account002'] })).verify(tokens.access)).toMatchObject(invalid)
    expect(await verifierOf(entry({ contexts: ['dashboard'] })).verify(tokens.access)).toMatchObject(invalid)
  })

  test('an expired token says so', async () => {
    const { exp = 0 } = decodeJwt(tokens.access)
    const late = verifierOf(entry(), () => exp * 1000)
    expect(await late.verify(tokens.access)).toMatchObject({ ok: false, error: { code: 'auth/expired_token' } })
  })

  test('its key is anybody’s: anywhere but on one machine neither its address nor its key is believed', async () => {
    const { jwk } = require('cognito-local/lib/keys/cognitoLocal.public.json') as { jwk: JWK }
    expect(await calculateJwkThumbprint(jwk)).toBe(cognitoLocalThumbprint)
    for (const stage of ['production', 'staging']) expect(() => parseIssuers(JSON.stringify([entry()]), stage)).toThrow()
    // Under a name and an address that look right, it is still that key.
    expect(await verifierOf(entry(), Date.now, [cognitoLocalThumbprint]).verify(tokens.access)).toMatchObject(invalid)
    const given = { issuer: pool.issuer, accounts: [accountId], contexts: ['app'], jwks: { keys: [jwk] } }
    expect(await verifierOf(given, Date.now, [cognitoLocalThumbprint]).verify(tokens.access)).toMatchObject(invalid)
  })
})

describe('a pool at AWS', async () => {
  const issuer = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123'
  const nowMs = Date.UTC(2026, 8, 15, 12)
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  const asked: string[] = []

  const verifierOf = (entry: object) =>
    tokenVerifier({
      issuers: parseIssuers(JSON.stringify([{ ...trust, issuer, ...entry }]), 'production'),
      now: () => nowMs,
      fetchJwks: async (uri) => {
        asked.push(uri)
        return [jwk]
      },
      refusedThumbprints: [cognitoLocalThumbprint],
    })

  /** As Cognito writes one. */
  const signed = (over: Record<string, unknown> = {}) =>
    new SignJWT({
      sub: '7d8ca528-4931-4254-9273-ea5ee853f271',
      iss: issuer,
      version: 2,
      client_id: 'app',
      origin_jti: 'o',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      auth_time: nowMs / 1000 - 10,
      exp: nowMs / 1000 + 3600,
      iat: nowMs / 1000 - 10,
      jti: 'j',
      username: 'ada',
      ...over,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(privateKey)

  test('is asked for its keys where Cognito publishes them', async () => {
    expect(await verifierOf({ clients: { app: appClient } }).verify(await signed())).toMatchObject({ ok: true })
    expect(asked).toEqual([`${issuer}/.well-known/jwks.json`])
  })

  test("claims of a trigger count where the app client's entry allows it, and nowhere else", async () => {
    const token = await signed({
      workspaceId: 'workspace2',
      userId: 'user-7',
      role: 'manager',
      lang: 'de',
      context: 'dashboard',
      platform: 'm2m',
    })
    const plain = await verifierOf({ clients: { app: appClient } }).verify(token)
    expect(plain).toMatchObject({ ok: true, value: { workspaceId, role: 'member', userId: '7d8ca528-4931-4254-9273-ea5ee853f271' } })
    const trusting = await verifierOf({ clients: { app: { ...appClient, customClaims: true } } }).verify(token)
    const value = { workspaceId: 'workspace2', userId: 'user-7', role: 'manager', lang: 'de', context: 'app', platform: 'web' }
    expect(trusting).toMatchObject({ ok: true, value })
  })

  test('a claim of a trigger that is malformed, or of another account, makes the token invalid', async () => {
    const verifier = verifierOf({ clients: { app: { ...appClient, customClaims: true } } })
    for (const over of [{ workspaceId: 'short' }, { role: 'root' }, { userId: '' }, { accountId: 'account002' }])
      expect(await verifier.verify(await signed(over))).toMatchObject(invalid)
  })

  test('client credentials are a machine, with the scopes of the resource server called app', async () => {
    const clients = { app: { ...appClient, platform: 'm2m', role: 'editor' } }
    const token = await signed({ sub: 'app', username: undefined, scope: 'app/read app/write' })
    const result = await verifierOf({ clients }).verify(token)
    expect(result).toMatchObject({ ok: true, value: { platform: 'm2m', role: 'editor', scope: 'app/read app/write', sub: 'app' } })
    expect(result.ok && result.value.userId).toBeUndefined()
  })

  test('where a token has an audience (a resource was asked for), it is held against the one that the pool is listed with', async () => {
    const clients = { app: appClient }
    const ours = verifierOf({ clients, audience: 'https://api.test' })
    expect(await ours.verify(await signed({ aud: 'https://api.test' }))).toMatchObject({ ok: true })
    for (const aud of [undefined, 'https://other.test']) expect(await ours.verify(await signed({ aud }))).toMatchObject(invalid)
    expect(await verifierOf({ clients }).verify(await signed({ aud: 'https://other.test' }))).toMatchObject(invalid)
  })

  test('neither is a person a machine, nor a machine a person', async () => {
    expect(await verifierOf({ clients: { app: { ...appClient, platform: 'm2m' } } }).verify(await signed())).toMatchObject(invalid)
    expect(await verifierOf({ clients: { app: appClient } }).verify(await signed({ sub: 'app' }))).toMatchObject(invalid)
  })

  test.each([
    ['no client_id', { client_id: undefined }],
    ['a client_id that every object has', { client_id: 'constructor' }],
    ['groups that are none', { 'cognito:groups': 'admin' }],
    ['an ID token', { token_use: 'id' }],
    ['no token_use', { token_use: undefined }],
    ['another pool of the same name elsewhere', { iss: issuer.replace('eu-west-1.amazonaws', 'us-east-1.amazonaws') }],
  ])('%s is refused', async (_, over) => {
    expect(await verifierOf({ clients: { app: appClient } }).verify(await signed(over))).toMatchObject(invalid)
  })

  test.each([
    'http://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A',
    'https://cognito-idp.eu-west-1.amazonaws.com.evil.test/eu-west-1_A',
    'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A/',
    'https://localhost:9229/local_A',
  ])('%s is no pool', (name) => {
    expect(() => parseIssuers(JSON.stringify([{ ...trust, issuer: name, clients: {} }]))).toThrow()
  })

  test('an entry that says more than it may stops the worker', () => {
    for (const clients of [
      { app: { ...appClient, role: 'root' } },
      { app: { ...appClient, scope: 'all' } },
      { app: { ...appClient, workspaceId: 'x' } },
      [],
    ])
      expect(() => parseIssuers(JSON.stringify([{ ...trust, issuer, clients }]))).toThrow()
  })
})
