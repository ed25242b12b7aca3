import { describe, expect, it } from 'vitest'
import { stepsPerEvent, stepsPerExpression } from '../../../../domain/expressions/budget.ts'
import type { ActivityLogCommand, PlayerEffects } from '../../../../domain/player/types.ts'
import { decideActivityLog } from '../../../../domain/rules/decide-activity-log.ts'
import { refusalsKept } from '../../../../domain/rules/refusals.ts'
import type { RewardRule, RuleSet } from '../../../../domain/rules/types.ts'
import { nowMs, profile, rewardOf, ruleOf, ruleSetOf, World } from './world.ts'

const commandOf = (rest: Partial<ActivityLogCommand> = {}): ActivityLogCommand => ({
  kind: 'activity.log',
  activityLogId: 'log-1',
  activityId: 'run',
  value: 1,
  completedAtMs: nowMs - 1000,
  ...rest,
})

function decide(rules: RewardRule[] | RuleSet, command: Partial<ActivityLogCommand> = {}, world = new World()) {
  const ruleSet = Array.isArray(rules) ? ruleSetOf(rules) : rules
  const result = decideActivityLog(world, commandOf(command), ruleSet, { nowMs, newId: world.newId, region: 'eu-west-1' })
  if (result.ok) world.apply(result.value.effects)
  return result
}

function effectsOf(rules: RewardRule[] | RuleSet, command: Partial<ActivityLogCommand> = {}, world = new World()): PlayerEffects {
  const result = decide(rules, command, world)
  if (!result.ok) throw new Error(result.error.detail)
  return result.value.effects
}

const paidBy = (effects: PlayerEffects) => (effects.lines ?? []).map((line) => line.initiator)

describe('an activity log', () => {
  it('becomes an event, a ledger line and a balance', () => {
    expect(effectsOf([ruleOf({ rewards: [rewardOf({ '*': [{ var: 'event.value' }, 1.005] })] })], { completedAtMs: nowMs - 5000 })).toEqual(
      {
        event: {
          activityLogId: 'log-1',
          activityId: 'run',
          userId: profile.userId,
          value: 1,
          tags: [],
          additionalData: {},
          completedAt: '2026-09-15T11:59:55.000Z',
        },
        lines: [
          {
            virtualTransactionId: 'id-2',
            virtualTransactionGroupId: 'id-1',
            virtualCurrencyId: 'points',
            amount: 1_010_000,
            direction: 'CREDIT',
            state: 'COMPLETED',
            redemptionMode: 'AUTO',
            initiatorType: 'REWARD_RULE',
            initiator: 'rule',
            counterpartType: 'SYSTEM',
            counterpart: 'SYSTEM',
            additionalData: { activityLogId: 'log-1', activityId: 'run' },
            occurredAtMs: nowMs - 5000,
            timezone: 'Europe/Berlin',
            createdAtMs: nowMs,
          },
        ],
        balances: [{ virtualCurrencyId: 'points', amount: 1_010_000, availableAmount: 1_010_000, createdAtMs: nowMs, updatedAtMs: nowMs }],
      },
    )
  })

  it('is answered as the contract’s CreateActivityResponse, with what was given and nothing else', () => {
    const bare = {
      activityLogId: 'log-1',
      activityId: 'run',
      userId: profile.userId,
      value: 1,
      completedAt: '2026-09-15T11:59:59.000Z',
      accountId: 'account-01',
      workspaceId: 'workspace1',
      sourceRegion: 'eu-west-1',
      createdAt: '2026-09-15T12:00:00.000Z',
      updatedAt: '2026-09-15T12:00:00.000Z',
    }
    const given = { outcome: 'FAILURE' as const, value: 2.5, tags: ['a'], additionalData: { b: null } }
    const answers = [decide([]), decide([], given)].map((result) => result.ok && result.value.answer)
    expect(answers).toEqual([
      { status: 201, body: bare },
      { status: 201, body: { ...bare, ...given } },
    ])
  })

  it('leaves its trace without any effect when no rule matches', () => {
    const effects = effectsOf([ruleOf({ matchEntityId: 'walk' })])
    expect(Object.keys(effects)).toEqual(['event'])
  })

  it('gives one group to all lines of the event and adds up one currency', () => {
    const rules = [
      ruleOf({ rewards: [rewardOf(1), rewardOf(2, { redemptionMode: 'MANUAL' })] }),
      ruleOf({ rewardRuleId: 'second', rewards: [rewardOf(4)] }),
    ]
    const { lines = [], balances } = effectsOf(rules)
    expect(new Set(lines.map((line) => line.virtualTransactionGroupId)).size).toBe(1)
    expect(new Set(lines.map((line) => line.virtualTransactionId)).size).toBe(3)
    expect(lines.map((line) => [line.state, line.amount])).toEqual([
      ['COMPLETED', 1e6],
      ['PENDING', 2e6],
      ['COMPLETED', 4e6],
    ])
    expect(balances).toMatchObject([{ amount: 7e6, availableAmount: 5e6 }])
  })

  it('takes UTC for a user without a zone, or with one that is not known here', () => {
    for (const timezone of [undefined, 'Mars/Olympus']) {
      const world = new World()
      world.user = { ...profile, timezone }
      expect(effectsOf([ruleOf()], {}, world).lines?.[0]?.timezone).toBe('UTC')
    }
  })
})

