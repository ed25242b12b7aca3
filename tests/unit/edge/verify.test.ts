import { createHmac } from 'node:crypto'
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'
import { accountId, claims, issuer, jwks, keys, nowMs, parts, sign } from './world.ts'

const { verifier } = parts()
const invalid = { ok: false, error: { code: 'auth/invalid_token' } }
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a good token', () => {
  test('RS256 and ES256 are accepted, again from memory', async () => {
    const es = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'ec', typ: 'at+jwt' }).sign(keys.ec.privateKey)
    for (const token of [await sign(), es, es])
      expect(await verifier.verify(token)).toMatchObject({ ok: true, value: { userId: 'user-1' } })
  })

  test('may say any language and zone that devices report', async () => {
    const token = await sign({ lang: 'pt-br', timezone: 'Asia/Calcutta' })
    expect(await verifier.verify(token)).toMatchObject({ ok: true, value: { lang: 'pt-BR', timezone: 'Asia/Kolkata' } })
  })

  test('is forgotten when it expires', async () => {
    const clock = { nowMs }
    const mine = parts({ clock }).verifier
    const token = await sign({ exp: nowMs / 1000 + 60 })
    expect(await mine.verify(token)).toMatchObject({ ok: true })
    clock.nowMs += 60_000
    expect(await mine.verify(token)).toMatchObject({ ok: false, error: { code: 'auth/expired_token' } })
  })
})

describe('claims', () => {
  test.each([
    ['an ID token', { token_use: 'id' }],
    ['no token_use', { token_use: undefined }],
    ['no exp', { exp: undefined }],
    ['no iat', { iat: undefined }],
    ['iat more than a minute ahead', { iat: nowMs / 1000 + 61 }],
    ['nbf more than a minute ahead', { nbf: nowMs / 1000 + 61 }],
    ['a time zone that is none', { timezone: 'Not/A_Zone' }],
    ['an offset in place of a time zone', { timezone: '+02:00' }],
    ['an empty time zone', { timezone: '' }],
    ['an instant in place of a time zone', { timezone: '2020-01-01T00:00Z' }],
    ['a language that is none', { lang: 'en_US' }],
    ['an audience that is another service', { aud: 'https://other.test' }],
    ['an audience that is nobody', { aud: [] }],
    ['an audience that is no text', { aud: 7 }],
    ['exp as text', { exp: '9999999999' }],
    ['another issuer', { iss: 'https://evil.test' }],
    ['an account the issuer is not listed for', { accountId: 'account002' }],
    ['a short workspace', { workspaceId: 'w' }],
    ['an unknown role', { role: 'root' }],
    ['an unknown context', { context: 'platform' }],
    ['a person of the app without a user', { userId: undefined }],
    ['a user id with a line break', { userId: 'a\nb' }],
    ['a zone that is none', { timezone: 'Mars/Olympus' }],
    ['a language that is none', { lang: 'en_US' }],
  ])('%s is refused', async (_, over) => expect(await verifier.verify(await sign(over))).toMatchObject(invalid))

  test('clocks may differ by a minute, for `iat` and `nbf` alike; the end is the end', async () => {
    for (const over of [{ iat: nowMs / 1000 + 60 }, { nbf: nowMs / 1000 + 60 }])
      expect(await verifier.verify(await sign(over))).toMatchObject({ ok: true })
    expect(await verifier.verify(await sign({ exp: nowMs / 1000 }))).toMatchObject({ ok: false, error: { code: 'auth/expired_token' } })
  })

  test.each(['Europe/Berlin', 'UTC'])('the time zone %s is one', async (timezone) =>
    expect(await verifier.verify(await sign({ timezone }))).toMatchObject({ ok: true, value: { timezone } }),
  )

  test('an expired token says so, but only when its signature holds', async () => {
    const token = await sign({ exp: nowMs / 1000 - 1 })
    expect(await verifier.verify(token)).toMatchObject({ ok: false, error: { code: 'auth/expired_token' } })
    expect(await verifier.verify(`${token.slice(0, -8)}AAAAAAAA`)).toMatchObject(invalid)
  })
})

