// Rewards into ledger lines. Each reward stands alone: one that cannot be paid is kept as a refusal with its reason and
// takes nothing from the others; a reward of zero (at the currency's scale) is skipped. A reward never debits.

import type { Budget } from '../expressions/budget.ts'
import { evaluateNumber } from '../expressions/evaluate.ts'
import { toAmount } from '../ledger/amount.ts'
import { post } from '../ledger/post.ts'
import type { Balance, EventFacts, LedgerLine, RewardRefusal } from '../player/types.ts'
import type { Refusals } from './refusals.ts'
import type { Currency, Reward, RewardRule } from './types.ts'

/** What a ledger line costs, beyond its amount: to post it, store it, and pass it on. So an event makes at most 180. */
const lineSteps = 100

export interface Payment {
  lines: LedgerLine[]
  /** The balances that changed, as they are after all lines. */
  balances: Balance[]
}

export interface PaymentContext {
  currencies: Record<string, Currency>
  balance: (virtualCurrencyId: string) => Balance | null
  occurredAtMs: number
  timezone: string
  nowMs: number
  newId: () => string
  budget: Budget
  refusals: Refusals
}

/** Pays each rule as it is given, before the next one is asked for. */
export function payRewards(rules: Iterable<RewardRule>, event: EventFacts, context: PaymentContext): Payment {
  const lines: LedgerLine[] = []
  const changed = new Map<string, Balance>()
  let groupId: string | undefined

  const pay = (rule: RewardRule, reward: Reward): RewardRefusal['reason'] | null => {
    const id = reward.virtualCurrencyId
    const currency = Object.hasOwn(context.currencies, id) ? context.currencies[id] : undefined
    if (currency === undefined) return 'currency/unknown'
    const value = evaluateNumber(reward.expression, { event }, context.budget)
    if (!value.ok) return value.error.code
    const amount = toAmount(value.value, currency.scale)
    if (amount === null || amount < 0) return 'amount/out_of_range'
    if (amount === 0) return null
    if (!context.budget.affords(lineSteps)) return 'event/over_budget'
    const state = reward.redemptionMode === 'AUTO' ? 'COMPLETED' : 'PENDING'
    const balance = post(changed.get(id) ?? context.balance(id), { currency, amount, state }, context.nowMs)
    if (!balance.ok) return balance.error
    groupId ??= context.newId()
    lines.push(lineOf(rule, reward, amount, state, groupId, event, context))
    changed.set(id, balance.value)
    return null
  }

  for (const rule of rules) {
    for (const [rewardIndex, reward] of rule.rewards.entries()) {
      const reason = pay(rule, reward)
      if (reason !== null) context.refusals.add({ rewardRuleId: rule.rewardRuleId, rewardIndex, reason })
    }
  }
  return { lines, balances: [...changed.values()] }
}

function lineOf(
  rule: RewardRule,
  reward: Reward,
  amount: number,
  state: LedgerLine['state'],
  virtualTransactionGroupId: string,
  event: EventFacts,
  { occurredAtMs, timezone, nowMs, newId }: PaymentContext,
): LedgerLine {
  return {
    virtualTransactionId: newId(),
    virtualTransactionGroupId,
    virtualCurrencyId: reward.virtualCurrencyId,
    amount,
    direction: 'CREDIT',
    state,
    redemptionMode: reward.redemptionMode,
    initiatorType: 'REWARD_RULE',
    initiator: rule.rewardRuleId,
    counterpartType: 'SYSTEM',
    counterpart: 'SYSTEM',
    additionalData: { activityLogId: event.activityLogId, activityId: event.activityId },
    occurredAtMs,
    timezone,
    createdAtMs: nowMs,
  }
}
