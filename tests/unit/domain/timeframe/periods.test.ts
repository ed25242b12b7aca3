import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closesAtMs, firstPeriod, opensAtMs, periodAt, periodById, periodOf, stateOf } from '../../../../domain/timeframe/periods.ts'
import { seriesOf } from '../boards/series.ts'

const at = (iso: string) => Date.parse(iso)

describe('a permanent series', () => {
  const permanent = seriesOf({ timeframeType: 'PERMANENT', recurrence: undefined })

  it('is one period from its start on', () => {
    const period = { periodId: 'PERMANENT', startsAtMs: permanent.startsAtMs }
    expect(periodOf(permanent, permanent.startsAtMs, 'UTC')).toEqual(period)
    expect(periodOf(permanent, permanent.startsAtMs - 1, 'UTC')).toBeNull()
    expect(periodById(permanent, 'PERMANENT')).toEqual(period)
    expect(periodById(permanent, '2026-02')).toBeNull()
    expect(stateOf(period, permanent, permanent.startsAtMs - 1)).toBe('PENDING')
    expect(stateOf(period, permanent, at('2126-01-01T00:00:00Z'))).toBe('ACTIVE')
  })

  it('ends before its end', () => {
    const ended = { ...permanent, endsAtMs: at('2026-06-01T00:00:00Z') }
    expect(periodOf(ended, ended.endsAtMs - 1, 'UTC')).toEqual({
      periodId: 'PERMANENT',
      startsAtMs: ended.startsAtMs,
      endsAtMs: ended.endsAtMs,
    })
    expect(periodOf(ended, ended.endsAtMs, 'UTC')).toBeNull()
    expect(periodAt(ended, ended.endsAtMs)).toBeNull()
  })
})

describe('a monthly series', () => {
  const monthly = seriesOf({ endsAtMs: at('2026-04-10T00:00:00Z') })

  it('cuts the month of its start and the month of its end', () => {
    expect(firstPeriod(monthly)).toEqual({ periodId: '2026-01', startsAtMs: monthly.startsAtMs, endsAtMs: at('2026-02-01T00:00:00Z') })
    expect(periodOf(monthly, at('2026-01-15T11:59:59Z'), 'UTC')).toBeNull()
    expect(periodById(monthly, '2026-04')).toEqual({
      periodId: '2026-04',
      startsAtMs: at('2026-04-01T00:00:00Z'),
      endsAtMs: monthly.endsAtMs,
    })
    expect(periodOf(monthly, at('2026-04-10T00:00:00Z'), 'UTC')).toBeNull()
    for (const periodId of ['2025-12', '2026-05', '2026-1', 'PERMANENT', '0000-01', '9999-12', '__proto__'])
      expect(periodById(monthly, periodId)).toBeNull()
  })

  it('goes PENDING, ACTIVE, ENDED at its bounds', () => {
    const march = periodById(monthly, '2026-03')
    if (march === null) throw new Error('March is in the series')
    const states = ['2026-02-28T23:59:59.999Z', '2026-03-01T00:00:00Z', '2026-03-31T23:59:59.999Z', '2026-04-01T00:00:00Z']
    expect(states.map((iso) => stateOf(march, monthly, at(iso)))).toEqual(['PENDING', 'ACTIVE', 'ACTIVE', 'ENDED'])
  })

  it('goes by its own zone, whatever the user’s', () => {
    const berlin = seriesOf({ timezone: 'Europe/Berlin' })
    const instant = at('2026-03-31T22:30:00Z')
    expect(periodOf(berlin, instant, 'America/New_York')?.periodId).toBe('2026-04')
    // March has 743 hours where clocks go forward.
    const march = periodById(berlin, '2026-03')
    expect(((march?.endsAtMs ?? 0) - (march?.startsAtMs ?? 0)) / 3_600_000).toBe(31 * 24 - 1)
  })
})

describe('a series by each user’s own clock', () => {
  const own = seriesOf({ timezoneType: 'USER', startsAtMs: at('2026-01-01T00:00:00Z') })

  it('opens with UTC+14 and closes with UTC-12', () => {
    const september = periodById(own, '2026-09')
    if (september === null) throw new Error('September is in the series')
    expect(new Date(opensAtMs(september, own)).toISOString()).toBe('2026-08-31T10:00:00.000Z')
    expect(new Date(closesAtMs(september, own) ?? 0).toISOString()).toBe('2026-10-01T12:00:00.000Z')
    const states = ['2026-08-31T09:59:59.999Z', '2026-08-31T10:00:00Z', '2026-10-01T11:59:59.999Z', '2026-10-01T12:00:00Z']
    expect(states.map((iso) => stateOf(september, own, at(iso)))).toEqual(['PENDING', 'ACTIVE', 'ACTIVE', 'ENDED'])
  })

  it('counts one instant in each user’s own month, from the series’ start on their clock', () => {
    const instant = at('2026-08-31T10:00:00Z')
    expect(periodOf(own, instant, 'Pacific/Kiritimati')?.periodId).toBe('2026-09')
    expect(periodOf(own, instant, 'UTC')?.periodId).toBe('2026-08')
    expect(periodOf(own, at('2025-12-31T10:00:00Z'), 'Pacific/Kiritimati')?.periodId).toBe('2026-01')
    expect(periodOf(own, at('2025-12-31T09:59:59Z'), 'Pacific/Kiritimati')).toBeNull()
    expect(periodOf(own, at('2026-01-01T11:59:59Z'), 'Etc/GMT+12')).toBeNull()
  })
})

describe('every series', () => {
  const zones = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Pacific/Kiritimati',
    'Etc/GMT+12',
    'Australia/Lord_Howe',
    'Asia/Manila',
  )
  const instants = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') })
  const anySeries = fc
    .record({
      timeframeType: fc.constantFrom('PERMANENT' as const, 'RECURRING' as const),
      timezoneType: fc.constantFrom('FIXED' as const, 'USER' as const),
      timezone: zones,
      startsAtMs: instants,
      endsAtMs: fc.option(instants, { nil: undefined }),
    })
    .map((rest) => seriesOf({ ...rest, timezone: rest.timezoneType === 'USER' ? 'UTC' : rest.timezone }))

  it('holds an instant in one named period, which is open at that instant', () => {
    let within = 0
    fc.assert(
      fc.property(anySeries, instants, zones, (series, instant, zone) => {
        const period = periodOf(series, instant, zone)
        if (period === null) {
          if (series.timezoneType === 'FIXED')
            expect(instant < series.startsAtMs || instant >= (series.endsAtMs ?? Number.POSITIVE_INFINITY)).toBe(true)
          return
        }
        within += 1
        expect(periodById(series, period.periodId)).toEqual(period)
        expect(stateOf(period, series, instant)).toBe('ACTIVE')
        if (series.timezoneType === 'FIXED')
          expect(period.startsAtMs <= instant && instant < (period.endsAtMs ?? Number.POSITIVE_INFINITY)).toBe(true)
      }),
      { numRuns: 2000 },
    )
    expect(within).toBeGreaterThan(300)
  })
})
