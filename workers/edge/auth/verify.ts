// Proves a workspace token: which issuer, which key, which claims (RFC 8725). Every reason to refuse becomes the same
// 401 at the edge, so that an answer teaches nothing; only expiry has its own code, since clients act on it.
//
// A token once proved is remembered by its SHA-256 until it expires, and for ten minutes at most: so long may a token
// outlive the withdrawal of its key on an isolate that has seen it. The hash costs about 5 µs of CPU in workerd, which buys
// that this memory, the long one, holds no token (edge/admitted.ts has the short one, of tokens as they came).

import { createHash } from 'node:crypto'
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose'
import { failure } from '../../../domain/failures.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import { apiAudience, isMeantForUs } from './audience.ts'
import { type AccessClaims, accessClaims, ownAccessClaims } from './claims.ts'
import { fromCognito } from './cognito.ts'
import type { Issuer } from './issuers.ts'
import type { Keyring } from './keyring.ts'
import { type Algorithm, type IssuerKeys, issuerKeys, type KeyPorts, keyringKeys } from './keys.ts'

export interface TokenVerifier {
  /** `auth/invalid_token`, `auth/expired_token`, or `record/unavailable` while an issuer's keys cannot be read. */
  verify(token: string): Promise<Result<AccessClaims>>
}

export interface VerifierParts extends KeyPorts {
  issuers: Map<string, Issuer>
  /** Our own issuer: believed for every account (a token of another account than its workspace's is refused later) and both APIs. */
  own?: { issuer: string; keyring: Keyring } | null
  /** How many proved tokens an isolate remembers. */
  rememberTokens?: number
}

const tokenLimit = 8192
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/
const rememberMs = 10 * 60 * 1000
/** Clocks differ: a token that was made (`iat`), or begins (`nbf`), further ahead than this is not believed. Its end (`exp`) is its end. */
const toleranceSeconds = 60
/** Keys come from configuration, never from the token; and no extension that must be understood is. */
const refusedHeaders = ['jku', 'x5u', 'jwk', 'x5c', 'crit', 'b64', 'zip', 'enc']

/** RFC 9068, section 4; a media type has no case, and may be written with its `application/` (RFC 7515, section 4.1.9). */
const isTokenType = (typ: unknown): boolean => typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ)

/** One token, one spelling: base64url leaves bits over at the end of a part, and decoders ignore them. */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part

const invalid = () => fail(failure('auth/invalid_token', 'The access token is not valid here.'))

/** An issuer, with what is believed of it. */
interface Trusted {
  keys: IssuerKeys
  /** The claims, or null where they are not what they must be, or not for this issuer to make. */
  read(payload: Record<string, unknown>): AccessClaims | null
}

export function tokenVerifier(parts: VerifierParts): TokenVerifier {
  const { issuers, own, now, rememberTokens = 5000 } = parts
  const trusted = new Map<string, Trusted>([...issuers].map(([name, issuer]) => [name, listed(issuer, parts)]))
  // Should ISSUERS name it too: only our own keys speak for us.
  if (own) trusted.set(own.issuer, ours(own, parts))
  const proved = new Map<string, { claims: AccessClaims; untilMs: number }>()

  async function prove(token: string): Promise<Result<AccessClaims>> {
    const issuer = trusted.get(String(decodeJwt(token).iss))
    if (!issuer) return invalid()
    const signed = await verifySignature(token, issuer.keys)
    if (!signed.ok) return signed
    const payload: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(signed.value))
    const claims = issuer.read(payload as Record<string, unknown>)
    if (!claims) return invalid()
    const nowSeconds = now() / 1000
    if (Math.max(claims.iat, claims.nbf ?? 0) > nowSeconds + toleranceSeconds) return invalid()
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

function ours({ issuer, keyring }: NonNullable<VerifierParts['own']>, ports: KeyPorts): Trusted {
  return {
    keys: keyringKeys(keyring, ports),
    read(payload) {
      const claims = ownAccessClaims.safeParse(payload).data
      return claims && isMeantForUs(claims, { audience: [apiAudience(issuer, claims.context)], origin: issuer }) ? claims : null
    },
  }
}

function listed(issuer: Issuer, { own, ...ports }: VerifierParts): Trusted {
  const { accounts, contexts, cognito, audience } = issuer
  return {
    keys: issuerKeys(issuer, ports),
    read(payload) {
      const claims = accessClaims.safeParse(cognito ? fromCognito(cognito, payload) : payload).data
      const isTrusted = claims && accounts.includes(claims.accountId) && contexts.includes(claims.context)
      return isTrusted && isMeantForUs(claims, { audience, origin: own?.issuer ?? '' }) ? claims : null
    },
  }
}

/**
 * The payload of a compact JWS that one of the issuer's keys signed. Errors: `auth/invalid_token`, `record/unavailable`.
 * Throws what jose throws at bad signatures and malformed keys: to the caller that is an invalid token too.
 */
export async function verifySignature(token: string, keys: IssuerKeys): Promise<Result<Uint8Array>> {
  if (!token.split('.').every(isCanonical)) return invalid()
  const header = decodeProtectedHeader(token)
  const algorithm = header.alg
  if (algorithm !== 'RS256' && algorithm !== 'ES256') return invalid()
  if (refusedHeaders.some((name) => Object.hasOwn(header, name))) return invalid()
  if (header.typ !== undefined && !isTokenType(header.typ)) return invalid()
  if (header.kid !== undefined && typeof header.kid !== 'string') return invalid()
  const key = await keys.key(header.kid, algorithm satisfies Algorithm)
  if (!key.ok) return key
  if (!key.value) return invalid()
  const { payload } = await compactVerify(token, key.value, { algorithms: [algorithm] })
  return ok(payload)
}
