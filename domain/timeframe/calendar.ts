// Instants and the calendar of a zone. Every function is total over IANA zones (`isTimezone` says which names are);
// instants are ms since 1970.

import { Temporal } from 'temporal-polyfill'

export interface Month {
  year: number
  month: number
}

const hourMs = 3_600_000
/** Clocks run from UTC-12 to UTC+14. Zones before 1900 went further; they are taken to these ends. */
export const earliestOffsetMs = 14 * hourMs
export const latestOffsetMs = -12 * hourMs

export function isTimezone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return !/^[+-]/.test(name)
  } catch {
    return false
  }
}

const isUtc = (zone: string) => zone === 'UTC' || zone === 'Etc/UTC'

/** What a clock in the zone shows at the instant, as ms: UTC's own reading of that number is the clock's. */
export function clockMs(instantMs: number, zone: string): number {
  if (isUtc(zone)) return instantMs
  const offsetMs = Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6
  return instantMs + Math.min(earliestOffsetMs, Math.max(latestOffsetMs, Math.round(offsetMs)))
}

/** The calendar month that a clock reading is in. */
export function monthOfClock(readingMs: number): Month {
  const reading = new Date(readingMs)
  return { year: reading.getUTCFullYear(), month: reading.getUTCMonth() + 1 }
}

export const nextMonth = ({ year, month }: Month): Month => (month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 })
export const previousMonth = ({ year, month }: Month): Month => (month === 1 ? { year: year - 1, month: 12 } : { year, month: month - 1 })

/** The instant at which the month's first day starts in the zone: not always 00:00, where clocks jump at midnight. */
export function monthStartMs({ year, month }: Month, zone: string): number {
  if (isUtc(zone)) {
    // setUTCFullYear, as Date.UTC takes the years 0 to 99 for 1900 to 1999.
    return new Date(0).setUTCFullYear(year, month - 1, 1)
  }
  const key = `${zone}|${year}|${month}`
  const known = monthStarts.get(key)
  if (known !== undefined) return known
  const startMs = Temporal.PlainDate.from({ year, month, day: 1 }).toZonedDateTime(zone).epochMilliseconds
  if (monthStarts.size >= 1000) monthStarts.clear()
  monthStarts.set(key, startMs)
  return startMs
}

// A memo of a pure function: finding a zone's offset costs some 10 microseconds, and a fold asks it for every line.
const monthStarts = new Map<string, number>()

/** The month, as its bounds divide time: where a clock is set back over the end of a month, the new month goes on. */
export function monthOf(instantMs: number, zone: string): Month {
  const month = monthOfClock(clockMs(instantMs, zone))
  if (instantMs < monthStartMs(month, zone)) return previousMonth(month)
  const next = nextMonth(month)
  return instantMs >= monthStartMs(next, zone) ? next : month
}

export const monthId = ({ year, month }: Month): string => `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`

export function parseMonthId(id: string): Month | null {
  const parts = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(id)
  return parts === null ? null : { year: Number(parts[1]), month: Number(parts[2]) }
}
