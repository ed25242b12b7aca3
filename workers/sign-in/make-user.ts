// Makes a user who comes by an address: the workspace's object claims the id, the external id and the address, then the
// user's own object is told. Should this end in between, the workspace's outbox brings the same command under the same
// event id, so it happens once.

import type { z } from 'zod'
import type { Role } from '../../domain/identity.ts'
import type { UserProfile } from '../../domain/player/types.ts'
import type { userCreate } from '../../domain/resources/user.ts'
import { ok, type Result } from '../../domain/result.ts'
import { userCommandEventId } from '../../domain/workspace/user-command.ts'
import type { OpenCall } from '../edge/route.ts'
import type { Services } from '../services.ts'
import { carryOut } from '../user-commands.ts'

export interface NewUser extends z.output<typeof userCreate> {
  userId: string
  principalId: string
  accountId: string
  workspaceId: string
}

export function profileOf(user: NewUser, nowMs: number): UserProfile {
  const { email, firstName, lastName, ...profile } = user
  const names = { ...(firstName !== undefined && { firstName }), ...(lastName !== undefined && { lastName }) }
  // The principal is the only identity there is: whoever reads mail at this address.
  return { ...profile, principal: { sub: user.principalId, email, ...names }, createdAtMs: nowMs, updatedAtMs: nowMs }
}

/** `resource/already_exists` with the pointer of what is taken: /email, /externalId; the id itself where there is none. */
export async function makeUser(
  services: Services,
  call: OpenCall,
  { profile, role, ruleSet }: { profile: UserProfile; role?: Role; ruleSet: number },
): Promise<Result<UserProfile>> {
  const { workspaceId, userId } = profile
  const claiming = call.request({ kind: 'user.create' as const, profile, ...(role && { role }), ifEmailIsNew: true as const })
  const [claim] = await services.workspace(workspaceId).execute(workspaceId, [claiming])
  if (!claim) throw new Error('the Workspace answered no reply for one command')
  if (!claim.ok) return claim
  const request = call.request({ kind: 'user.create' as const, profile }, { eventId: userCommandEventId(claim.at) })
  const born = await carryOut(services, { workspaceId, userId }, ruleSet, { sequence: claim.at.sequence, request })
  call.note(born)
  return born.ok ? ok(profile) : born
}