describe('a log is refused', () => {
  const errorOf = (command: Partial<ActivityLogCommand>, world = new World()) => {
    const result = decide([ruleOf()], command, world)
    return result.ok ? null : { code: result.error.code, pointer: result.error.errors?.[0]?.pointer }
  }

  it('for a user that never was, or is deleted', () => {
    const [nobody, gone] = [new World(), new World()]
    nobody.user = null
    gone.gone = true
    for (const world of [nobody, gone]) expect(errorOf({}, world)).toEqual({ code: 'resource/not_found', pointer: undefined })
  })

  it.each<[string, Partial<ActivityLogCommand>, string]>([
    ['of an activity that is not published', { activityId: 'swim' }, '/activityId'],
    ['at no time', { completedAtMs: Number.NaN }, '/completedAt'],
    ['before there are dates', { completedAtMs: -8.64e15 - 1 }, '/completedAt'],
    ['of no number', { value: Number.NaN }, '/value'],
  ])('%s', (_, command, pointer) => {
    expect(errorOf(command)).toEqual({ code: 'validation/invalid_input', pointer })
  })

  it('but not far ahead (the edge asks people, not machines, for a credible time), or long ago', () => {
    expect(errorOf({ completedAtMs: nowMs * 2 })).toBeNull()
    expect(errorOf({ completedAtMs: -1 })).toBeNull()
  })
})

