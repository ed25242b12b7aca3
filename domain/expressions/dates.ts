// Dates in expressions: `date` (ms since 1970), `dateDiffDays` (calendar days from the first to the second, in the
// zone), `year`, `month` 1-12, `dayOfMonth`, `dayOfWeek` 1 Monday - 7 Sunday (ISO), `hour` 0-23. See signatures.ts for
// what a date is. Pure: the same operands give the same number, whatever the time.

import { Temporal } from 'temporal-polyfill'
import { NotANumber } from './arithmetic.ts'

type Read = (at: Temporal.ZonedDateTime) => number

const field =
  (read: Read) =>
  (operands: unknown[]): number =>
    read(zoned(operands[0], zoneOf(operands[1])))

export const dateMethods: Record<string, (operands: unknown[]) => number> = {
  date: field((at) => at.epochMilliseconds),
  year: field((at) => at.year),
  month: field((at) => at.month),
  dayOfMonth: field((at) => at.day),
  dayOfWeek: field((at) => at.dayOfWeek),
  hour: field((at) => at.hour),
  dateDiffDays: ([from, to, timezone]) => {
    const zone = zoneOf(timezone)
    return zoned(from, zone).toPlainDate().until(zoned(to, zone).toPlainDate(), { largestUnit: 'day' }).days
  },
}

/** Steps of reading one date, twice that in a zone: calendars cost a hundred times what other operators do. */
const dateSteps = 150
/** No date and no zone's name is longer. */
export const maxDateLength = 64

/** The zone that an operator is given, where it is one whose rules have to be found. */
export function zoneNamed(name: string, operands: unknown[]): string | null {
  const zone = operands[name === 'dateDiffDays' ? 2 : 1]
  return typeof zone === 'string' && zone !== 'UTC' ? zone : null
}

export const dateOperatorSteps = (name: string, zone: string | null): number =>
  dateSteps * (name === 'dateDiffDays' ? 2 : 1) * (zone === null ? 1 : 2)

const dayOnly = /^\d{4}-\d{2}-\d{2}$/

/** True for a text or number that `date` can read; lets the checker refuse a literal that is no date. */
export function isDate(value: unknown): boolean {
  try {
    zoned(value, 'UTC')
    return true
  } catch {
    return false
  }
}

function zoned(value: unknown, zone: string): Temporal.ZonedDateTime {
  if (typeof value === 'number') return Temporal.Instant.fromEpochMilliseconds(value).toZonedDateTimeISO(zone)
  if (typeof value !== 'string' || value.length > maxDateLength) throw new NotANumber('not a date')
  if (dayOnly.test(value)) return Temporal.PlainDate.from(value).toZonedDateTime(zone)
  return Temporal.Instant.from(value).toZonedDateTimeISO(zone)
}

function zoneOf(value: unknown): string {
  if (value === undefined) return 'UTC'
  if (typeof value !== 'string' || value.length > maxDateLength) throw new NotANumber('not a time zone')
  return value
}
