// The profile of a user who is made, whoever makes them: an admin, the operator, a file, or the user by signing in.

import type { z } from 'zod'
import type { UserProfile } from '../domain/player/types.ts'
import type { userCreate } from '../domain/resources/user.ts'

export interface NewUser extends z.output<typeof userCreate> {
  userId: string
  principalId: string
  accountId: string
  workspaceId: string
}

/** `sub`: what a token for this user names as its subject. Until another issuer does, the principal is the only identity there is. */
export function newProfile(user: NewUser, nowMs: number, sub = user.principalId): UserProfile {
  const { email, firstName, lastName, ...profile } = user
  const names = { ...(firstName !== undefined && { firstName }), ...(lastName !== undefined && { lastName }) }
  return { ...profile, principal: { sub, email, ...names }, createdAtMs: nowMs, updatedAtMs: nowMs }
}
