// Series: made from a configuration as it stands, changed only before they start, and folded in from then on.

import { describe, expect, it } from 'vitest'
import type { WorkspaceCommand } from '../../../domain/workspace/types.ts'
import { configurationBody, currencyBody, founded, translations } from './state.ts'

type Create = Extract<WorkspaceCommand, { kind: 'series.create' }>

const series = (rest: Partial<Create['series']> = {}): Create['series'] => ({
  seriesId: 's',
  runtimeLeaderboardConfigurationId: 'ranking',
  timeframeType: 'PERMANENT',
  timezoneType: 'FIXED',
  timezone: 'UTC',
  startsAtMs: 5000,
  lateEventsForMs: null,
  createdAtMs: 1000,
  updatedAtMs: 1000,
  ...rest,
})

function ready() {
  const state = founded()
  for (const id of ['points', 'coins']) state.create('virtual-currency', id, currencyBody)
  state.create('runtime-leaderboard-configuration', 'ranking', configurationBody('points'))
  return state
}

const pointerOf = (decision: ReturnType<ReturnType<typeof ready>['run']>) =>
  decision.ok ? 'accepted' : decision.error.errors?.[0]?.pointer

describe('a series', () => {
  it('takes its currency from the query and is part of a new rule set', () => {
    const state = ready()
    const created = state.run({ kind: 'series.create', series: series() })
    const whole = { ...series(), virtualCurrencyId: 'points', sinceRuleSet: 2 }
    expect(created.ok && created.value).toEqual({
      effects: { series: [whole], ruleSet: 2, backfill: { seriesId: 's' } },
      answer: { status: 201, body: whole },
    })
    expect(state.rules().series).toEqual([whole])
  })

  it('keeps its currency when the configuration changes', () => {
    const state = ready()
    state.run({ kind: 'series.create', series: series() })
    state.run({
      kind: 'resource.replace',
      type: 'runtime-leaderboard-configuration',
      id: 'ranking',
      body: configurationBody('coins'),
      translations,
    })
    expect(state.resource('runtime-leaderboard-configuration', 'ranking').published).toEqual(configurationBody('coins'))
    expect(state.rules().series[0]?.virtualCurrencyId).toBe('points')
  })

  it('is changed before it starts, and folded in anew', () => {
    const state = ready()
    state.run({ kind: 'series.create', series: series() })
    const { createdAtMs: _created, ...changed } = series({ startsAtMs: 7000, updatedAtMs: 4999 })
    const update = { kind: 'series.update', seriesId: 's', series: changed } as const
    const updated = state.run(update, 4999)
    expect(updated.ok && updated.value.effects).toEqual({
      series: [{ ...series(), startsAtMs: 7000, updatedAtMs: 4999, virtualCurrencyId: 'points', sinceRuleSet: 3 }],
      ruleSet: 3,
      backfill: { seriesId: 's' },
    })
    const late = state.run(update, 7000)
    expect(late.ok || late.error.code).toBe('business/invalid_operation')
    const unknown = state.run({ ...update, seriesId: 't' }, 1000)
    expect(unknown.ok || unknown.error.code).toBe('resource/not_found')
  })

  it.each([
    ['an unknown configuration', { runtimeLeaderboardConfigurationId: 'none' }, '/runtimeLeaderboardConfigurationId'],
    ['an end at its start', { endsAtMs: 5000 }, '/timeframeEndsAt'],
    ['an unknown zone', { timezone: 'Mars/Olympus' }, '/timeframeTimezone'],
    ['a recurrence that is not there', { timeframeType: 'RECURRING' as const }, '/recurrence'],
    [
      'a year that no period can name',
      { timeframeType: 'RECURRING' as const, recurrence: 'MONTHLY' as const, startsAtMs: 8.6e15 },
      '/timeframeStartsAt',
    ],
  ])('is refused with %s', (_, rest, pointer) => {
    expect(pointerOf(ready().run({ kind: 'series.create', series: series(rest) }))).toBe(pointer)
  })

  it('has an id of its own', () => {
    const state = ready()
    state.run({ kind: 'series.create', series: series() })
    const again = state.run({ kind: 'series.create', series: series() })
    expect(again.ok || again.error.code).toBe('resource/already_exists')
  })
})
