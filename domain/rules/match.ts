// Which reward rules act on an event. ALWAYS rules are asked first; FALLBACK rules only when no ALWAYS rule matched;
// never both. A condition that cannot be evaluated does not match, and is kept as a refusal with rewardIndex -1: an
// admin can see it, and the event is not lost for it.

import { evaluateBoolean } from '../expressions/evaluate.ts'
import type { EventFacts, RewardRefusal } from '../player/types.ts'
import type { RewardRule } from './types.ts'

export interface Matches {
  rules: RewardRule[]
  refusals: RewardRefusal[]
}

/** The rules that act, in the order of the rule set. */
export function matchRewardRules(rules: RewardRule[], event: EventFacts, previousEvent: EventFacts | null): Matches {
  const refusals: RewardRefusal[] = []
  const context = { event, previousEvent }
  const matching = (mode: RewardRule['applicationMode']) =>
    rules.filter((rule) => rule.applicationMode === mode && watches(rule, event) && holds(rule, context, refusals))
  const always = matching('ALWAYS')
  return { rules: always.length > 0 ? always : matching('FALLBACK'), refusals }
}

/** matchType of the domain: one activity, any activity, or whatever carries the tag. */
function watches({ ruleType, matchEntity, matchEntityId }: RewardRule, event: EventFacts): boolean {
  if (ruleType === 'INSTANCE') return matchEntity === 'Activity' && matchEntityId === event.activityId
  if (ruleType === 'ENTITY') return matchEntity === 'Activity'
  return (matchEntity === 'Tag' || matchEntity === 'Activity') && matchEntityId !== undefined && event.tags.includes(matchEntityId)
}

function holds(rule: RewardRule, context: Record<string, unknown>, refusals: RewardRefusal[]): boolean {
  const result = evaluateBoolean(rule.matchCondition, context)
  if (result.ok) return result.value
  refusals.push({ rewardRuleId: rule.rewardRuleId, rewardIndex: -1, reason: result.error.code })
  return false
}
