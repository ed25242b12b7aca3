// Project Wycheproof's JSON web signatures and keys, each through the verifier's own signature check: what is accepted is
// what Wycheproof calls valid under the two algorithms that are ours, but for one key whose weakness does not show
// in its signatures. Its payloads are no JSON objects, so the whole verifier must refuse every one, and never throw.

import type { JWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { issuerKeys } from '../../../workers/edge/auth/keys.ts'
import { tokenVerifier, verifySignature } from '../../../workers/edge/auth/verify.ts'
import { countMissing, vectorJson } from './vectors.ts'
import { nowMs } from './world.ts'

type Keys = JWK | { keys: JWK[] }
interface Group {
  comment: string
  public?: Keys
  private?: Keys
  tests: { tcId: number; comment: string; jws: unknown; result: string }[]
}

const casesOf = (file: string) => {
  const { testGroups } = vectorJson<{ testGroups: Group[] }>(`wycheproof/${file}`, { testGroups: [] })
  return testGroups.flatMap((group) =>
    group.tests.map((one) => ({ ...one, group: group.comment, jwks: keysOf(group.public ?? group.private ?? { keys: [] }) })),
  )
}
const keysOf = (keys: Keys): JWK[] => ('keys' in keys && Array.isArray(keys.keys) ? keys.keys : [keys as JWK])
const ports = { now: () => nowMs, fetchJwks: async () => [] }
type Case = ReturnType<typeof casesOf>[number]

const textOf = ({ jws }: Case): string => (typeof jws === 'string' ? jws : JSON.stringify(jws))

/** Valid, compact, and under an algorithm that is ours. */
function isOurs({ result, jws }: Case): boolean {
  if (result !== 'valid' || typeof jws !== 'string') return false
  const { alg } = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()) as { alg: string }
  return alg === 'RS256' || alg === 'ES256'
}

/** How it ended: accepted, refused by us, or by what jose threw (which the verifier answers as a 401). */
async function outcome(one: Case): Promise<'accepted' | 'refused'> {
  const keys = issuerKeys({ keys: { kind: 'given', jwks: one.jwks } }, ports)
  return verifySignature(textOf(one), keys).then(
    ({ ok }) => (ok ? 'accepted' : 'refused'),
    () => 'refused',
  )
}

/** The verifier itself, with these keys as an issuer's: whichever issuer the payload would name, this is the only one. */
async function verified(one: Case) {
  const issuer = 'foo'
  const entry = { issuer, accounts: ['account001'], contexts: ['app' as const], keys: { kind: 'given' as const, jwks: one.jwks } }
  return tokenVerifier({ issuers: new Map([[issuer, entry]]), ...ports }).verify(textOf(one))
}

/** Its modulus can be factored for its structure (ROCA). Whoever lists an issuer answers for how its keys were made. */
const weakKeys = ['jws_rsa_roca_key']

describe.each([
  { file: 'json_web_signature_test.json', count: 401 },
  { file: 'json_web_key_test.json', count: 26 },
])('$file', ({ file, count }) => {
  countMissing(`wycheproof/${file}`)
  const cases = casesOf(file)

  test.each(cases)('$group $tcId $comment ($result)', async (one) => {
    const expected = isOurs(one) || weakKeys.includes(one.group) ? 'accepted' : 'refused'
    expect(await outcome(one)).toBe(expected)
    expect(await verified(one)).toMatchObject({ ok: false, error: { code: 'auth/invalid_token' } })
  })

  test.skipIf(cases.length === 0)(`are ${count} in all, and no other is accepted`, async () => {
    const accepted = await Promise.all(cases.map(async (one) => ((await outcome(one)) === 'accepted' ? one : null)))
    expect(cases).toHaveLength(count)
    expect(
      accepted
        .filter((one) => one !== null && one.result !== 'valid')
        .map((one) => one?.group)
        .sort(),
    ).toEqual(file === 'json_web_key_test.json' ? [...weakKeys].sort() : [])
  })
})
