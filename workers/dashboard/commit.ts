// What every write of the dashboard does around its command: ask the workspace's object, then put the index right at
// once, so that an admin who creates something sees it in the next list. The outbox brings the same rows anyway, so a
// D1 that fails here is logged and forgiven. Nothing is indexed that the record does not have yet.

import type { IndexStore } from '../../d1/index-store.ts'
import type { PlayerCommand } from '../../domain/player/types.ts'
import type { Result } from '../../domain/result.ts'
import { describeError, eventLogLine } from '../../domain/telemetry/request-log.ts'
import type { WorkspaceCommand } from '../../domain/workspace/types.ts'
import type { CommandReply } from '../../durable-objects/log/rpc.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call, EventIdentity, Reply } from '../edge/route.ts'
import { onlyReply } from '../only-reply.ts'

export type Confirmed = Extract<CommandReply, { ok: true }>

export async function commandWorkspace({ services }: Edge, call: Call, command: WorkspaceCommand): Promise<CommandReply> {
  const { workspaceId } = call.caller
  return onlyReply(await services.workspace(workspaceId).execute(workspaceId, [call.request(command)]))
}

/** A change of who may come, or how: it holds everywhere once this has answered. `view` makes the answer of what was stored. */
export async function changeAccess(
  edge: Edge,
  call: Call,
  command: WorkspaceCommand,
  view?: (stored: unknown) => unknown,
): Promise<Result<Reply>> {
  const reply = await commandWorkspace(edge, call, command)
  if (reply.ok) await edge.services.settleRules()
  return reply.ok && view ? call.answer(reply, view(reply.answer.body)) : call.answer(reply)
}

export async function commandPlayer(
  { services }: Edge,
  call: Call,
  userId: string,
  command: PlayerCommand,
  event?: EventIdentity,
): Promise<CommandReply> {
  const ref = { workspaceId: call.caller.workspaceId, userId }
  return onlyReply(await services.player(ref).execute(ref, call.ruleSet.number, [call.request(command, event)]))
}

/** Never fails. Does nothing while only R2 has the commit: what is derived is never ahead of the record. */
export async function indexNow(
  { services, log }: Edge,
  call: Call,
  reply: Confirmed,
  put: (index: IndexStore) => Promise<unknown>,
): Promise<void> {
  if (reply.durability !== 'record') return
  try {
    await put(services.index)
  } catch (thrown) {
    const { workspaceId } = call.caller
    log(eventLogLine({ atMs: services.now(), event: 'dashboard/index_failed', workspaceId, error: describeError(thrown) }))
  }
}
