// Tokens of three issuers, good and bad: one that is trusted for the tenants' accounts, one that is trusted for another
// account only, one that is trusted for the app only, and a key that nobody is trusted for.

import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export const accountId = 'securityA1'
export const otherAccountId = 'securityB2'

const trusted = 'https://issuer.security.test'
const elsewhere = 'https://elsewhere.security.test'
const appOnly = 'https://app-only.security.test'

const key = await generateKeyPair('RS256', { extractable: true })
const unknownKey = await generateKeyPair('RS256', { extractable: true })
const jwks = { keys: [{ ...(await exportJWK(key.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] }

/** ISSUERS of the worlds of these tests. */
export const issuers = JSON.stringify([
  { issuer: trusted, accounts: [accountId, otherAccountId], contexts: ['app', 'dashboard'], jwks },
  { issuer: elsewhere, accounts: ['elsewhere1'], contexts: ['app', 'dashboard'], jwks },
  { issuer: appOnly, accounts: [accountId], contexts: ['app'], jwks },
])

export type Claims = JWTPayload & Record<string, unknown>

/** `over` replaces claims; one that is undefined is left out. */
export function signed(over: Claims, signingKey = key.privateKey): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const claims = { iss: trusted, sub: 'person-1', iat: nowSeconds - 5, exp: nowSeconds + 3600, token_use: 'access', accountId, ...over }
  return new SignJWT(JSON.parse(JSON.stringify(claims))).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(signingKey)
}

export const scopes = 'app/read app/write dashboard/read dashboard/write'

export interface BadToken {
  why: string
  /** Null: no Authorization header at all. */
  token: string | null
  code: 'auth/invalid_token' | 'auth/expired_token'
}

/** Every way of being nobody here. `good` are claims that would pass; `otherWorkspaceId` belongs to `otherAccountId`. */
export async function badTokens(good: Claims, otherWorkspaceId: string): Promise<BadToken[]> {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const isApp = good.context === 'app'
  const bad = async (why: string, over: Claims, signingKey = key.privateKey): Promise<BadToken> => ({
    why,
    token: await signed({ ...good, ...over }, signingKey),
    code: 'auth/invalid_token',
  })
  const whole = await signed(good)
  return [
    { why: 'no token', token: null, code: 'auth/invalid_token' },
    { why: 'not a token', token: 'laurel', code: 'auth/invalid_token' },
    { why: 'a token without its signature', token: `${whole.split('.').slice(0, 2).join('.')}.`, code: 'auth/invalid_token' },
    { ...(await bad('an expired token', { iat: nowSeconds - 7200, exp: nowSeconds - 3600 })), code: 'auth/expired_token' },
    await bad('a token signed with a key that the issuer does not have', {}, unknownKey.privateKey),
    await bad('a token of an issuer that is not listed', { iss: 'https://nobody.security.test' }),
    await bad('a token of an issuer that is listed for another account', { iss: elsewhere }),
    ...(isApp ? [] : [await bad('a token of an issuer that is listed for the other context', { iss: appOnly })]),
    await bad('a token of a workspace that is not there', { workspaceId: 'nosuchwork' }),
    await bad('a token of a workspace of another account', { workspaceId: otherWorkspaceId }),
    await bad('a token of another account than its workspace', { accountId: otherAccountId }),
    await bad('a token for another service', { aud: 'https://other.security.test' }),
    await bad('an ID token', { token_use: 'id' }),
    await bad('a token of an unknown role', { role: 'root' }),
  ]
}
