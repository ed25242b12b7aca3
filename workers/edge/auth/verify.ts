// Proves a workspace token: which issuer, which key, which claims (RFC 8725). Every reason to refuse becomes the same
// 401 at the edge, so that an answer teaches nothing; only expiry has its own code, since clients act on it.
//
// A token once proved is remembered by its SHA-256 until it expires, and for ten minutes at most: so long may a token
// outlive the withdrawal of its key on an isolate that has seen it.

import { createHash } from 'node:crypto'
import { compactVerify, decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import { failure } from '../../../domain/failures.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import { type AccessClaims, accessClaims } from './claims.ts'
import type { Issuer } from './issuers.ts'
import { type Algorithm, type IssuerKeys, issuerKeys } from './keys.ts'

export interface TokenVerifier {
  /** `auth/invalid_token`, `auth/expired_token`, or `record/unavailable` while an issuer's keys cannot be read. */
  verify(token: string): Promise<Result<AccessClaims>>
}

export interface VerifierParts {
  issuers: Map<string, Issuer>
  now: () => number
  fetchJwks: (uri: string) => Promise<JWK[]>
  /** How many proved tokens an isolate remembers. */
  rememberTokens?: number
}

const tokenLimit = 8192
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/
const rememberMs = 10 * 60 * 1000
/** Clocks differ; a token from further ahead than this is not believed. */
const iatToleranceSeconds = 60
/** Keys come from configuration, never from the token; and no extension that must be understood is. */
const refusedHeaders = ['jku', 'x5u', 'jwk', 'x5c', 'crit', 'b64', 'zip', 'enc']

const invalid = () => fail(failure('auth/invalid_token', 'The access token is not valid here.'))

export function tokenVerifier(parts: VerifierParts): TokenVerifier {
  const { issuers, now, rememberTokens = 5000 } = parts
  const keysOf = new Map<string, IssuerKeys>([...issuers].map(([name, issuer]) => [name, issuerKeys(issuer, parts)]))
  const proved = new Map<string, { claims: AccessClaims; untilMs: number }>()

  async function prove(token: string): Promise<Result<AccessClaims>> {
    const issuer = issuers.get(String(decodeJwt(token).iss))
    const keys = issuer && keysOf.get(issuer.issuer)
    if (!issuer || !keys) return invalid()
    const payload = await verifySignature(token, keys)
    if (!payload.ok) return payload
    const parsed = accessClaims.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload.value)))
    if (!parsed.success) return invalid()
    const claims = parsed.data
    const nowSeconds = now() / 1000
    if (claims.iat > nowSeconds + iatToleranceSeconds || (claims.nbf ?? 0) > nowSeconds) return invalid()
    if (!issuer.accounts.includes(claims.accountId) || !issuer.contexts.includes(claims.context)) return invalid()
    // Last, so that only a token that is right in everything else is called expired: clients act on that.
    return claims.exp > nowSeconds ? ok(claims) : fail(failure('auth/expired_token', 'The access token has expired.'))
  }

  return {
    async verify(token) {
      if (token.length > tokenLimit || !compact.test(token)) return invalid()
      const hash = createHash('sha256').update(token).digest('base64')
      const known = proved.get(hash)
      if (known && now() < known.untilMs) return ok(known.claims)
      try {
        const result = await prove(token)
        if (result.ok) remember(hash, result.value)
        return result
      } catch {
        // jose answers some malformed keys and signatures with a bare TypeError or DataError: those are a 401 as well.
        return invalid()
      }
    },
  }

  function remember(hash: string, claims: AccessClaims): void {
    proved.delete(hash)
    proved.set(hash, { claims, untilMs: Math.min(claims.exp * 1000, now() + rememberMs) })
    // A Map keeps the order of insertion, so its first is the oldest.
    const [oldest] = proved.keys()
    if (proved.size > rememberTokens && oldest !== undefined) proved.delete(oldest)
  }
}

/**
 * The payload of a compact JWS that one of the issuer's keys signed. Errors: `auth/invalid_token`, `record/unavailable`.
 * Throws what jose throws at bad signatures and malformed keys: to the caller that is an invalid token too.
 */
export async function verifySignature(token: string, keys: IssuerKeys): Promise<Result<Uint8Array>> {
  const header = decodeProtectedHeader(token)
  const algorithm = header.alg
  if (algorithm !== 'RS256' && algorithm !== 'ES256') return invalid()
  if (refusedHeaders.some((name) => Object.hasOwn(header, name))) return invalid()
  if (header.typ !== undefined && !['jwt', 'at+jwt'].includes(String(header.typ).toLowerCase())) return invalid()
  if (header.kid !== undefined && typeof header.kid !== 'string') return invalid()
  const key = await keys.key(header.kid, algorithm satisfies Algorithm)
  if (!key.ok) return key
  if (!key.value) return invalid()
  const { payload } = await compactVerify(token, key.value, { algorithms: [algorithm] })
  return ok(payload)
}
