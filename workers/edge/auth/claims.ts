// What an access token must say (domain.md, Tenancy). Unknown claims are ignored; a known one that is malformed makes
// the whole token invalid.

import { z } from 'zod'
import { roles, type Scope } from '../../../domain/identity.ts'

export const tenantId = z.string().regex(/^[A-Za-z0-9_-]{10}$/)
export const userIdSchema = z.string().regex(/^[\x21-\x7e]{1,128}$/)

export const accessClaims = z
  .object({
    iss: z.string(),
    sub: z.string().min(1).max(255),
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
    lang: z.string().max(35).optional(),
    timezone: z.string().max(64).optional(),
  })
  // A person of the app is a user of the workspace; only a machine may come without one.
  .refine((claims) => claims.platform === 'm2m' || claims.context === 'dashboard' || claims.userId !== undefined)

export type AccessClaims = z.infer<typeof accessClaims>

const ours: readonly Scope[] = ['app/read', 'app/write', 'dashboard/read', 'dashboard/write']

/** Our scopes among those of the claim; OAuth 2.0 separates with single spaces. */
export const scopesOf = (scope: string | undefined): Scope[] => {
  const given = new Set((scope ?? '').split(' '))
  return ours.filter((one) => given.has(one))
}
