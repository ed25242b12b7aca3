// What a workspace has decided about a user, carried out by the user's own object under an event id of its own: as
// often as it is sent, once it takes effect. All of a user's commands in a batch go in one call, in order.

import { failure } from '../../domain/failures.ts'
import type { PlayerCommand } from '../../domain/player/types.ts'
import type { CommandRequest } from '../../durable-objects/log/rpc.ts'
import { mapBounded } from '../concurrency.ts'
import type { Services } from '../services.ts'
import { groupBy, type Incoming } from './rows.ts'

/** A refusal of these kinds may pass; any other is the rules' last word. */
const passing = new Set(['record/unavailable', 'server/internal_error', 'idempotency/in_flight', 'rate_limit/exceeded'])

/** The event id alone names it (the API may have carried it out before this message came), so there is no fingerprint. */
const playerRequest = (eventId: string, command: PlayerCommand, requestId: string): CommandRequest<PlayerCommand> => ({
  command,
  eventId,
  trail: { subject: 'workspace', platform: 'system', requestId },
})

export async function consumePlayerCommands(
  services: Services,
  rows: Incoming<'player'>[],
  report: (event: string, rest: object) => void,
): Promise<void> {
  const groups = groupBy(rows, ({ workspaceId, body }) => `${workspaceId}:${body.userId}`)
  await mapBounded(groups, async (unordered) => {
    const group = [...unordered].sort((a, b) => a.row.sequence - b.row.sequence)
    const [{ workspaceId, body: first }] = group as [Incoming<'player'>]
    try {
      const ruleSet = await services.ruleSet(workspaceId)
      if (!ruleSet.ok) throw new Error(ruleSet.error.code)
      const ref = { workspaceId, userId: first.userId }
      const requests = group.map(({ body, row }) => playerRequest(body.eventId, body.command, `outbox:${row.id}`))
      const replies = await services.player(ref).execute(ref, ruleSet.value.number, requests)
      for (const [i, row] of group.entries()) {
        const reply = replies[i] ?? { ok: false as const, error: failure('server/internal_error', 'no reply') }
        if (reply.ok || !passing.has(reply.error.code)) row.state = 'done'
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
