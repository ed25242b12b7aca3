// Series: what an admin makes of a configuration. The query is read once, here, so a later change of the configuration
// never alters boards that exist. A series is part of the rule set, and what was committed before that set is folded in.

import { parseBoardQuery } from '../boards/board-query.ts'
import type { Series } from '../boards/types.ts'
import { failure, invalidInput } from '../failures.ts'
import { fail, ok, type Result } from '../result.ts'
import { isTimezone } from '../timeframe/calendar.ts'
import { firstPeriod, opensAtMs } from '../timeframe/periods.ts'
import type { Command, DecisionContext, WorkspaceDecision } from './decision.ts'
import type { WorkspaceView } from './types.ts'

export function createSeries(view: WorkspaceView, { series }: Command<'series.create'>): WorkspaceDecision {
  if (view.series().some(({ seriesId }) => seriesId === series.seriesId))
    return fail(failure('resource/already_exists', 'There is a leaderboard with this id already.'))
  const refused = refuseTimeframe(series)
  if (refused) return fail(refused)
  const currency = currencyOf(view, series.runtimeLeaderboardConfigurationId)
  if (!currency.ok) return currency
  return written(view, { ...series, virtualCurrencyId: currency.value }, 201)
}

/** Only before it starts: a board that has begun is history in the making. */
export function updateSeries(view: WorkspaceView, command: Command<'series.update'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const existing = view.series().find(({ seriesId }) => seriesId === command.seriesId)
  if (existing === undefined) return fail(failure('resource/not_found', 'There is no such leaderboard.'))
  const first = firstPeriod(existing)
  if (first === null || opensAtMs(first, existing) <= nowMs)
    return fail(failure('business/invalid_operation', 'A leaderboard can be changed only before it starts.'))
  const refused = refuseTimeframe(command.series)
  if (refused) return fail(refused)
  const currency = currencyOf(view, command.series.runtimeLeaderboardConfigurationId)
  if (!currency.ok) return currency
  const { createdAtMs } = existing
  return written(view, { ...command.series, seriesId: command.seriesId, virtualCurrencyId: currency.value, createdAtMs }, 200)
}

function written(view: WorkspaceView, series: Omit<Series, 'sinceRuleSet'>, status: 200 | 201): WorkspaceDecision {
  const ruleSet = view.ruleSetNumber() + 1
  const after: Series = { ...series, sinceRuleSet: ruleSet }
  return ok({ effects: { series: [after], ruleSet, backfill: { seriesId: after.seriesId } }, answer: { status, body: after } })
}

function currencyOf(view: WorkspaceView, configurationId: string): Result<string> {
  const configuration = view.resource('runtime-leaderboard-configuration', configurationId)
  if (configuration === null) return fail(invalidInput('/runtimeLeaderboardConfigurationId', 'There is no such leaderboard configuration.'))
  const query = parseBoardQuery(configuration.published?.query)
  return query.ok ? ok(query.value.virtualCurrencyId) : query
}

/** A series that could name no period would have no first board. */
function refuseTimeframe(series: Omit<Series, 'sinceRuleSet' | 'virtualCurrencyId' | 'createdAtMs'>) {
  if (!isTimezone(series.timezone)) return invalidInput('/timeframeTimezone', 'There is no such time zone.')
  if (series.endsAtMs !== undefined && series.endsAtMs <= series.startsAtMs)
    return invalidInput('/timeframeEndsAt', 'Must come after timeframeStartsAt.')
  if (series.timeframeType === 'RECURRING' && series.recurrence !== 'MONTHLY')
    return invalidInput('/recurrence', 'Only MONTHLY is supported.')
  return firstPeriod(series) === null ? invalidInput('/timeframeStartsAt', 'No period starts there.') : null
}
