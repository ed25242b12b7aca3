import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boardId } from '../../../../domain/boards/board-id.ts'
import { counts } from '../../../../domain/boards/counts.ts'
import { signedAmount } from '../../../../domain/boards/signed-amount.ts'
import { monthId } from '../../../../domain/timeframe/calendar.ts'
import { seriesOf } from './series.ts'

const at = (iso: string) => Date.parse(iso)
const hourMs = 3_600_000

describe('boardId', () => {
  it('is the series’ own for its first period', () => {
    expect(boardId(seriesOf(), '2026-01')).toBe('series-000000000000001')
    expect(boardId(seriesOf({ timeframeType: 'PERMANENT' }), 'PERMANENT')).toBe('series-000000000000001')
    // By the series' own zone: the start is still in December there.
    const startsAtMs = at('2026-01-01T02:00:00Z')
    expect(boardId(seriesOf({ timezone: 'America/New_York', startsAtMs }), '2025-12')).toBe('series-000000000000001')
  })

  it('is the same for ever, in the form of the platform’s ids, for any other', () => {
    // Written out: a change of this would orphan every board there is.
    expect(boardId(seriesOf(), '2026-02')).toBe('NSzXBWNcX4p9ED_J_NSuv')
    const months = fc.record({ year: fc.integer({ min: 2027, max: 9998 }), month: fc.integer({ min: 1, max: 12 }) }).map(monthId)
    const series = fc.string({ minLength: 1 }).map((seriesId) => seriesOf({ seriesId }))
    fc.assert(
      fc.property(series, fc.uniqueArray(months, { minLength: 2, maxLength: 5 }), (one, periods) => {
        const ids = periods.map((periodId) => boardId(one, periodId))
        for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{21}$/)
        expect(new Set([one.seriesId, ...ids]).size).toBe(ids.length + 1)
      }),
    )
  })
})

describe('counts', () => {
  const line = { occurredAtMs: at('2026-03-10T00:00:00Z'), timezone: 'UTC', createdAtMs: at('2026-03-10T00:00:00Z'), ruleSet: 9 }
  const marchEndMs = at('2026-04-01T00:00:00Z')

  it('puts a line in the period in which its event happened', () => {
    expect(counts(line, seriesOf())?.periodId).toBe('2026-03')
    expect(counts({ ...line, createdAtMs: marchEndMs + 3 * hourMs }, seriesOf())?.periodId).toBe('2026-03')
    expect(counts({ ...line, occurredAtMs: at('2026-01-01T00:00:00Z') }, seriesOf())).toBeNull()
  })

  it('takes what is late until the limit, and no later', () => {
    expect(counts({ ...line, createdAtMs: marchEndMs + 48 * hourMs }, seriesOf())?.periodId).toBe('2026-03')
    expect(counts({ ...line, createdAtMs: marchEndMs + 48 * hourMs + 1 }, seriesOf())).toBeNull()
    expect(counts({ ...line, createdAtMs: marchEndMs + 1 }, seriesOf({ lateEventsForMs: 0 }))).toBeNull()
  })

  it('takes anything late where there is no limit, no end, or the series was not known yet', () => {
    const late = { ...line, createdAtMs: marchEndMs + 1000 * hourMs }
    expect(counts(late, seriesOf({ lateEventsForMs: null }))?.periodId).toBe('2026-03')
    expect(counts(late, seriesOf({ timeframeType: 'PERMANENT' }))?.periodId).toBe('PERMANENT')
    expect(counts({ ...late, ruleSet: 4 }, seriesOf())?.periodId).toBe('2026-03')
    expect(counts({ ...late, ruleSet: 5 }, seriesOf())).toBeNull()
  })

  it('counts lateness from when the period is over everywhere, where each user’s clock decides', () => {
    const own = seriesOf({ timezoneType: 'USER' })
    const closes = marchEndMs + (12 + 48) * hourMs
    expect(counts({ ...line, timezone: 'Pacific/Kiritimati', createdAtMs: closes }, own)?.periodId).toBe('2026-03')
    expect(counts({ ...line, timezone: 'Pacific/Kiritimati', createdAtMs: closes + 1 }, own)).toBeNull()
    expect(counts({ ...line, timezone: 'Pacific/Kiritimati', occurredAtMs: at('2026-02-28T12:00:00Z') }, own)?.periodId).toBe('2026-03')
  })
})

describe('signedAmount', () => {
  it('adds credits, takes debits, and never gives -0', () => {
    expect(signedAmount({ amount: 5, direction: 'CREDIT' })).toBe(5)
    expect(signedAmount({ amount: 5, direction: 'DEBIT' })).toBe(-5)
    expect(Object.is(signedAmount({ amount: 0, direction: 'DEBIT' }), 0)).toBe(true)
  })
})
