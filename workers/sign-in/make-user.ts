// Makes a user who comes by an address: the workspace's object claims the id, the external id and the address, then the
// user's own object is told. Should this end in between, the workspace's outbox brings the same command under the same
// event id, so it happens once.

import type { Role } from '../../domain/identity.ts'
import type { UserProfile } from '../../domain/player/types.ts'
import { ok, type Result } from '../../domain/result.ts'
import { userCommandEventId } from '../../domain/workspace/user-command.ts'
import type { OpenCall } from '../edge/route.ts'
import { onlyReply } from '../only-reply.ts'
import type { Services } from '../services.ts'
import { carryOut } from '../user-commands.ts'

/** `resource/already_exists` with the pointer of what is taken: /email, /externalId; the id itself where there is none. */
export async function makeUser(
  services: Services,
  call: OpenCall,
  { profile, role, ruleSet }: { profile: UserProfile; role?: Role; ruleSet: number },
): Promise<Result<UserProfile>> {
  const { workspaceId, userId } = profile
  const claiming = call.request({ kind: 'user.create' as const, profile, ...(role && { role }), ifEmailIsNew: true as const })
  const claim = onlyReply(await services.workspace(workspaceId).execute(workspaceId, [claiming]))
  if (!claim.ok) return claim
  const request = call.request({ kind: 'user.create' as const, profile }, { eventId: userCommandEventId(claim.at) })
  const born = await carryOut(services, { workspaceId, userId }, ruleSet, { sequence: claim.at.sequence, request })
  call.note(born)
  return born.ok ? ok(profile) : born
}
