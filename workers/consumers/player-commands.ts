// What a workspace has decided about a user, carried out by the user's own object under an event id of its own: as
// often as it is sent, once it takes effect. The queue keeps no order, so a message never goes alone: everything that
// waits for this user goes with it, in the order it was decided.

import { type FailureCode, failure } from '../../domain/failures.ts'
import { commandSequence, type UserCommand } from '../../domain/workspace/user-command.ts'
import { mapBounded } from '../concurrency.ts'
import { statusOf } from '../edge/problems.ts'
import type { Services } from '../services.ts'
import { userCommandRequest } from '../user-commands.ts'
import { groupBy, type Incoming } from './rows.ts'

/** What is ours to mend (an outage, too much at once) may pass, and so may these; any other refusal is the rules' last word. */
const passing = new Set<FailureCode>(['idempotency/in_flight', 'rate_limit/exceeded'])
const mayPass = (code: FailureCode): boolean => statusOf(code) >= 500 || passing.has(code)

/** Each once, in the workspace's order. */
const inOrder = (commands: UserCommand[]): UserCommand[] =>
  [...new Map(commands.map((one) => [one.eventId, one])).values()].sort((a, b) => a.sequence - b.sequence)

export async function consumePlayerCommands(
  services: Services,
  rows: Incoming<'player'>[],
  report: (event: string, rest: object) => void,
): Promise<void> {
  const groups = groupBy(rows, ({ workspaceId, body }) => `${workspaceId}:${body.userId}`)
  await mapBounded(groups, async (unordered) => {
    const group = [...unordered].sort((a, b) => commandSequence(a.row.id) - commandSequence(b.row.id))
    const [{ workspaceId, body: first }] = group as [Incoming<'player'>]
    try {
      const ruleSet = await services.ruleSet(workspaceId)
      if (!ruleSet.ok) throw new Error(ruleSet.error.code)
      const ref = { workspaceId, userId: first.userId }
      const waiting = await services.workspace(workspaceId).userCommands(workspaceId, first.userId)
      if (!waiting.ok) throw new Error(`userCommands: ${waiting.error.code}`)
      const commands = inOrder([...waiting.value, ...group.map(({ row, body }) => ({ ...body, sequence: commandSequence(row.id) }))])
      const requests = commands.map((one) => userCommandRequest(one, `outbox:player:${first.userId}:${one.sequence}`))
      const replies = await services.player(ref).execute(ref, ruleSet.value.number, requests)
      const replyTo = new Map(commands.map(({ eventId }, i) => [eventId, replies[i]]))
      for (const row of group) {
        const reply = replyTo.get(row.body.eventId) ?? { ok: false as const, error: failure('server/internal_error', 'no reply') }
        if (reply.ok || !mayPass(reply.error.code)) row.state = 'done'
        if (!reply.ok) {
          row.error = new Error(reply.error.code)
          report('outbox/player_refused', { workspaceId, error: `${row.body.command.kind}: ${reply.error.code}` })
        }
      }
    } catch (thrown) {
      for (const row of group) row.error = thrown
    }
  })
}