describe('rules match', () => {
  const matched = (rule: Partial<RewardRule>, command: Partial<ActivityLogCommand> = {}) =>
    paidBy(effectsOf([ruleOf(rule)], command)).length === 1

  it.each<[boolean, Partial<RewardRule>]>([
    [true, { ruleType: 'INSTANCE', matchEntityId: 'run' }],
    [false, { ruleType: 'INSTANCE', matchEntityId: 'walk' }],
    [false, { ruleType: 'INSTANCE', matchEntity: 'Quiz', matchEntityId: 'run' }],
    [true, { ruleType: 'ENTITY', matchEntityId: undefined }],
    [false, { ruleType: 'ENTITY', matchEntity: 'Mission', matchEntityId: undefined }],
    [true, { ruleType: 'TAG', matchEntity: 'Tag', matchEntityId: 'outdoor' }],
    [true, { ruleType: 'TAG', matchEntity: 'Activity', matchEntityId: 'outdoor' }],
    [false, { ruleType: 'TAG', matchEntity: 'Quiz', matchEntityId: 'outdoor' }],
    [false, { ruleType: 'TAG', matchEntity: 'Tag', matchEntityId: 'indoor' }],
    [false, { ruleType: 'TAG', matchEntity: 'Tag', matchEntityId: undefined }],
    [false, { applicationMode: 'DISABLED' }],
    [false, { matchCondition: false }],
  ])('%s: %o', (expected, rule) => {
    expect(matched(rule, { tags: ['outdoor'] })).toBe(expected)
  })

  it('on what became true: the condition sees the event before of the same activity', () => {
    const became = ruleOf({
      matchCondition: { and: [{ '==': [{ var: 'event.outcome' }, 'SUCCESS'] }, { '!=': [{ var: 'previousEvent.outcome' }, 'SUCCESS'] }] },
    })
    const world = new World()
    const paid = (['FAILURE', 'SUCCESS', 'SUCCESS', 'FAILURE', 'SUCCESS'] as const).map(
      (outcome) => paidBy(effectsOf([became], { outcome }, world)).length,
    )
    expect(paid).toEqual([0, 1, 0, 0, 1])
    effectsOf([], { activityId: 'walk', outcome: 'FAILURE' }, world)
    expect(paidBy(effectsOf([became], { outcome: 'SUCCESS' }, world))).toEqual([])
  })

  it('FALLBACK only where no ALWAYS rule did, whatever order they stand in', () => {
    const fallback = ruleOf({ rewardRuleId: 'fallback', applicationMode: 'FALLBACK' })
    const always = ruleOf({ rewardRuleId: 'always', matchCondition: { '>': [{ var: 'event.value' }, 5] } })
    expect(paidBy(effectsOf([fallback, always], { value: 9 }))).toEqual(['always'])
    expect(paidBy(effectsOf([fallback, always], { value: 1 }))).toEqual(['fallback'])
    const unpaid = ruleOf({ rewardRuleId: 'unpaid', rewards: [rewardOf(null)] })
    expect(paidBy(effectsOf([fallback, unpaid]))).toEqual([])
  })
})

describe('a reward that cannot be paid', () => {
  const refusal = (reason: string, rewardIndex = 0) => [{ rewardRuleId: 'rule', rewardIndex, reason }]

  it.each<[string, unknown, object?]>([
    ['expression/not_a_number', { var: 'event.additionalData.points' }],
    ['expression/not_a_number', '7'],
    ['expression/failed', { nope: 1 }],
    ['amount/out_of_range', -1],
    ['amount/out_of_range', 1e9],
    ['currency/unknown', 1, { virtualCurrencyId: 'gold' }],
    ['currency/unknown', 1, { virtualCurrencyId: '__proto__' }],
    ['balance/above_maximum', 6, { virtualCurrencyId: 'gems' }],
  ])('is kept as %s and takes nothing from the others', (reason, expression, rest) => {
    const effects = effectsOf([ruleOf({ rewards: [rewardOf(expression, rest), rewardOf(2)] })])
    expect(effects.refusals).toEqual(refusal(reason))
    expect(effects.lines?.map((line) => line.amount)).toEqual([2e6])
  })

  it('is not one of zero at the currency’s scale: that is skipped', () => {
    const effects = effectsOf([
      ruleOf({ rewards: [rewardOf(0), rewardOf(0.004), rewardOf(-0.004), rewardOf(0.4, { virtualCurrencyId: 'gems' })] }),
    ])
    expect(Object.keys(effects)).toEqual(['event'])
  })

  it('is held against the balance that the rewards before it have made', () => {
    const gems = (amount: number) => rewardOf(amount, { virtualCurrencyId: 'gems', redemptionMode: 'MANUAL' })
    const effects = effectsOf([ruleOf({ rewards: [gems(3), gems(3), gems(2)] })])
    expect(effects.refusals).toEqual(refusal('balance/above_maximum', 1))
    expect(effects.balances).toMatchObject([{ amount: 5e6, availableAmount: 0 }])
  })

  it('a condition that cannot be evaluated does not match, and says so', () => {
    const broken = ruleOf({ matchCondition: { '>': [{ var: 'event.tags' }, 1] } })
    const effects = effectsOf([broken, ruleOf({ rewardRuleId: 'fallback', applicationMode: 'FALLBACK' })])
    expect(effects.refusals).toEqual(refusal('expression/not_a_number', -1))
    expect(paidBy(effects)).toEqual(['fallback'])
  })
})

