// Boards are derived: series and period name one, and whoever meets one makes sure that its row and its object are
// there. Idempotent, so nobody has to be first.

import { boardRow } from '../../d1/board-row.ts'
import type { BoardRow } from '../../d1/index-store.ts'
import type { Period, Series } from '../../domain/boards/types.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import { firstPeriod, periodAt, periodById } from '../../domain/timeframe/periods.ts'
import { mapBounded } from '../concurrency.ts'
import type { Services } from '../services.ts'

/** A zone may be 14 hours ahead of UTC: a board of users' own months opens that much early. */
const earliestZoneMs = 14 * 3_600_000

/** The periods that hold now, somewhere. */
export function currentPeriods(series: Series, nowMs: number): Period[] {
  const instants = series.timezoneType === 'USER' ? [nowMs, nowMs + earliestZoneMs] : [nowMs]
  const periods = instants.map((atMs) => periodAt(series, atMs)).filter((period) => period !== null)
  return [...new Map(periods.map((period) => [period.periodId, period])).values()]
}

/** The row of the series' first board, and those of its current periods. */
export function standingRows(workspaceId: string, series: Series, nowMs: number): BoardRow[] {
  const first = firstPeriod(series)
  const periods = [...(first ? [first] : []), ...currentPeriods(series, nowMs)]
  const rows = periods.map((period) => boardRow(workspaceId, series, period))
  return [...new Map(rows.map((row) => [row.boardId, row])).values()]
}

/** Writes the rows and opens the objects of those that were not there. Says which were new. */
export async function ensureBoards({ index, leaderboard }: Services, rows: BoardRow[]): Promise<boolean[]> {
  if (rows.length === 0) return []
  const isNew = await index.putBoards(rows)
  const fresh = rows.filter((_, i) => isNew[i])
  await mapBounded(fresh, (row) => leaderboard(row).open(refOf(row)))
  return isNew
}

export const refOf = ({ workspaceId, boardId, seriesId, periodId }: BoardRow) => ({ workspaceId, boardId, seriesId, periodId })

/** A board by its id: from the index, or worked out from the rule set when its row is not there yet. Null: no such board. */
export async function findBoard({ index }: Services, ruleSet: RuleSet, id: string, nowMs: number): Promise<BoardRow | null> {
  const { workspaceId } = ruleSet
  const known = await index.board(workspaceId, id)
  if (known) return known
  for (const series of ruleSet.series) for (const row of standingRows(workspaceId, series, nowMs)) if (row.boardId === id) return row
  return null
}

/** The row of one period of a series; null where the series has no such period. */
export function rowOf(workspaceId: string, series: Series, periodId: string): BoardRow | null {
  const period = periodById(series, periodId)
  return period ? boardRow(workspaceId, series, period) : null
}
