// A reader found a board lost in a workspace too large to be read while it waits: it is filled here.

import { refOf, rowOf } from '../boards/ensure-boards.ts'
import { goOnByQueue, refillBoard } from '../boards/refill-board.ts'
import type { Services } from '../services.ts'
import type { Incoming } from './rows.ts'
import { seriesNamed } from './series-named.ts'

export async function consumeRefill(services: Services, rows: Incoming<'refill'>[]): Promise<void> {
  const filled = new Set<string>()
  for (const incoming of rows) {
    const { workspaceId, body } = incoming
    try {
      const name = JSON.stringify([workspaceId, body])
      // Every reader who found it lost has asked; once is enough.
      if (!filled.has(name)) await fill(services, incoming)
      filled.add(name)
      incoming.state = 'kept'
    } catch (thrown) {
      incoming.error = thrown
    }
  }
}

async function fill(services: Services, { workspaceId, body }: Incoming<'refill'>): Promise<void> {
  const series = await seriesNamed(services, workspaceId, body.seriesId)
  const row = rowOf(workspaceId, series, body.periodId)
  if (!row) return
  const ref = refOf(row)
  const { status } = await services.leaderboard(ref).members(ref, null, 1)
  // Somebody has been faster.
  if (status === 'ok' && body.after === null) return
  // Lost again, or not yet opened: the users before `after` are not known to be in, so it begins again.
  const from = status === 'ok' ? body.after : null
  const refilled = await refillBoard(services, ref, series, from, goOnByQueue(services, ref))
  if (!refilled.ok) throw new Error(`refill: ${refilled.error.code}`)
}
