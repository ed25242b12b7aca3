// Signs the access tokens of our own issuer (RFC 9068: `typ` at+jwt), with the key that signs now. Imported keys are
// remembered as values, which may serve every request of the isolate.

import { importJWK, SignJWT } from 'jose'
import type { ClientPlatform, Context, Role } from '../../../domain/identity.ts'
import { apiAudience } from './audience.ts'
import { type Keyring, keyringAt, tokenTtlSeconds } from './keyring.ts'

/** What the caller of `sign` answers for; issuer, audience, times, id and use are the signer's. */
export interface OwnClaims {
  sub: string
  workspaceId: string
  accountId: string
  /** Absent for machines, and for people of the dashboard who are no user of the workspace. */
  userId?: string
  context: Context
  platform: ClientPlatform
  role: Role
  /** Separated by single spaces. */
  scope?: string
  lang?: string
  timezone?: string
  /** The OAuth client: the token is worth nothing once that is deleted. */
  client_id?: string
  /** The sign-in session. */
  sid?: string
  /** 3600 unless given, and at most that. */
  ttlSeconds?: number
}

export interface TokenSigner {
  /** Our own `iss`. */
  issuer: string
  sign(claims: OwnClaims): Promise<string>
}

export interface SignerParts {
  issuer: string
  keyring: Keyring
  now: () => number
  newId: () => string
}

type PrivateKey = Awaited<ReturnType<typeof importJWK>>

export function tokenSigner({ issuer, keyring, now, newId }: SignerParts): TokenSigner {
  const imported = new Map<string, PrivateKey>()

  return {
    issuer,
    async sign({ ttlSeconds = tokenTtlSeconds, ...claims }) {
      // Keys are published for as long as the longest token lives, so no token may live longer.
      if (!(ttlSeconds > 0 && ttlSeconds <= tokenTtlSeconds)) throw new Error(`a token lives at most ${tokenTtlSeconds} seconds`)
      const nowMs = now()
      const { kid, algorithm, privateJwk } = keyringAt(keyring, nowMs).signing
      const key = imported.get(kid) ?? (await importJWK(privateJwk, algorithm))
      imported.set(kid, key)
      const iat = Math.floor(nowMs / 1000)
      return new SignJWT({ ...claims, token_use: 'access' })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid })
        .setIssuer(issuer)
        .setAudience(apiAudience(issuer, claims.context))
        .setIssuedAt(iat)
        .setExpirationTime(iat + ttlSeconds)
        .setJti(newId())
        .sign(key)
    },
  }
}