describe('headers and signatures', () => {
  test.each([
    ['jku', { jku: 'https://evil.test/jwks' }],
    ['x5u', { x5u: 'https://evil.test/cert' }],
    ['jwk', { jwk: jwks.keys[0] }],
    ['crit', { crit: ['exp'], exp: 1 }],
    ['an unknown kid', { kid: 'nobody' }],
    ['the kid of a key for another algorithm', { kid: 'ec' }],
    ['a typ that is no access token', { typ: 'logout+jwt' }],
    ['a typ of another kind of media', { typ: 'text/at+jwt' }],
    ['a typ that is no text', { typ: ['at+jwt'] }],
    ['a typ that is nothing', { typ: null }],
  ])('%s is refused', async (_, header) => {
    const [, payload] = (await sign()).split('.')
    const signing = `${encode({ alg: 'RS256', kid: 'rsa', ...header })}.${payload}`
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', keys.rsa.privateKey, new TextEncoder().encode(signing))
    expect(await verifier.verify(`${signing}.${Buffer.from(signature).toString('base64url')}`)).toMatchObject(invalid)
  })

  test('none in any case, and a public key as an HMAC secret, are refused', async () => {
    const [, payload] = (await sign()).split('.')
    const spki = await exportSPKI(keys.rsa.publicKey)
    const forged = `${encode({ alg: 'HS256', kid: 'rsa' })}.${payload}`
    const tokens = ['none', 'None', 'NONE', 'nOnE'].map((alg) => `${encode({ alg, kid: 'rsa' })}.${payload}.`)
    tokens.push(new UnsecuredJWT(claims()).encode(), `${forged}.${createHmac('sha256', spki).update(forged).digest('base64url')}`)
    for (const token of tokens) expect(await verifier.verify(token)).toMatchObject(invalid)
  })

  test.each(['', 'a', 'a.b', 'a.b.c', 'a.b.c.d.e', '{"payload":""}', '..', `${'a'.repeat(9000)}.b.c`, 'bnVsbA.bnVsbA.bnVsbA'])(
    'what is no compact JWS is refused: %s',
    async (token) => expect(await verifier.verify(token)).toMatchObject(invalid),
  )
})

test.each(['JWT', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+JWT', 'application/jwt'])('a typ of %s is one', async (typ) => {
  expect(await verifier.verify(await sign({}, { typ }))).toMatchObject({ ok: true })
})

describe("an issuer's audience", () => {
  const entry = { issuer, accounts: [accountId], contexts: ['app', 'dashboard'], jwks }
  const verifierFor = (audience?: unknown, own?: string) =>
    tokenVerifier({
      issuers: parseIssuers(JSON.stringify([{ ...entry, audience }])),
      own: own === undefined ? null : { issuer: own, keyring: [] },
      now: () => nowMs,
      fetchJwks: async () => [],
    })

  test('must be named by its tokens, one of several', async () => {
    for (const audience of ['https://api.test', ['urn:x', 'https://api.test']]) {
      const mine = verifierFor(audience)
      for (const aud of ['https://api.test', ['https://a.test', 'https://api.test']])
        expect(await mine.verify(await sign({ aud }))).toMatchObject({ ok: true })
      for (const aud of [undefined, 'https://api.test/', 'HTTPS://api.test', ['https://a.test']])
        expect(await mine.verify(await sign({ aud }))).toMatchObject(invalid)
    }
  })

  test('where none is configured, a token without one is good, and one with another service is not', async () => {
    const mine = verifierFor(undefined, 'https://laurel.test')
    for (const aud of [undefined, 'https://laurel.test', ['x', 'https://laurel.test/app/v1']])
      expect(await mine.verify(await sign({ aud }))).toMatchObject({ ok: true })
    for (const aud of ['https://api.test', 'https://laurel.test/dashboard/v1'])
      expect(await mine.verify(await sign({ aud }))).toMatchObject(invalid)
  })

  test.each([[[]], [''], [[7]], [null]])('%j is none', (audience) =>
    expect(() => parseIssuers(JSON.stringify([{ ...entry, audience }]))).toThrow(),
  )
})

test('a configuration that is not one stops the worker', () => {
  const entry = { issuer, accounts: [accountId], contexts: ['app'] }
  for (const bad of ['', '{}', JSON.stringify([entry]), JSON.stringify([{ ...entry, jwks, jwksUri: 'https://a.test' }])])
    expect(() => parseIssuers(bad)).toThrow()
  const plain = JSON.stringify([{ ...entry, jwksUri: 'http://a.test/jwks' }])
  expect(() => parseIssuers(plain)).toThrow(/TLS/)
  expect(parseIssuers(plain, 'local').get(issuer)?.keys).toEqual({ kind: 'remote', uri: 'http://a.test/jwks' })
  expect(() =>
    parseIssuers(
      JSON.stringify([
        { ...entry, jwks },
        { ...entry, jwks },
      ]),
    ),
  ).toThrow(/twice/)
})
