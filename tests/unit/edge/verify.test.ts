import { createHmac } from 'node:crypto'
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
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
    ['iat ahead', { iat: nowMs / 1000 + 120 }],
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
