// A user's totals on boards: kept per series and moved on over ledger lines that the record has confirmed, never past
// them. A series that has changed is summed again from the first line.

import { counts } from '../../domain/boards/counts.ts'
import type { ScorePush, Series } from '../../domain/boards/types.ts'
import type { Position } from '../../domain/log/types.ts'
import type { PlayerTables, StoredLine } from './player-tables.ts'

const periodOf = (stored: StoredLine, series: Series): string | undefined =>
  counts(
    {
      occurredAtMs: stored.line.occurredAtMs,
      timezone: stored.line.timezone,
      createdAtMs: stored.line.createdAtMs,
      ruleSet: stored.ruleSet,
    },
    series,
  )?.periodId

/**
 * Remembers the series as it is now; what was summed for an older form of it is dropped. A form that is older than the
 * known one (somebody remembered it too long) teaches nothing. True when it was news.
 */
export function knowSeries(tables: PlayerTables, series: Series): boolean {
  const known = tables.series(series.seriesId)
  if (known && known.series.sinceRuleSet >= series.sinceRuleSet) return false
  tables.dropTotals(series.seriesId)
  tables.setSeries(series, 0)
  return true
}

/** Totals by period, as of `through` at least: summing goes on where it stopped. */
export function totalsThrough(tables: PlayerTables, asked: Series, through: number): { periodId: string; total: number }[] {
  knowSeries(tables, asked)
  const { series, through: summed } = tables.series(asked.seriesId) ?? { series: asked, through: 0 }
  if (through > summed) {
    for (const stored of tables.linesOf(series.virtualCurrencyId, summed, through)) {
      const periodId = periodOf(stored, series)
      if (periodId !== undefined) tables.addToTotal(series.seriesId, periodId, stored.signed)
    }
    tables.setSeries(series, through)
  }
  return tables.totals(series.seriesId).map(({ period_id, total }) => ({ periodId: period_id, total }))
}

/** The periods of the series that these lines count in. */
export const periodsTouched = (lines: StoredLine[], series: Series): string[] => [
  ...new Set(lines.map((stored) => periodOf(stored, series)).filter((periodId) => periodId !== undefined)),
]

/** The score of one board as its object takes it; null where the user is not on the board. */
export function scorePush(tables: PlayerTables, series: Series, periodId: string, confirmed: Position): ScorePush | null {
  const profile = tables.profile()
  if (!profile) return null
  const total = totalsThrough(tables, series, confirmed.sequence).find((one) => one.periodId === periodId)
  if (!total) return null
  return {
    entityId: profile.userId,
    name: profile.nickname ?? '',
    ...(profile.profileImage !== undefined && { imageUrl: profile.profileImage }),
    score: total.total,
    ...confirmed,
    ...(tables.deleted() && { removed: true as const }),
  }
}
