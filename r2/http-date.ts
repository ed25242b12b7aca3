// HTTP-date (RFC 9110, section 5.6.7): the three formats, and nothing that only looks like one. A date that does not exist
// (30 February, a Monday that was a Sunday) is none: whoever cannot read a date must ignore the condition that it stands in,
// which costs a transfer and never a wrong answer.

const shortDays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const longDays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const day = `(?<day>${shortDays.join('|')})`
const month = `(?<month>${months.join('|')})`
const time = '(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)'

/** `Sun, 06 Nov 1994 08:49:37 GMT`: the only one that is ever sent. */
const fixdate = new RegExp(`^${day}, (?<date>\\d{2}) ${month} (?<year>\\d{4}) ${time} GMT$`)
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const rfc850 = new RegExp(`^(?<longDay>${longDays.join('|')}), (?<date>\\d{2})-${month}-(?<shortYear>\\d{2}) ${time} GMT$`)
/** `Sun Nov  6 08:49:37 1994` */
const asctime = new RegExp(`^${day} ${month} (?<date>\\d{2}| \\d) ${time} (?<year>\\d{4})$`)

type Parts = Partial<Record<'day' | 'longDay' | 'date' | 'month' | 'year' | 'shortYear' | 'hour' | 'minute' | 'second', string>>

/** Milliseconds since the epoch, in whole seconds; null for what is no HTTP-date. `nowMs` tells the century of two digits. */
export function parseHttpDate(text: string, nowMs: number): number | null {
  const parts: Parts | undefined = (fixdate.exec(text) ?? rfc850.exec(text) ?? asctime.exec(text))?.groups
  if (!parts) return null
  const weekday = parts.longDay === undefined ? shortDays.indexOf(parts.day ?? '') : longDays.indexOf(parts.longDay)
  if (parts.shortYear === undefined) return instantOf(parts, Number(parts.year), weekday)
  const year = Math.floor(new Date(nowMs).getUTCFullYear() / 100) * 100 + Number(parts.shortYear)
  return instantOf(parts, notFarAhead(parts, year, nowMs), weekday)
}

/** What appears to be more than 50 years ahead is the most recent such year of the past. */
function notFarAhead(parts: Parts, year: number, nowMs: number): number {
  const limit = new Date(nowMs)
  limit.setUTCFullYear(limit.getUTCFullYear() + 50)
  return timeOf(parts, year) > limit.getTime() ? year - 100 : year
}

function instantOf(parts: Parts, year: number, weekday: number): number | null {
  // A leap second is only ever the last second of a day.
  if (parts.second === '60' && (parts.hour !== '23' || parts.minute !== '59')) return null
  const midnight = new Date(timeOf({ ...parts, hour: '0', minute: '0', second: '0' }, year))
  const exists = midnight.getUTCDate() === Number(parts.date) && midnight.getUTCDay() === weekday
  return exists ? timeOf(parts, year) : null
}

function timeOf({ month = '', date, hour, minute, second }: Parts, year: number): number {
  // Not Date.UTC: it takes the years 0 to 99 for those of the last century.
  const whole = new Date(0)
  whole.setUTCFullYear(year, months.indexOf(month), Number(date))
  whole.setUTCHours(Number(hour), Number(minute), Number(second))
  return whole.getTime()
}

export const formatHttpDate = (ms: number): string => new Date(ms).toUTCString()

/** HTTP knows whole seconds. */
export const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000
