import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, exportJWK, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { type KeyringEntry, newSigningKey, rotated } from '../../../scripts/local/keys.ts'
import { type Keyring, keyringAt, parseKeyring } from '../../../workers/edge/auth/keyring.ts'
import { tokenSigner } from '../../../workers/edge/auth/token-signer.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'

const minuteMs = 60_000
const nowMs = Date.UTC(2026, 8, 15, 12)
const issuer = 'https://laurel.test'

const keys = await Promise.all([newSigningKey(), newSigningKey(), newSigningKey()])
const [a, b, c] = keys.map((jwk, i) => ({ ...jwk, kid: 'abc'[i] as string })) as [JWK, JWK, JWK]
const ec = { ...(await jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)), kid: 'ec' }

async function jwkOf(key: Parameters<typeof exportJWK>[0]): Promise<JWK> {
  return exportJWK(key)
}

const parse = (...entries: KeyringEntry[]): Keyring => parseKeyring(JSON.stringify(entries), nowMs)
const at = (keyring: Keyring, ms: number) => {
  const { signing, published } = keyringAt(keyring, ms)
  return { signing: signing.kid, published: published.map(({ kid }) => kid) }
}

describe('a keyring', () => {
  const startsMs = nowMs + 15 * minuteMs
  const two = parse({ jwk: b, signsFromMs: startsMs }, { jwk: a, signsFromMs: 0 })

  test('signs with the newest key whose time has come, and publishes one before it signs', () => {
    expect(at(two, nowMs)).toEqual({ signing: 'a', published: ['a', 'b'] })
    expect(at(two, startsMs - 1)).toEqual({ signing: 'a', published: ['a', 'b'] })
    expect(at(two, startsMs)).toEqual({ signing: 'b', published: ['a', 'b'] })
  })

  test('publishes an old key until the last token it signed has expired, and five minutes more', () => {
    const lastMs = startsMs + 65 * minuteMs
    expect(at(two, lastMs - 1)).toEqual({ signing: 'b', published: ['a', 'b'] })
    expect(at(two, lastMs)).toEqual({ signing: 'b', published: ['b'] })
  })

  test('drops a withdrawn key when it says so', () => {
    const withdrawn = parse({ jwk: a, signsFromMs: 0, verifiesUntilMs: startsMs }, { jwk: b, signsFromMs: startsMs })
    expect(at(withdrawn, startsMs - 1).published).toEqual(['a', 'b'])
    expect(at(withdrawn, startsMs)).toEqual({ signing: 'b', published: ['b'] })
  })

  test('publishes public halves only', () => {
    const mixed = keyringAt(parse({ jwk: a, signsFromMs: 0 }, { jwk: ec, signsFromMs: nowMs }), nowMs)
    expect(mixed.published.map((jwk) => Object.keys(jwk).sort())).toEqual([
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ])
    expect(mixed.published.map(({ alg }) => alg)).toEqual(['RS256', 'ES256'])
  })
})

describe('a keyring that is not right stops the worker', async () => {
  const weak = { ...(await jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)), kid: 'weak' }
  const p384 = { ...(await jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)), kid: 'p384' }
  const symmetric = { ...(await jwkOf(createSecretKey(Buffer.alloc(64, 7)))), kid: 'oct' }
  const { d: _d, ...publicHalf } = a
  const entry = (jwk: JWK, more: Partial<KeyringEntry> = {}) => ({ jwk, signsFromMs: 0, ...more })

  test.each([
    ['no JSON', 'not JSON', /not a list/],
    ['no list', '{}', /not a list/],
    ['empty', '[]', /no key that signs now/],
    ['a key without a kid', [entry({ ...a, kid: '' })], /not a list/],
    ['a key twice', [entry(a), entry(a, { signsFromMs: 1 })], /names the key a twice/],
    ['a symmetric key', [entry(symmetric)], /key oct/],
    ['a public key', [entry(publicHalf)], /no private key/],
    ['1024 bits', [entry(weak)], /fewer than 2048 bits/],
    ['a curve that is not ours', [entry(p384)], /neither RSA nor EC on P-256/],
    ['an algorithm that is not ours', [entry({ ...a, alg: 'PS256' })], /not for RS256/],
    ['a key for encryption', [entry({ ...a, use: 'enc' })], /not for signatures/],
    ['no key that signs yet', [entry(a, { signsFromMs: nowMs + 1 })], /no key that signs now/],
    ['the only key withdrawn', [entry(a, { verifiesUntilMs: nowMs + minuteMs })], /withdraws the key a/],
    ['a gap', [entry(a, { verifiesUntilMs: nowMs }), entry(b, { signsFromMs: nowMs + 1 })], /withdraws the key a/],
  ])('%s', (_, keyring, why) => {
    const json = typeof keyring === 'string' ? keyring : JSON.stringify(keyring)
    expect(() => parseKeyring(json, nowMs)).toThrow(why)
  })

  test('and what it says has nothing of a key but its kid', () => {
    const said = (() => {
      try {
        return String(parseKeyring(JSON.stringify([entry(weak)]), nowMs))
      } catch (error) {
        return String(error)
      }
    })()
    expect(said).not.toContain(weak.d)
    expect(said).not.toContain(weak.n)
  })
})

