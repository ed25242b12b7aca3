// Workspace tokens for the local platform, as its issuer would sign them: the claims of the domain, RS256, an hour to live.
// A workspace or user that does not exist yet is made first, over the running server's operator routes.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importJWK, type JWK, SignJWT } from 'jose'
import type { ClientPlatform, Context, Role } from '../../domain/identity.ts'
import { apiAudience } from '../../workers/edge/auth/audience.ts'
import { servedKeyring, signingNow } from './keys.ts'

export const localAccountId = 'local00000'
export const allScopes = ['app/read', 'app/write', 'dashboard/read', 'dashboard/write'] as const

export interface TokenRequest {
  /** A 10-character id as it is; any other name stands for the workspace with that slug. */
  workspace: string
  user: string
  role?: Role
  context?: Context
  platform?: ClientPlatform
  scope?: string
  ttlSeconds?: number
  lang?: string
  timezone?: string
}

export interface Issuing {
  baseUrl: string
  signing: JWK
  operatorKey: string
}

/** What the keys folder of the platform that runs holds of it, and the key that signs at the moment: read anew for each token. */
export const readIssuing = (keys: string, baseUrl: string, nowMs = Date.now()): Issuing => ({
  baseUrl,
  signing: signingNow(servedKeyring(keys), nowMs),
  operatorKey: readFileSync(join(keys, 'operator-key'), 'utf8'),
})

/** Deterministic, so that every start and every script means the same workspace by a name. */
export function workspaceIdOf(nameOrId: string): string {
  if (/^[A-Za-z0-9_-]{10}$/.test(nameOrId)) return nameOrId
  return createHash('sha256').update(nameOrId).digest('base64url').slice(0, 10)
}

/** A name of 3 to 30 characters and a slug, as the contract wants them, whatever the workspace is called here. */
export function workspaceNaming(nameOrId: string): { name: string; slug: string } {
  const slug = nameOrId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  const name = [...nameOrId].length < 3 ? `Workspace ${nameOrId}` : [...nameOrId].slice(0, 30).join('')
  return { name, slug: slug || `w-${createHash('sha256').update(nameOrId).digest('hex').slice(0, 10)}` }
}

export const isUserId = (text: string) => /^[A-Za-z0-9_-]{1,64}$/.test(text)

/** Makes what is missing, then signs. Throws with the server's own words when it refuses. */
export async function issueToken(issuing: Issuing, request: TokenRequest): Promise<string> {
  const workspaceId = workspaceIdOf(request.workspace)
  if (!isUserId(request.user)) throw new Error(`Not a user id: "${request.user}". Use 1 to 64 of A-Z a-z 0-9 _ -`)
  const base = `/platform/v1/workspaces/${workspaceId}`
  await put(issuing, base, { accountId: localAccountId, ...workspaceNaming(request.workspace) })
  if (request.platform !== 'm2m') await put(issuing, `${base}/users/${request.user}`, { email: `${request.user}@localhost.test` })
  return signToken(issuing, workspaceId, request)
}

export async function signToken(issuing: Issuing, workspaceId: string, request: TokenRequest, nowMs = Date.now()): Promise<string> {
  const { platform = 'web', context = 'app', role = 'member' } = request
  const scope = request.scope ?? (platform === 'm2m' ? allScopes.join(' ') : undefined)
  const iat = Math.floor(nowMs / 1000)
  const claims = {
    token_use: 'access',
    workspaceId,
    accountId: localAccountId,
    // A machine is nobody's user; it names one in each request (x-user-id).
    ...(platform === 'm2m' ? {} : { userId: request.user }),
    context,
    platform,
    role,
    ...(scope === undefined ? {} : { scope }),
    lang: request.lang ?? 'en',
    timezone: request.timezone ?? 'UTC',
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: issuing.signing.kid })
    .setIssuer(issuing.baseUrl)
    .setAudience(apiAudience(issuing.baseUrl, context))
    .setSubject(request.user)
    .setIssuedAt(iat)
    .setExpirationTime(iat + (request.ttlSeconds ?? 3600))
    .sign(await importJWK(issuing.signing, 'RS256'))
}

async function put({ baseUrl, operatorKey }: Issuing, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${baseUrl}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`PUT ${path} was refused: ${response.status} ${text}`)
}
