// Which period of a series an instant is in, and what a period's bounds are. Periods divide the time from the series'
// start to its end without gap or overlap; all of it is a pure function of the series, the instant and the zone.
//
// FIXED: bounds are instants in the series' zone. USER: each user's own clock decides, so `startsAtMs` and `endsAtMs`
// of series and periods are what the clock shows, written down in the series' zone (UTC); a user in Auckland enters
// September half a day before one in London does. As an instant, such a period is open from UTC+14's reading of its
// start to UTC-12's reading of its end (opensAtMs, closesAtMs).

import type { Period, Series } from '../boards/types.ts'
import {
  clockMs,
  earliestOffsetMs,
  latestOffsetMs,
  type Month,
  monthId,
  monthOf,
  monthOfClock,
  monthStartMs,
  nextMonth,
  parseMonthId,
} from './calendar.ts'

export const permanentPeriodId = 'PERMANENT'

type Timeframe = Pick<Series, 'timeframeType' | 'timezoneType' | 'timezone' | 'startsAtMs' | 'endsAtMs'>

/** The period in which something that happened to a user counts; null before the series starts and from its end on. */
export function periodOf(series: Timeframe, occurredAtMs: number, userTimezone: string): Period | null {
  if (!isWithin(series, occurredAtMs, userTimezone)) return null
  if (series.timeframeType === 'PERMANENT') return permanent(series)
  return monthly(series, monthAt(series, occurredAtMs, userTimezone))
}

/** The period by its name; null when the series has no such period. */
export function periodById(series: Timeframe, periodId: string): Period | null {
  if (series.timeframeType === 'PERMANENT') return periodId === permanentPeriodId ? permanent(series) : null
  const month = parseMonthId(periodId)
  return month === null ? null : monthly(series, month)
}

/** The period that holds now, by the series' own zone; null before the series starts and from its end on. */
export const periodAt = (series: Timeframe, nowMs: number): Period | null => periodOf(series, nowMs, series.timezone)

/** The period that holds the series' start. */
export function firstPeriod(series: Timeframe): Period | null {
  return periodAt(series, series.startsAtMs)
}

export type PeriodState = 'PENDING' | 'ACTIVE' | 'ENDED'

export function stateOf(period: Period, series: Timeframe, nowMs: number): PeriodState {
  if (nowMs < opensAtMs(period, series)) return 'PENDING'
  const closes = closesAtMs(period, series)
  return closes !== undefined && nowMs >= closes ? 'ENDED' : 'ACTIVE'
}

/** The first instant at which the period is open somewhere. */
export function opensAtMs(period: Period, series: Timeframe): number {
  return series.timezoneType === 'FIXED' ? period.startsAtMs : clockMs(period.startsAtMs, series.timezone) - earliestOffsetMs
}

/** The first instant at which it is over everywhere; undefined when it has no end. Late events come after it. */
export function closesAtMs(period: Period, series: Timeframe): number | undefined {
  if (period.endsAtMs === undefined || series.timezoneType === 'FIXED') return period.endsAtMs
  return clockMs(period.endsAtMs, series.timezone) - latestOffsetMs
}

function isWithin(series: Timeframe, instantMs: number, userTimezone: string): boolean {
  const user = series.timezoneType === 'USER'
  const reading = user ? clockMs(instantMs, userTimezone) : instantMs
  const bound = (atMs: number) => (user ? clockMs(atMs, series.timezone) : atMs)
  return reading >= bound(series.startsAtMs) && (series.endsAtMs === undefined || reading < bound(series.endsAtMs))
}

function monthAt(series: Timeframe, instantMs: number, userTimezone: string): Month {
  return series.timezoneType === 'USER' ? monthOfClock(clockMs(instantMs, userTimezone)) : monthOf(instantMs, series.timezone)
}

function permanent({ startsAtMs, endsAtMs }: Timeframe): Period {
  return { periodId: permanentPeriodId, startsAtMs, ...(endsAtMs !== undefined && { endsAtMs }) }
}

/** The month cut to the series; null when nothing is left of it, and for years that a period's name cannot hold. */
function monthly(series: Timeframe, month: Month): Period | null {
  if (month.year < 1 || month.year > 9998) return null
  const startsAtMs = Math.max(monthStartMs(month, series.timezone), series.startsAtMs)
  const endsAtMs = Math.min(monthStartMs(nextMonth(month), series.timezone), series.endsAtMs ?? Number.POSITIVE_INFINITY)
  return startsAtMs < endsAtMs ? { periodId: monthId(month), startsAtMs, endsAtMs } : null
}