describe('a rotation', () => {
  const entriesOf = (json: string) => JSON.parse(json) as KeyringEntry[]
  const first = JSON.stringify([{ jwk: a, signsFromMs: 0 }])

  test('adds a key that signs in fifteen minutes, and forgets what is published no more', async () => {
    const once = await rotated(first, { nowMs, compromised: false })
    expect(entriesOf(once).map(({ signsFromMs }) => signsFromMs)).toEqual([0, nowMs + 15 * minuteMs])
    const laterMs = nowMs + 24 * 60 * minuteMs
    const twice = await rotated(once, { nowMs: laterMs, compromised: false })
    expect(entriesOf(twice).map(({ signsFromMs }) => signsFromMs)).toEqual([nowMs + 15 * minuteMs, laterMs + 15 * minuteMs])
    expect(entriesOf(twice)[0]?.jwk.kid).toBe(entriesOf(once)[1]?.jwk.kid)
  })

  test('of a compromised key leaves only the new one, at once', async () => {
    const after = entriesOf(await rotated(first, { nowMs, compromised: true }))
    expect(after.map(({ signsFromMs }) => signsFromMs)).toEqual([nowMs])
    expect(after[0]?.jwk.kid).not.toBe('a')
  })

  test('signs nobody out: at every minute of it, each token that was signed before and has not expired is good', async () => {
    const clock = { nowMs }
    const now = () => clock.nowMs
    const keyring = parseKeyring(await rotated(first, { nowMs, compromised: false }), nowMs)
    const signer = tokenSigner({ issuer, keyring, now, newId: () => `${clock.nowMs}` })
    const verifier = tokenVerifier({ issuers: new Map(), own: { issuer, keyring }, now, fetchJwks: async () => [], rememberTokens: 0 })
    const tokens: string[] = []
    const kids = new Set<unknown>()
    for (let minute = 0; minute < 150; minute++) {
      tokens.push(await signer.sign(machine))
      kids.add(decodeProtectedHeader(tokens.at(-1) as string).kid)
      const alive = tokens.slice(-60)
      for (const token of [alive[0] as string, alive.at(-1) as string]) expect(await verifier.verify(token)).toMatchObject({ ok: true })
      clock.nowMs += minuteMs
    }
    expect(kids.size).toBe(2)
  })
})

const machine = {
  sub: 'client',
  client_id: 'client',
  workspaceId: 'workspace1',
  accountId: 'account001',
  context: 'app',
  platform: 'm2m',
  role: 'viewer',
  scope: 'app/read',
} as const

