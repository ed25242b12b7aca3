// Tokens as the platform's issuers sign them: the claims of the domain, RS256 and ES256, with keys made for this run.

import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { accountId, issuer, workspaceId } from './workers/tenant.ts'

export type Algorithm = 'RS256' | 'ES256'

export interface TokenMaker {
  /** The Worker's ISSUERS. */
  issuers: string
  /** A token of this user; `serial` makes two tokens of one user differ. */
  sign(algorithm: Algorithm, userId: string, serial?: number): Promise<string>
}

export async function tokenMaker(): Promise<TokenMaker> {
  const [rsa, ec] = await Promise.all([generateKeyPair('RS256', { extractable: true }), generateKeyPair('ES256', { extractable: true })])
  const jwk = async (key: CryptoKey, alg: Algorithm): Promise<JWK> => ({ ...(await exportJWK(key)), kid: alg, alg, use: 'sig' })
  const keys = [await jwk(rsa.publicKey, 'RS256'), await jwk(ec.publicKey, 'ES256')]
  const iat = Math.floor(Date.now() / 1000)
  return {
    issuers: JSON.stringify([{ issuer, accounts: [accountId], contexts: ['app', 'dashboard'], jwks: { keys } }]),
    sign: (algorithm, userId, serial = 0) =>
      new SignJWT({
        token_use: 'access',
        workspaceId,
        accountId,
        userId,
        context: 'app',
        platform: 'web',
        role: 'member',
        lang: 'en',
        timezone: 'UTC',
        jti: String(serial),
      })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: algorithm })
        .setIssuer(issuer)
        .setSubject(userId)
        .setIssuedAt(iat)
        .setExpirationTime(iat + 6 * 3600)
        .sign((algorithm === 'RS256' ? rsa : ec).privateKey),
  }
}
