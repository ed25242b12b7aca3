// Amazon Cognito user pools as issuers: what their access tokens mean here. Cognito's access tokens say who signed in and
// through which app client, and nothing of workspaces; so the app client's entry says which workspace it serves, the
// person's groups say the role, and `sub` is the user. Where a pre-token-generation trigger (V2; V3 for client credentials)
// puts our claims in, and the app client's entry allows it, those count instead.
//
// ID tokens are refused like everywhere (`token_use`). There is no `aud` in an access token, unless a resource was asked for
// (then it is checked, audience.ts): it is `client_id` that must be listed, or a token made for another application of the
// same pool would be good here.

import { z } from 'zod'
import { type Role, roles } from '../../../domain/identity.ts'
import { isAbove } from '../../../domain/sign-in/standing.ts'
import { tenantId } from './claims.ts'

const clientSchema = z.strictObject({
  workspaceId: tenantId,
  accountId: tenantId,
  context: z.enum(['app', 'dashboard']),
  platform: z.enum(['web', 'mobile', 'm2m']),
  /** Of whoever is in no group that has one; member unless given. */
  role: z.enum(roles).optional(),
  /** Whether claims of the same names in the token count in place of these. Only for a pool whose triggers are trusted that far. */
  customClaims: z.boolean().optional(),
})

/** The members of an entry of ISSUERS that only a pool has. */
export const cognitoPoolMembers = {
  clients: z.record(z.string(), clientSchema),
  groups: z.record(z.string(), z.enum(roles)).optional(),
}

export interface CognitoPool {
  /** By app client id. */
  clients: Record<string, z.output<typeof clientSchema>>
  groups?: Record<string, Role> | undefined
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html */
export const isPoolOfAws = (issuer: string): boolean =>
  /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/[\w-]+_[0-9A-Za-z]+$/.test(issuer)

/** The key that every cognito-local signs with: its private half is in the npm package, so anybody has it. */
export const cognitoLocalThumbprint = 'jS8J3RuOy291lpsiFe2NfKV6VkdfMF4Q_840qOLXAjs'

const cognitoClaims = z.object({
  client_id: z.string(),
  'cognito:groups': z.array(z.string()).optional(),
})

const custom = ['workspaceId', 'accountId', 'userId', 'role', 'lang', 'timezone'] as const

/** A Cognito access token's payload as one of ours, yet to be checked like any other; null where it is not for this platform. */
export function fromCognito(pool: CognitoPool, payload: Record<string, unknown>): Record<string, unknown> | null {
  const read = cognitoClaims.safeParse(payload)
  if (!read.success || !Object.hasOwn(pool.clients, read.data.client_id)) return null
  const { workspaceId, accountId, context, platform, role, customClaims } = pool.clients[
    read.data.client_id
  ] as CognitoPool['clients'][string]
  const { iss, sub, aud, iat, exp, nbf, token_use, scope } = payload
  // Client credentials have the client for their subject. A person who came through a machine's app client is no machine.
  if ((sub === read.data.client_id) !== (platform === 'm2m')) return null
  const given = customClaims
    ? Object.fromEntries(custom.filter((name) => Object.hasOwn(payload, name)).map((name) => [name, payload[name]]))
    : {}
  return {
    ...{ iss, sub, aud, iat, exp, nbf, token_use, scope },
    workspaceId,
    accountId,
    role: highest(pool.groups ?? {}, read.data['cognito:groups'] ?? []) ?? role ?? 'member',
    ...(platform !== 'm2m' && { userId: sub }),
    ...given,
    // Which API and which kind of client: the app client's to say, whatever a trigger thinks.
    context,
    platform,
  }
}

function highest(roleOf: Record<string, Role>, groups: string[]): Role | undefined {
  const given = groups.filter((group) => Object.hasOwn(roleOf, group)).map((group) => roleOf[group] as Role)
  return given.reduce<Role | undefined>((most, role) => (most === undefined || isAbove(role, most) ? role : most), undefined)
}
