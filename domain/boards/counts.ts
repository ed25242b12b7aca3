// Whether a ledger line counts on a series, and in which period: a pure function of what its commit holds, so live
// scoring, a rebuild and verify come to the same boards.

import { closesAtMs, periodOf } from '../timeframe/periods.ts'
import type { Period, Series } from './types.ts'

export interface CountedLine {
  /** When it happened and in which zone: decides the period. */
  occurredAtMs: number
  timezone: string
  /** When it was decided: decides whether it was too late. */
  createdAtMs: number
  /** The rule set it was decided with. */
  ruleSet: number
}

/**
 * The period, or null: outside the series, or decided more than `lateEventsForMs` after the period was over. Nothing is
 * too late for a series without that limit, nor what was decided before the series was known: it is folded in whole.
 */
export function counts(line: CountedLine, series: Series): Period | null {
  const period = periodOf(series, line.occurredAtMs, line.timezone)
  if (period === null || series.lateEventsForMs === null || line.ruleSet < series.sinceRuleSet) return period
  const closes = closesAtMs(period, series)
  return closes !== undefined && line.createdAtMs > closes + series.lateEventsForMs ? null : period
}
