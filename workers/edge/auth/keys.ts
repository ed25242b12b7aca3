// The keys of an issuer, remembered as values (a promise of one request cannot be awaited in another on Workers).
//
//   key(kid, alg):  set known and young, kid in it      -> that key
//                   set unknown, or older than 10 min   -> fetch it (an old set stays in use while fetching fails)
//                   kid not in it                       -> fetch it again, at most every 30 s
//
// One algorithm per key: a JWK serves RS256 or ES256, by its own `alg` or its type, and never both.

import { importJWK, type JWK } from 'jose'
import { failure } from '../../../domain/failures.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import type { Issuer } from './issuers.ts'

export type Algorithm = 'RS256' | 'ES256'
export type VerifyKey = Awaited<ReturnType<typeof importJWK>>

export interface IssuerKeys {
  /** Null where the issuer has no such key. `record/unavailable` where its keys cannot be read now. Throws what jose throws on a malformed key. */
  key(kid: string | undefined, algorithm: Algorithm): Promise<Result<VerifyKey | null>>
}

export interface KeyPorts {
  now: () => number
  /** Reads a JWKS; throws when it cannot. */
  fetchJwks: (uri: string) => Promise<JWK[]>
}

const maxAgeMs = 10 * 60 * 1000
const refreshEveryMs = 30 * 1000
const retryEveryMs = 1000

export function issuerKeys(issuer: Issuer, { now, fetchJwks }: KeyPorts): IssuerKeys {
  let jwks: JWK[] | null = issuer.keys.kind === 'given' ? issuer.keys.jwks : null
  let imported = new Map<string, VerifyKey>()
  let fetchedAtMs = now()
  let triedAtMs = Number.NEGATIVE_INFINITY
  let failedAtMs = Number.NEGATIVE_INFINITY

  /** What is remembered stays when the fetch fails. */
  async function fetchKeys(uri: string): Promise<void> {
    triedAtMs = now()
    try {
      jwks = await fetchJwks(uri)
      imported = new Map()
      fetchedAtMs = now()
    } catch {
      // An issuer that does not answer must not sign everyone out: its last keys serve on.
      failedAtMs = now()
    }
  }

  /** Cold, several requests may fetch side by side (each holds its own promise); only a failure makes them pause. */
  async function ready(uri: string): Promise<void> {
    if (jwks === null) {
      if (now() - failedAtMs >= retryEveryMs) await fetchKeys(uri)
    } else if (now() - fetchedAtMs > maxAgeMs) await refresh(uri)
  }

  async function refresh(uri: string): Promise<void> {
    if (now() - triedAtMs >= refreshEveryMs) await fetchKeys(uri)
  }

  async function pick(kid: string | undefined, algorithm: Algorithm): Promise<VerifyKey | null> {
    const matching = (jwks ?? []).filter((jwk) => serves(jwk, algorithm) && (kid === undefined || jwk.kid === kid))
    const [jwk] = matching
    // Without a kid there must be no choice; with one, a doubled kid is nobody's.
    if (!jwk || matching.length > 1) return null
    const name = `${algorithm}:${kid ?? ''}`
    const known = imported.get(name)
    if (known) return known
    const into = imported
    const key = await importJWK(jwk, algorithm)
    into.set(name, key)
    return key
  }

  return {
    async key(kid, algorithm) {
      const { keys } = issuer
      if (keys.kind === 'given') return ok(await pick(kid, algorithm))
      await ready(keys.uri)
      if (jwks === null) return fail(failure('record/unavailable', 'The keys of this issuer cannot be read now.', { retryAfterSeconds: 1 }))
      const known = await pick(kid, algorithm)
      if (known) return ok(known)
      await refresh(keys.uri)
      return ok(await pick(kid, algorithm))
    },
  }
}

function serves(jwk: JWK, algorithm: Algorithm): boolean {
  const type = algorithm === 'RS256' ? jwk.kty === 'RSA' : jwk.kty === 'EC' && jwk.crv === 'P-256'
  const use = jwk.use === undefined || jwk.use === 'sig'
  const operations = jwk.key_ops === undefined || (Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))
  return type && use && operations && (jwk.alg === undefined || jwk.alg === algorithm)
}

/** The adapter of `fetchJwks`: https, three seconds, no redirects, a bounded answer. */
export async function fetchJwksOverHttp(uri: string): Promise<JWK[]> {
  const response = await fetch(uri, { redirect: 'manual', signal: AbortSignal.timeout(3000), headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`JWKS answered ${response.status}`)
  const text = await response.text()
  if (text.length > 256 * 1024) throw new Error('JWKS is too large')
  const { keys } = JSON.parse(text) as { keys?: JWK[] }
  if (!Array.isArray(keys)) throw new Error('JWKS has no keys')
  return keys
}
