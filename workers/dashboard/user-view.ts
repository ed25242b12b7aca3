// A user as the contract shows one. A nickname is shown as it is kept, also where the contract's pattern would not have it.

import type { UserProfile } from '../../domain/player/types.ts'
import { timesOf } from './shown.ts'

export const userFields = ['tags', 'principal', 'stats', 'learningGroupLogs'] as const

/** `stats` is left out while there is nothing of the learning catalog to count. */
export function userView(profile: UserProfile, fields: string[] = []) {
  const { userId, principalId, externalId, nickname, profileImage, lang, timezone, accountId, workspaceId } = profile
  return {
    userId,
    principalId,
    externalId,
    nickname,
    profileImage,
    lang,
    timezone,
    accountId,
    workspaceId,
    ...timesOf(profile),
    // Nothing carries tags yet, and no learning group was ever completed: these lists are the whole truth.
    ...(fields.includes('tags') && { tags: [] }),
    ...(fields.includes('principal') && { principal: principalView(profile) }),
    ...(fields.includes('learningGroupLogs') && { learningGroupLogs: { items: [] } }),
  }
}

export function principalView({ principalId, principal }: UserProfile) {
  const { sub, email, firstName, lastName } = principal
  return { principalId, sub, email, firstName, lastName }
}
