// POST /activity-logs/batch: up to 100 events of any users, for machines. Each log has its own answer, in order: one
// that is refused stops no other. All logs of one user go to their object in one call, a few users at a time.

import type { Hono } from 'hono'
import { z } from 'zod'
import type { Failure } from '../../domain/failures.ts'
import type { PlayerCommand } from '../../domain/player/types.ts'
import { ok } from '../../domain/result.ts'
import type { CommandReply, CommandRequest } from '../../durable-objects/log/rpc.ts'
import { mapBounded } from '../concurrency.ts'
import { bodyLimitBytes } from '../edge/body.ts'
import type { Edge } from '../edge/edge.ts'
import { keptOf } from '../edge/kept.ts'
import { ObjectUnavailable } from '../edge/object-unavailable.ts'
import type { Call } from '../edge/route.ts'
import { inputFailure } from '../edge/validate.ts'
import { activityLogCommand, activityLogInput, eventDepth, eventIdentity, refuseOtherUser } from './activity-log-input.ts'

const body = z.object({ logs: z.array(z.unknown()).min(1).max(100) })

interface Entry {
  index: number
  request: CommandRequest<PlayerCommand>
}

export function activityLogBatchRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  edge.route(
    app,
    {
      api: 'app',
      action: 'write',
      machinesOnly: true,
      method: 'POST',
      path: '/activity-logs/batch',
      operationId: 'activityLogs/createBatch',
      body,
      limits: { bytes: bodyLimitBytes, members: 20_000, depth: eventDepth },
    },
    async (call) => {
      const replies = new Array<CommandReply>(call.body.logs.length)
      const byUser = sortByUser(call, services.newId, replies)
      await mapBounded([...byUser], async ([userId, entries]) => {
        const ref = { workspaceId: call.caller.workspaceId, userId }
        const admitted = await call.admitUser(userId)
        if (!admitted.ok) {
          for (const { index } of entries) replies[index] = admitted
          return
        }
        const answered = await orUnavailable(
          services.player(ref).execute(
            ref,
            call.ruleSet.number,
            entries.map(({ request }) => request),
          ),
        )
        for (const [i, { index }] of entries.entries()) replies[index] = Array.isArray(answered) ? (answered[i] as CommandReply) : answered
      })
      for (const reply of replies) call.note(reply)
      return ok({ status: 200, body: { items: replies.map((reply) => itemOf(call, reply)) } })
    },
  )
}

/** What cannot be sent is answered in `replies` already. */
function sortByUser(
  call: Call<unknown, unknown, z.infer<typeof body>>,
  newId: () => string,
  replies: CommandReply[],
): Map<string, Entry[]> {
  const byUser = new Map<string, Entry[]>()
  for (const [index, log] of call.body.logs.entries()) {
    const parsed = activityLogInput.safeParse(log)
    const refusal = parsed.success ? refuseOtherUser(call.caller, parsed.data.userId) : placed(inputFailure(parsed.error, 'body'), index)
    if (!parsed.success || refusal) {
      replies[index] = { ok: false, error: refusal as Failure }
      continue
    }
    const command = activityLogCommand(parsed.data, call.nowMs, newId)
    const request = call.request<PlayerCommand>(command, { ...eventIdentity(parsed.data), part: index, said: keptOf(log, parsed.data) })
    byUser.set(parsed.data.userId, [...(byUser.get(parsed.data.userId) ?? []), { index, request }])
  }
  return byUser
}

/** One user's object that cannot be reached must not cost the other users' answers. */
async function orUnavailable(replies: Promise<CommandReply[]>): Promise<CommandReply[] | CommandReply> {
  try {
    return await replies
  } catch (thrown) {
    if (thrown instanceof ObjectUnavailable) return { ok: false, error: thrown.failure }
    throw thrown
  }
}

const placed = (reason: Failure, index: number): Failure => ({
  ...reason,
  errors: reason.errors?.map((error) => ({ ...error, pointer: `/logs/${index}${error.pointer ?? ''}` })),
})

function itemOf(call: Call, reply: CommandReply) {
  if (reply.ok) return { status: reply.answer.status, activityLog: reply.answer.body, replayed: reply.replayed }
  const problem = call.problem(reply.error)
  return { status: problem.status, problem, replayed: reply.replayed ?? false }
}
