// A workspace decides about its users (ids and external ids are unique in it), the user's own object carries it out.
// Two objects, so a request may die in between, and the queue keeps no order. Therefore whoever brings a command brings
// every earlier one that the user's object has not confirmed, in the workspace's order, each under its own event id: as
// often as it is brought, each takes effect once, and the last decision is the last to take effect.

import { failure } from '../domain/failures.ts'
import type { PlayerCommand } from '../domain/player/types.ts'
import { fail, ok, type Result } from '../domain/result.ts'
import type { UserCommand } from '../domain/workspace/user-command.ts'
import type { CommandReply, CommandRequest } from '../durable-objects/log/rpc.ts'
import type { PlayerRef } from '../durable-objects/player/rpc.ts'
import type { Services } from './services.ts'

/** The event id alone names it (somebody else may have brought it before), so there is no fingerprint. */
export const userCommandRequest = ({ eventId, command, trail }: UserCommand, requestId: string): CommandRequest<PlayerCommand> => ({
  command,
  eventId,
  trail: trail ?? { subject: 'workspace', platform: 'system', requestId },
})

/** Carries `last` out, after everything that the workspace decided about this user before it. */
export async function carryOut(
  services: Services,
  ref: PlayerRef,
  ruleSet: number,
  last: { sequence: number; request: CommandRequest<PlayerCommand> },
): Promise<CommandReply> {
  const waiting = await services.workspace(ref.workspaceId).userCommands(ref.workspaceId, ref.userId)
  if (!waiting.ok) return waiting
  const earlier = waiting.value.filter(({ sequence }) => sequence < last.sequence)
  const requests = [...earlier.map((one) => userCommandRequest(one, last.request.trail.requestId)), last.request]
  const reply = (await services.player(ref).execute(ref, ruleSet, requests)).at(-1)
  if (!reply) throw new Error('an object gave no reply to a command')
  return reply
}

/**
 * For a user that the workspace knows and whose own object does not yet: the request that made it died, and it is born
 * here. `record/unavailable` when that cannot be done now.
 */
export async function bearUser(services: Services, ref: PlayerRef, ruleSet: number, requestId: string): Promise<Result<void>> {
  const waiting = await services.workspace(ref.workspaceId).userCommands(ref.workspaceId, ref.userId)
  if (!waiting.ok) return waiting
  const requests = waiting.value.map((one) => userCommandRequest(one, requestId))
  const replies = requests.length > 0 ? await services.player(ref).execute(ref, ruleSet, requests) : []
  return replies.some(({ ok }) => ok) ? ok(undefined) : fail(beingMade)
}

export const beingMade = failure('record/unavailable', 'This user is being made.', { retryAfterSeconds: 1 })
