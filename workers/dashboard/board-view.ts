// A board as the contract shows a RuntimeLeaderboard; `lateEventsFor` is ours.

import type { BoardRow } from '../../d1/index-store.ts'
import type { Series } from '../../domain/boards/types.ts'
import { durationText } from '../../domain/resources/duration.ts'
import { stateOf } from '../../domain/timeframe/periods.ts'
import { type Home, iso, timesOf } from './shown.ts'

/** `series` is undefined where the rule set at hand does not know it yet. */
export function boardView(row: BoardRow, series: Series | undefined, home: Home, nowMs: number) {
  return {
    runtimeLeaderboardId: row.boardId,
    runtimeLeaderboardConfigurationId: row.runtimeLeaderboardConfigurationId,
    periodId: row.periodId,
    timeframeType: row.timeframeType,
    timeframeTimezoneType: row.timezoneType,
    timeframeTimezone: row.timezone,
    timeframeStartsAt: iso(row.startsAtMs),
    ...(row.endsAtMs !== undefined && { timeframeEndsAt: iso(row.endsAtMs) }),
    state: stateOf(row, row, nowMs),
    ...(row.recurrence !== undefined && { recurrence: row.recurrence }),
    ...(series && { lateEventsFor: lateEventsFor(series) }),
    ...home,
    ...timesOf(row),
  }
}

export const lateEventsFor = ({ lateEventsForMs }: Series): string | null =>
  lateEventsForMs === null ? null : durationText(lateEventsForMs)
