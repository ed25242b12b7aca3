// What an access token must say (domain.md, Tenancy). Unknown claims are ignored; a known one that is malformed makes
// the whole token invalid.

import { z } from 'zod'
import { roles, type Scope } from '../../../domain/identity.ts'
import { lang } from '../../../domain/resources/lang.ts'
import { timezone } from '../../../domain/resources/timezone.ts'

export const tenantId = z.string().regex(/^[A-Za-z0-9_-]{10}$/)
export const userIdSchema = z.string().regex(/^[\x21-\x7e]{1,128}$/)

const shared = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  /** Whom the token is for (RFC 7519, section 4.1.3). Who must be among them is the issuer's entry to say (issuers.ts). */
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number().optional(),
  token_use: z.literal('access'),
  workspaceId: tenantId,
  accountId: tenantId,
  userId: userIdSchema.optional(),
  context: z.enum(['app', 'dashboard']),
  platform: z.enum(['web', 'mobile', 'm2m']),
  role: z.enum(roles),
  scope: z.string().optional(),
  lang: lang.optional(),
  timezone: timezone.optional(),
})

// A person of the app is a user of the workspace; only a machine may come without one.
const hasItsUser = (claims: z.infer<typeof shared>): boolean =>
  claims.platform === 'm2m' || claims.context === 'dashboard' || claims.userId !== undefined

/** Of the issuers that ISSUERS lists. A `client_id` of theirs names nothing of ours, so it is not read. */
export const accessClaims = shared.refine(hasItsUser)

/** Of our own issuer: also which OAuth client a token belongs to, and ends with, or which sign-in session it comes from. */
export const ownAccessClaims = shared
  .extend({ client_id: z.string().min(1).max(255).optional(), sid: z.string().min(1).max(255).optional() })
  .refine(hasItsUser)

/** `client_id` and `sid` only ever come from our own issuer. */
export type AccessClaims = z.infer<typeof ownAccessClaims>

const ours: readonly Scope[] = ['app/read', 'app/write', 'dashboard/read', 'dashboard/write']

/** Our scopes among those of the claim; OAuth 2.0 separates with single spaces. */
export const scopesOf = (scope: string | undefined): Scope[] => {
  const given = new Set((scope ?? '').split(' '))
  return ours.filter((one) => given.has(one))
}

/** RFC 7519, section 4.1.3: one text or several. */
export const audiencesOf = (aud: AccessClaims['aud']): string[] => (aud === undefined ? [] : [aud].flat())
