// One activity log in, every effect out: a pure function of the user's state, the rule set and what is passed in, so
// that the same decision can be made, stored and replayed. Nothing is awarded for an event that is refused; an event
// that is taken leaves its trace even when no rule matches it.

import { Budget } from '../expressions/budget.ts'
import { failure, invalidInput } from '../failures.ts'
import type { Answer } from '../log/types.ts'
import type { ActivityLogCommand, EventFacts, PlayerEffects, PlayerView, UserProfile } from '../player/types.ts'
import { fail, ok, type Result } from '../result.ts'
import { isTimezone } from '../timeframe/calendar.ts'
import { matchRewardRules } from './match.ts'
import { payRewards } from './pay-rewards.ts'
import { Refusals } from './refusals.ts'
import type { RuleSet } from './types.ts'

export interface DecisionContext {
  nowMs: number
  /** A fresh id at each call; the caller derives or draws them. */
  newId: () => string
  /** The region the platform answers from: `sourceRegion` of the contract. */
  region: string
}

export interface PlayerDecision {
  effects: PlayerEffects
  answer: Answer
}

/** The last instant that a Date holds, either way from 1970. */
const lastInstantMs = 8.64e15

/**
 * 201 with the contract's CreateActivityResponse. Errors: `resource/not_found` for a user that never was or is deleted;
 * `validation/invalid_input` for an activity that is not published, a time ahead of now, a value that is not finite.
 */
export function decideActivityLog(
  view: PlayerView,
  command: ActivityLogCommand,
  ruleSet: RuleSet,
  context: DecisionContext,
): Result<PlayerDecision> {
  const profile = view.deleted() ? null : view.profile()
  if (profile === null) return fail(failure('resource/not_found', 'There is no such user.'))
  const mistake = mistakeIn(command, ruleSet)
  if (mistake !== null) return fail(invalidInput(mistake.pointer, mistake.detail))

  const event = factsOf(command, profile)
  const budget = new Budget()
  const refusals = new Refusals()
  const asked = { event, previousEvent: view.previousEvent(command.activityId) }
  const payment = payRewards(matchRewardRules(ruleSet.rewardRules, asked, budget, refusals), event, {
    budget,
    refusals,
    currencies: ruleSet.currencies,
    balance: (virtualCurrencyId) => view.balance(virtualCurrencyId),
    occurredAtMs: command.completedAtMs,
    // A stored zone that this runtime does not know must not stop the user's log; boards fold by the line's zone.
    timezone: profile.timezone !== undefined && isTimezone(profile.timezone) ? profile.timezone : 'UTC',
    nowMs: context.nowMs,
    newId: context.newId,
  })
  const effects: PlayerEffects = {
    event,
    ...(payment.lines.length > 0 && { lines: payment.lines, balances: payment.balances }),
    ...refusals.effects(),
  }
  return ok({ effects, answer: { status: 201, body: responseOf(command, profile, context) } })
}

function mistakeIn(command: ActivityLogCommand, ruleSet: RuleSet): { pointer: string; detail: string } | null {
  if (!ruleSet.activities.includes(command.activityId))
    return { pointer: '/activityId', detail: 'There is no published activity with this id.' }
  if (!Number.isFinite(command.value)) return { pointer: '/value', detail: 'A value is a finite number.' }
  if (!Number.isSafeInteger(command.completedAtMs) || Math.abs(command.completedAtMs) > lastInstantMs)
    return { pointer: '/completedAt', detail: 'This is no point in time.' }
  return null
}

const factsOf = (command: ActivityLogCommand, { userId }: UserProfile): EventFacts => ({
  activityLogId: command.activityLogId,
  activityId: command.activityId,
  userId,
  value: command.value,
  ...(command.outcome !== undefined && { outcome: command.outcome }),
  tags: command.tags ?? [],
  additionalData: command.additionalData ?? {},
  completedAt: new Date(command.completedAtMs).toISOString(),
})

/** CreateActivityResponse of the contract; what the client did not give is left out. */
function responseOf(command: ActivityLogCommand, profile: UserProfile, { nowMs, region }: DecisionContext): Record<string, unknown> {
  const now = new Date(nowMs).toISOString()
  return {
    activityLogId: command.activityLogId,
    activityId: command.activityId,
    userId: profile.userId,
    ...(command.outcome !== undefined && { outcome: command.outcome }),
    value: command.value,
    ...(command.tags !== undefined && { tags: command.tags }),
    ...(command.additionalData !== undefined && { additionalData: command.additionalData }),
    completedAt: new Date(command.completedAtMs).toISOString(),
    accountId: profile.accountId,
    workspaceId: profile.workspaceId,
    sourceRegion: region,
    createdAt: now,
    updatedAt: now,
  }
}
