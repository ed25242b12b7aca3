// Totals to boards: one push a board and batch, only the newest of a user's. The board's row is written first, so that
// a period that begins with its first event is in the lists. A board that has lost its storage is not pushed to (it
// would hold these few users and look whole): it is filled again from everyone.

import type { BoardRow, IndexStore } from '../../d1/index-store.ts'
import type { ScorePush, Series } from '../../domain/boards/types.ts'
import { ensureBoards, refOf, rowOf } from '../boards/ensure-boards.ts'
import { goOnByQueue, refillBoard } from '../boards/refill-board.ts'
import { mapBounded } from '../concurrency.ts'
import { RecentMap } from '../edge/limits/recent-map.ts'
import { ObjectUnavailable } from '../edge/object-unavailable.ts'
import type { Services } from '../services.ts'
import { groupBy, type Incoming } from './rows.ts'
import { seriesNamed } from './series-named.ts'

interface BoardBatch {
  series: Series
  row: BoardRow
  rows: Incoming<'score'>[]
}

export async function consumeScores(services: Services, rows: Incoming<'score'>[]): Promise<void> {
  const batches: BoardBatch[] = []
  for (const group of groupBy(rows, ({ workspaceId, body }) => `${workspaceId}:${body.seriesId}:${body.periodId}`)) {
    try {
      const [{ workspaceId, body }] = group as [Incoming<'score'>]
      const series = await seriesNamed(services, workspaceId, body.seriesId)
      const row = rowOf(workspaceId, series, body.periodId)
      // A period that the series no longer has (it was cut): nothing to rank, and the row is done.
      if (row) batches.push({ series, row, rows: group })
      else for (const one of group) one.state = 'done'
    } catch (thrown) {
      for (const one of group) one.error = thrown
    }
  }
  await ensureRows(services, batches)
  await mapBounded(
    batches.filter(({ rows }) => rows.every((one) => one.error === undefined)),
    (batch) => pushOrPart(services, batch),
  )
}

/**
 * One push for all; when the board refuses it, each by itself, so that a poison row fails alone. A board that cannot be
 * reached, or filled, has refused nothing.
 */
async function pushOrPart(services: Services, batch: BoardBatch): Promise<void> {
  try {
    await pushBatch(services, batch)
    for (const one of batch.rows) one.state = 'done'
  } catch (thrown) {
    if (batch.rows.length > 1 && !(thrown instanceof ObjectUnavailable))
      for (const one of batch.rows) await pushOrPart(services, { ...batch, rows: [one] })
    else for (const one of batch.rows) one.error = thrown
  }
}

/** A board whose row was written a moment ago is not written again with each score. */
const writtenMs = 60_000
const boardsRemembered = 2_000
const written = new WeakMap<IndexStore, RecentMap<number>>()

/** All rows in one statement; when that fails, board by board. */
async function ensureRows(services: Services, all: BoardBatch[]): Promise<void> {
  if (all.length === 0) return
  const { index, now } = services
  const known = written.get(index) ?? new RecentMap<number>(boardsRemembered)
  written.set(index, known)
  // With all that it says: a series that was changed is another row.
  const nameOf = ({ row }: BoardBatch) => JSON.stringify(row)
  const batches = all.filter((batch) => (known.get(nameOf(batch)) ?? 0) <= now())
  try {
    await ensureBoards(
      services,
      batches.map(({ row }) => row),
    )
    for (const batch of batches) known.set(nameOf(batch), now() + writtenMs)
  } catch {
    for (const batch of batches) {
      try {
        await ensureBoards(services, [batch.row])
      } catch (thrown) {
        for (const one of batch.rows) one.error = thrown
      }
    }
  }
}

async function pushBatch(services: Services, { series, row, rows }: BoardBatch): Promise<void> {
  const ref = refOf(row)
  const pushed = await services.leaderboard(ref).push(ref, newestOf(rows))
  if (pushed.status === 'ok') return
  const refilled = await refillBoard(services, ref, series, null, goOnByQueue(services, ref))
  if (!refilled.ok) throw new ObjectUnavailable(`refill: ${refilled.error.code}`)
  const again = await services.leaderboard(ref).push(ref, newestOf(rows))
  if (again.status === 'lost') throw new ObjectUnavailable('the board was lost again')
}

function newestOf(rows: Incoming<'score'>[]): ScorePush[] {
  const newest = new Map<string, ScorePush>()
  for (const { push } of rows.map((row) => row.body)) {
    const known = newest.get(push.entityId)
    if (!known || isNewer(push, known)) newest.set(push.entityId, push)
  }
  return [...newest.values()]
}

const isNewer = (a: ScorePush, b: ScorePush): boolean =>
  a.incarnation !== b.incarnation ? a.incarnation > b.incarnation : a.sequence >= b.sequence
