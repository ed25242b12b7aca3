// A board's row is a pure function of its series and period: whoever writes it writes the same.

import { boardId } from '../domain/boards/board-id.ts'
import type { Period, Series } from '../domain/boards/types.ts'
import type { BoardRow } from './index-store.ts'

export function boardRow(workspaceId: string, series: Series, period: Period): BoardRow {
  return {
    workspaceId,
    boardId: boardId(series, period.periodId),
    seriesId: series.seriesId,
    periodId: period.periodId,
    runtimeLeaderboardConfigurationId: series.runtimeLeaderboardConfigurationId,
    timeframeType: series.timeframeType,
    ...(series.recurrence !== undefined && { recurrence: series.recurrence }),
    timezoneType: series.timezoneType,
    timezone: series.timezone,
    startsAtMs: period.startsAtMs,
    ...(period.endsAtMs !== undefined && { endsAtMs: period.endsAtMs }),
    createdAtMs: series.createdAtMs,
    updatedAtMs: series.updatedAtMs,
  }
}
