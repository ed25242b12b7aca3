// A reader found a board lost in a workspace too large to be read while it waits: it is filled here.

import { refOf, rowOf } from '../boards/ensure-boards.ts'
import { refillBoard, refillMessage } from '../boards/refill-board.ts'
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
  if (body.after === null) {
    const members = await services.leaderboard(ref).members(ref, null, 1)
    // Somebody has been faster.
    if (members.status === 'ok') return
  }
  const refilled = await refillBoard(services, ref, series, body.after)
  if (!refilled.ok) throw new Error(`refill: ${refilled.error.code}`)
  if (refilled.value.after !== null) await services.enqueue([refillMessage(ref, refilled.value.after)])
}