describe('our own issuer', () => {
  const keyring = parse({ jwk: c, signsFromMs: 0 })
  const now = () => nowMs
  const signer = tokenSigner({ issuer, keyring, now, newId: () => 'id-1' })
  const verifier = tokenVerifier({ issuers: new Map(), own: { issuer, keyring }, now, fetchJwks: async () => [] })

  test('signs access tokens as RFC 9068 has them, for an hour', async () => {
    const token = await signer.sign(machine)
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: 'c' })
    const iat = nowMs / 1000
    const aud = `${issuer}/${machine.context}/v1`
    expect(decodeJwt(token)).toEqual({ ...machine, token_use: 'access', iss: issuer, aud, iat, exp: iat + 3600, jti: 'id-1' })
    expect(await verifier.verify(token)).toMatchObject({ ok: true, value: { client_id: 'client', workspaceId: 'workspace1' } })
  })

  test('signs with an EC key as well', async () => {
    const own = parse({ jwk: ec, signsFromMs: 0 })
    const token = await tokenSigner({ issuer, keyring: own, now, newId: () => 'id-1' }).sign({ ...machine, sid: 'session-1' })
    expect(decodeProtectedHeader(token).alg).toBe('ES256')
    const result = await tokenVerifier({ issuers: new Map(), own: { issuer, keyring: own }, now, fetchJwks: async () => [] }).verify(token)
    expect(result).toMatchObject({ ok: true, value: { sid: 'session-1' } })
  })

  test('believes no token of ours that is for another service, the other API, or nobody', async () => {
    const iat = nowMs / 1000
    const own = { ...machine, iss: issuer, token_use: 'access', iat, exp: iat + 60 }
    const { privateJwk } = keyringAt(keyring, nowMs).signing
    const key = await importJWK(privateJwk, 'RS256')
    const signed = (aud: unknown) => new SignJWT({ ...own, aud } as JWTPayload).setProtectedHeader({ alg: 'RS256', kid: 'c' }).sign(key)
    const api = `${issuer}/app/v1`
    for (const aud of [api, ['https://other.test', api]]) expect(await verifier.verify(await signed(aud))).toMatchObject({ ok: true })
    for (const aud of [undefined, '', [], 'https://other.test', issuer, `${issuer}/dashboard/v1`, `${api}/`, [7, api], { 0: api }])
      expect(await verifier.verify(await signed(aud)), JSON.stringify(aud)).toMatchObject({
        ok: false,
        error: { code: 'auth/invalid_token' },
      })
  })

  test('never signs for longer than keys are published', async () => {
    for (const ttlSeconds of [3601, 0, -1, Number.NaN]) await expect(signer.sign({ ...machine, ttlSeconds })).rejects.toThrow(/at most/)
  })

  test('is not believed with the key of another issuer that ISSUERS gives its name', async () => {
    const impostor = parse({ jwk: b, signsFromMs: 0 })
    const jwks = keyringAt(impostor, nowMs).published
    const entry = { issuer, accounts: ['account001'], contexts: ['app' as const], keys: { kind: 'given' as const, jwks } }
    const both = tokenVerifier({ issuers: new Map([[issuer, entry]]), own: { issuer, keyring }, now, fetchJwks: async () => [] })
    const forged = await tokenSigner({ issuer, keyring: impostor, now, newId: () => 'x' }).sign(machine)
    expect(await both.verify(forged)).toMatchObject({ ok: false, error: { code: 'auth/invalid_token' } })
    expect(await both.verify(await signer.sign(machine))).toMatchObject({ ok: true })
  })

  test('alone says which client or session a token belongs to', async () => {
    const elsewhere = 'https://elsewhere.test'
    const entry = { issuer: elsewhere, accounts: ['account001'], contexts: ['app' as const], audience: [`${elsewhere}/app/v1`] }
    const listed = tokenVerifier({
      issuers: new Map([[elsewhere, { ...entry, keys: { kind: 'given' as const, jwks: keyringAt(keyring, nowMs).published } }]]),
      now,
      fetchJwks: async () => [],
    })
    const token = await tokenSigner({ issuer: elsewhere, keyring, now, newId: () => 'x' }).sign({ ...machine, sid: 's' })
    const result = await listed.verify(token)
    expect(result).toMatchObject({ ok: true, value: { sub: 'client' } })
    expect(result.ok && Object.keys(result.value)).not.toEqual(expect.arrayContaining(['client_id']))
    expect(result.ok && Object.keys(result.value)).not.toEqual(expect.arrayContaining(['sid']))
  })
})
