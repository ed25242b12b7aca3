import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clockMs,
  isTimezone,
  monthId,
  monthOf,
  monthStartMs,
  nextMonth,
  parseMonthId,
  previousMonth,
} from '../../../../domain/timeframe/calendar.ts'

const at = (iso: string) => Date.parse(iso)
const month = (year: number, month: number) => ({ year, month })

describe('the calendar', () => {
  it.each([
    [month(2026, 9), 'UTC', '2026-09-01T00:00:00Z'],
    [month(2026, 9), 'Europe/Berlin', '2026-08-31T22:00:00Z'],
    [month(2026, 11), 'Europe/Berlin', '2026-10-31T23:00:00Z'],
    [month(2026, 9), 'Pacific/Kiritimati', '2026-08-31T10:00:00Z'],
    [month(2026, 9), 'Etc/GMT+12', '2026-09-01T12:00:00Z'],
    [month(2026, 9), 'Asia/Kathmandu', '2026-08-31T18:15:00Z'],
    // Clocks jumped at midnight of the first: the day began at 01:00.
    [month(1989, 10), 'America/Asuncion', '1989-10-01T04:00:00Z'],
    // Clocks were set back at 00:01 of the first: it began once, half an hour into which October came again.
    [month(2009, 11), 'America/St_Johns', '2009-11-01T02:30:00Z'],
    [month(50, 1), 'UTC', '0050-01-01T00:00:00Z'],
  ])('%o starts in %s at %s', (which, zone, iso) => {
    expect(new Date(monthStartMs(which, zone)).toISOString()).toBe(new Date(at(iso)).toISOString())
  })

  it('keeps a month going when clocks are set back over its start', () => {
    const again = at('2009-11-01T02:45:00Z')
    expect(new Date(clockMs(again, 'America/St_Johns')).toISOString()).toBe('2009-10-31T23:15:00.000Z')
    expect(monthOf(again, 'America/St_Johns')).toEqual(month(2009, 11))
    expect(monthOf(at('2009-11-01T02:29:59Z'), 'America/St_Johns')).toEqual(month(2009, 10))
  })

  it('divides time into months without gap or overlap, in any zone', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'America/Asuncion',
      'Pacific/Kiritimati',
      'Pacific/Apia',
      'Etc/GMT+12',
      'Australia/Lord_Howe',
      'Africa/Cairo',
      'America/Havana',
    )
    fc.assert(
      fc.property(fc.integer({ min: at('1970-01-01T00:00:00Z'), max: at('2100-01-01T00:00:00Z') }), zones, (instant, zone) => {
        const which = monthOf(instant, zone)
        expect(monthStartMs(which, zone)).toBeLessThanOrEqual(instant)
        expect(instant).toBeLessThan(monthStartMs(nextMonth(which), zone))
        expect(previousMonth(nextMonth(which))).toEqual(which)
        expect(parseMonthId(monthId(which))).toEqual(which)
      }),
      { numRuns: 2000 },
    )
  })

  it('divides time so at the edge of every month', () => {
    for (const zone of ['Europe/Berlin', 'America/St_Johns', 'America/Asuncion', 'Africa/Cairo', 'America/Havana'])
      for (let which = month(1985, 1); which.year < 2027; which = nextMonth(which)) {
        const start = monthStartMs(which, zone)
        expect(monthOf(start, zone)).toEqual(which)
        expect(monthOf(start - 1, zone)).toEqual(previousMonth(which))
        expect(monthOf(start + 3_599_999, zone)).toEqual(which)
      }
  })

  it('knows February', () => {
    for (const [year, days] of [
      [2024, 29],
      [2026, 28],
      [2000, 29],
      [2100, 28],
    ] as const)
      expect((monthStartMs(month(year, 3), 'UTC') - monthStartMs(month(year, 2), 'UTC')) / 86_400_000).toBe(days)
  })

  it('takes zones by name only', () => {
    expect(['UTC', 'Europe/Berlin', 'Etc/GMT+12'].map(isTimezone)).toEqual([true, true, true])
    expect(['', 'Mars/Olympus', '+02:00', '-12', '__proto__'].map(isTimezone)).toEqual([false, false, false, false, false])
  })

  it('keeps clocks between UTC-12 and UTC+14, before 1900 too', () => {
    const manila = at('1840-01-01T00:00:00Z')
    expect(clockMs(manila, 'Asia/Manila') - manila).toBe(-12 * 3_600_000)
  })

  it.each(['2026-13', '2026-00', '2026-9', '26-09', 'PERMANENT', '2026-09-01', ''])('%s names no month', (id) => {
    expect(parseMonthId(id)).toBeNull()
  })
})