describe('what all rules of an event may cost', () => {
  const data = (name: string) => ({ var: `event.additionalData.${name}` })
  const additionalData = { list: Array.from({ length: 3000 }, () => 1) }
  /** Some 4,500 steps: four of them are paid. */
  const costly = { '>': [{ max: { map: [data('list'), 1] } }, 0] }
  const named = (name: string, rest: Partial<RewardRule> = {}) => ruleOf({ rewardRuleId: name, ...rest })
  const refusedFor = (effects: PlayerEffects, reason: string) =>
    (effects.refusals ?? []).filter((refusal) => refusal.reason === reason).map((refusal) => refusal.rewardRuleId)

  it('is bounded: rules before the place where it ends are paid, those behind it are refused, the same each time', () => {
    const rules = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => named(name, { matchCondition: costly }))
    const effects = effectsOf([named('first'), ...rules, named('last'), named('fallback', { applicationMode: 'FALLBACK' })], {
      additionalData,
    })
    const paid = paidBy(effects)
    expect(paid.length).toBeGreaterThan(2)
    expect(paid).toEqual(['first', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].slice(0, paid.length))
    expect([...paid, ...refusedFor(effects, 'event/over_budget')]).toEqual(['first', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'last'])
    const again = effectsOf([named('first'), ...rules, named('last'), named('fallback', { applicationMode: 'FALLBACK' })], {
      additionalData,
    })
    expect(again).toEqual(effects)
  })

  it('is no FALLBACK’s gain, and no longer any rule’s', () => {
    const rules = Array.from({ length: 9 }, (_, index) => named(`always-${index}`, { matchCondition: { '!': costly } }))
    const effects = effectsOf([...rules, named('fallback', { applicationMode: 'FALLBACK' })], { additionalData })
    expect(paidBy(effects)).toEqual([])
    expect(refusedFor(effects, 'event/over_budget')).toContain('fallback')
  })

  it('takes one that costs too much by itself for one that failed, and goes on', () => {
    const nested = { all: [data('list'), { '>=': [{ max: [1, 2, 3, { var: '' }] }, 0] }] }
    const effects = effectsOf([named('greedy', { matchCondition: nested }), named('modest')], { additionalData })
    expect(effects.refusals).toEqual([{ rewardRuleId: 'greedy', rewardIndex: -1, reason: 'expression/too_costly' }])
    expect(paidBy(effects)).toEqual(['modest'])
    expect(stepsPerExpression * 2).toBeLessThanOrEqual(stepsPerEvent)
  })

  it('ends with the texts of the attack that stopped an isolate for seconds', () => {
    const texts = { a: 'a'.repeat(8000), b: `${'a'.repeat(4000)}b${'a'.repeat(3900)}` }
    const search = { or: Array.from({ length: 99 }, () => ({ in: [data('b'), data('a')] })) }
    const rules = Array.from({ length: 22 }, (_, index) => named(`rule-${index}`, { matchCondition: search }))
    const effects = effectsOf(rules, { additionalData: texts })
    expect(paidBy(effects)).toEqual([])
    expect(effects.refusals).toHaveLength(22)
    expect(new Set(effects.refusals?.map(({ reason }) => reason))).toEqual(new Set(['expression/too_costly', 'event/over_budget']))
  })

  it('bounds what a commit has to hold: lines and refusals', () => {
    const rules = Array.from({ length: 2000 }, (_, index) =>
      named(`rule-${String(index).padStart(16, '0')}`, { rewards: Array.from({ length: 10 }, () => rewardOf(1)) }),
    )
    const effects = effectsOf(rules, { additionalData })
    expect(effects.lines?.length).toBeGreaterThan(150)
    expect(effects.refusals).toHaveLength(refusalsKept)
    // What came of each rule that was asked for is told: a line or a refusal for each of its rewards, a refusal for each rule behind.
    const told = (effects.lines?.length ?? 0) + refusalsKept + (effects.refusalsLeftOut ?? 0)
    expect(told).toBeGreaterThanOrEqual(rules.length)
    expect(JSON.stringify(effects).length).toBeLessThan(200_000)
  })
})
