// A board's own members, as both APIs show a RuntimeLeaderboard. What else they show of it is each one's own.

import type { BoardRow } from '../../d1/index-store.ts'
import { stateOf } from '../../domain/timeframe/periods.ts'

const iso = (atMs: number): string => new Date(atMs).toISOString()

export const boardFields = (row: BoardRow, nowMs: number) => ({
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
  createdAt: iso(row.createdAtMs),
  updatedAt: iso(row.updatedAtMs),
})
