// 12,500 good tokens, each spoilt in one way: none is accepted, and none makes the verifier throw.

import fc from 'fast-check'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { claims, keys, nowMs, parts, sign } from './world.ts'

const { verifier } = parts()
const invalid = { ok: false, error: { code: 'auth/invalid_token' } }

const rsa = await sign()
const ec = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'ec', typ: 'at+jwt' }).sign(keys.ec.privateKey)
const others = await Promise.all(Array.from({ length: 20 }, (_, i) => sign({ userId: `user-${i}`, jti: `${i}` })))
const strangers = await Promise.all(
  ['RS256', 'ES256', 'RS512', 'PS256', 'ES384'].map(async (alg) => ({ alg, ...(await generateKeyPair(alg, { extractable: true })) })),
)

const partsOf = (token: string) => token.split('.') as [string, string, string]
const bytesOf = (part: string) => Buffer.from(part, 'base64url')
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decoded = (part: string) => JSON.parse(bytesOf(part).toString()) as Record<string, unknown>

const good = fc.constantFrom(rsa, ec)
const runs = 2500

async function refused(token: string): Promise<void> {
  expect([rsa, ec, ...others]).not.toContain(token)
  expect(await verifier.verify(token)).toMatchObject(invalid)
}

const flipBit = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  const bit = at % (copy.length * 8)
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
  return copy
}

describe('a good token', () => {
  test('is good, so that what follows is refused for its flaw', async () => {
    for (const token of [rsa, ec, ...others]) expect(await verifier.verify(token)).toMatchObject({ ok: true })
  })

  test('with one bit of a part flipped', async () => {
    const cases = fc.tuple(good, fc.nat(2), fc.nat(100_000))
    await fc.assert(
      fc.asyncProperty(cases, async ([token, which, at]) => {
        const spoilt = partsOf(token)
        spoilt[which] = flipBit(bytesOf(spoilt[which] as string), at).toString('base64url')
        await refused(spoilt.join('.'))
      }),
      { numRuns: runs },
    )
  })

  test('with one bit of its text flipped, also where base64url has bits to spare', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(good, fc.nat(100_000)), ([token, at]) => refused(flipBit(Buffer.from(token), at).toString('latin1'))),
      { numRuns: runs },
    )
    const spare = [rsa, ec].flatMap((token) => [...'AQgwBRhx'].map((last) => token.slice(0, -1) + last).filter((one) => one !== token))
    for (const token of spare) await refused(token)
  })

  test('with parts of other tokens, left out, doubled or in another order', async () => {
    const pool = [rsa, ec, ...others].flatMap(partsOf)
    const cases = fc.array(fc.constantFrom(...pool, '', 'e30'), { minLength: 1, maxLength: 5 })
    const whole = new Set([rsa, ec, ...others])
    await fc.assert(
      fc.asyncProperty(cases, async (list) => {
        fc.pre(!whole.has(list.join('.')))
        await refused(list.join('.'))
      }),
      { numRuns: runs },
    )
  })

  test('with another header, and the signature of the first or none', async () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>('RS256', 'ES256', 'none', 'HS256', 'PS256', 'rsa', 'ec', 'https://evil.test', true, null, 1),
      fc.string(),
    )
    const edits = fc.dictionary(
      fc.constantFrom('alg', 'kid', 'typ', 'jku', 'x5u', 'jwk', 'x5c', 'crit', 'b64', 'zip', 'enc', 'cty'),
      value,
      { minKeys: 1 },
    )
    await fc.assert(
      fc.asyncProperty(fc.tuple(good, edits, fc.boolean()), async ([token, edit, isSigned]) => {
        const [header, payload, signature] = partsOf(token)
        const edited = encoded({ ...decoded(header), ...edit })
        fc.pre(edited !== header)
        await refused(`${edited}.${payload}.${isSigned ? signature : ''}`)
      }),
      { numRuns: runs },
    )
  })

  test('signed by a key that its issuer does not have', async () => {
    const stranger = fc.constantFrom(...strangers)
    const header = fc.record(
      { kid: fc.constantFrom('rsa', 'ec', 'other'), typ: fc.constantFrom('JWT', 'at+jwt'), withKey: fc.boolean() },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.tuple(stranger, header, fc.nat(1000)), async ([{ alg, privateKey, publicKey }, { withKey, ...rest }, i]) => {
        const jwk = withKey ? { jwk: await exportJWK(publicKey) } : {}
        await refused(
          await new SignJWT(claims({ jti: `${i}`, iat: nowMs / 1000 })).setProtectedHeader({ alg, ...rest, ...jwk }).sign(privateKey),
        )
      }),
      { numRuns: runs },
    )
  }, 120_000)
})
