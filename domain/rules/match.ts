// Which reward rules act on an event. ALWAYS rules are asked first; FALLBACK rules only when no ALWAYS rule matched;
// never both. A condition that cannot be evaluated does not match, and is kept as a refusal with rewardIndex -1: an
// admin can see it, and the event is not lost for it.
//
// Rules are yielded one by one, so that each is paid before the next one is asked: where the event's budget runs out,
// the rules before that place have been paid, and those behind it are refused.

import type { Budget } from '../expressions/budget.ts'
import { evaluateBoolean } from '../expressions/evaluate.ts'
import type { EventFacts } from '../player/types.ts'
import type { Refusals } from './refusals.ts'
import type { RewardRule } from './types.ts'

interface Asked {
  event: EventFacts
  previousEvent: EventFacts | null
}

/** The rules that act, in the order of the rule set. */
export function* matchRewardRules(rules: RewardRule[], asked: Asked, budget: Budget, refusals: Refusals): Generator<RewardRule> {
  const tags = new Set(asked.event.tags)
  const watching = rules.filter((rule) => rule.applicationMode !== 'DISABLED' && watches(rule, asked.event.activityId, tags))
  let isAnyAlways = false
  for (const mode of ['ALWAYS', 'FALLBACK'] as const) {
    if (isAnyAlways) return
    for (const rule of watching) {
      if (rule.applicationMode !== mode || !holds(rule, asked, budget, refusals)) continue
      isAnyAlways = mode === 'ALWAYS'
      yield rule
    }
  }
}

/** matchType of the domain: one activity, any activity, or whatever carries the tag. */
function watches({ ruleType, matchEntity, matchEntityId }: RewardRule, activityId: string, tags: ReadonlySet<string>): boolean {
  if (ruleType === 'INSTANCE') return matchEntity === 'Activity' && matchEntityId === activityId
  if (ruleType === 'ENTITY') return matchEntity === 'Activity'
  return (matchEntity === 'Tag' || matchEntity === 'Activity') && matchEntityId !== undefined && tags.has(matchEntityId)
}

function holds(rule: RewardRule, { event, previousEvent }: Asked, budget: Budget, refusals: Refusals): boolean {
  const result = evaluateBoolean(rule.matchCondition, { event, previousEvent }, budget)
  if (result.ok) return result.value
  refusals.add({ rewardRuleId: rule.rewardRuleId, rewardIndex: -1, reason: result.error.code })
  return false
}
