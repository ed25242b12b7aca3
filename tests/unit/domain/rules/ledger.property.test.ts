// Over random rules, bounds and events: a balance is the sum of its lines, stays within its currency's bounds, and
// ALWAYS and FALLBACK never pay for one event.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { signedAmount } from '../../../../domain/boards/signed-amount.ts'
import { fromAmount, inRange } from '../../../../domain/ledger/amount.ts'
import { decidePlayer } from '../../../../domain/player/decide.ts'
import type { PlayerCommand } from '../../../../domain/player/types.ts'
import type { RewardRule } from '../../../../domain/rules/types.ts'
import { nowMs, rewardOf, ruleOf, ruleSetOf, World } from './world.ts'

const expression = fc.oneof(
  // fc.double prefers the smallest magnitudes, which round to nothing.
  fc.tuple(fc.integer({ min: -100, max: 100_000 }), fc.integer({ min: 0, max: 7 })).map(([digits, places]) => digits / 10 ** places),
  fc.constantFrom(0.1, 0.2, 1.005, 1e-7, 5e-7, 123_456.789, 999_999_999, 1e9, 0),
  fc.constantFrom(
    { '/': [{ var: 'event.value' }, 3] },
    { '*': [{ var: 'event.value' }, 0.1] },
    { '-': [{ var: 'event.value' }, 50] },
    { var: 'event.additionalData.points' },
    { if: [{ '>': [{ var: 'event.value' }, 10] }, 7.25, 0] },
  ),
)
const reward = fc.record({
  virtualCurrencyId: fc.constantFrom('a', 'a', 'a', 'b', 'b', 'none'),
  redemptionMode: fc.constantFrom('AUTO' as const, 'MANUAL' as const),
  expression,
})
const rule = fc
  .record({
    applicationMode: fc.constantFrom('ALWAYS' as const, 'ALWAYS' as const, 'FALLBACK' as const, 'DISABLED' as const),
    ruleType: fc.constantFrom('INSTANCE' as const, 'ENTITY' as const, 'TAG' as const),
    matchEntityId: fc.constantFrom('run', 'walk', 'x'),
    matchCondition: fc.constantFrom<unknown>(
      true,
      true,
      true,
      false,
      { '>': [{ var: 'event.value' }, 20] },
      { '!': { var: 'previousEvent' } },
      { '<': [{ var: 'event.tags' }, 1] },
    ),
    rewards: fc.array(reward, { minLength: 1, maxLength: 3 }),
  })
  .map((rest) => ruleOf({ ...rest, rewards: rest.rewards.map((one) => rewardOf(one.expression, one)) }))
const currency = (virtualCurrencyId: string) =>
  fc.record({
    virtualCurrencyId: fc.constant(virtualCurrencyId),
    scale: fc.integer({ min: 0, max: 6 }),
    minAllowedBalance: fc.option(fc.constantFrom(-5, 0, 0.5), { nil: undefined }),
    maxAllowedBalance: fc.option(fc.constantFrom(1, 100.5, 50_000, 1e12), { nil: undefined }),
  })
const event = fc.record({
  activityId: fc.constantFrom('run', 'walk'),
  value: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100, noNaN: true })),
  tags: fc.subarray(['x', 'y']),
  additionalData: fc.record({ points: fc.oneof(fc.double(), fc.string(), fc.constant(null)) }, { requiredKeys: [] }),
})

it('the ledger adds up, within bounds, over any history', () => {
  let lines = 0
  let refusals = 0
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 6, size: 'max' }),
      currency('a'),
      currency('b'),
      fc.array(event, { minLength: 1, maxLength: 25, size: 'max' }),
      (rules, a, b, events) => {
        const named: RewardRule[] = rules.map((one, index) => ({ ...one, rewardRuleId: `rule-${index}` }))
        const ruleSet = ruleSetOf(named, { currencies: { a, b } })
        const modes = new Map(named.map((one) => [one.rewardRuleId, one.applicationMode]))
        const world = new World()
        for (const [index, one] of events.entries()) {
          const command: PlayerCommand = { kind: 'activity.log', activityLogId: `log-${index}`, completedAtMs: nowMs, ...one }
          const decided = decidePlayer(world, command, ruleSet, { nowMs: nowMs + index, newId: world.newId, region: 'eu-west-1' })
          if (!decided.ok) throw new Error(decided.error.detail)
          const { effects } = decided.value
          // What is stored is JSON: nothing may be lost or changed on the way.
          expect(JSON.parse(JSON.stringify(effects.lines ?? []))).toEqual(effects.lines ?? [])
          expect(new Set((effects.lines ?? []).map((line) => modes.get(line.initiator))).size).toBeLessThanOrEqual(1)
          expect((effects.lines ?? []).some((line) => modes.get(line.initiator) === 'DISABLED')).toBe(false)
          world.apply(effects)
          lines += effects.lines?.length ?? 0
          refusals += effects.refusals?.length ?? 0
        }
        for (const {
          virtualCurrencyId,
          scale,
          minAllowedBalance = Number.NEGATIVE_INFINITY,
          maxAllowedBalance = Number.POSITIVE_INFINITY,
        } of [a, b]) {
          const own = world.lines.filter((line) => line.virtualCurrencyId === virtualCurrencyId)
          for (const line of own) expect(line.amount > 0 && inRange(line.amount) && line.amount % 10 ** (6 - scale) === 0).toBe(true)
          // In whole numbers without bound, which cannot round.
          const sum = (some: typeof own) => some.reduce((total, line) => total + BigInt(signedAmount(line)), 0n)
          const balance = world.balance(virtualCurrencyId)
          expect(BigInt(balance?.amount ?? 0)).toBe(sum(own))
          expect(BigInt(balance?.availableAmount ?? 0)).toBe(sum(own.filter((line) => line.state === 'COMPLETED')))
          if (balance !== null) {
            expect(fromAmount(balance.amount)).toBeLessThanOrEqual(maxAllowedBalance)
            expect(fromAmount(balance.amount)).toBeGreaterThanOrEqual(minAllowedBalance)
          }
        }
        expect(new Set(world.lines.map((line) => line.virtualTransactionId)).size).toBe(world.lines.length)
      },
    ),
    { numRuns: 300 },
  )
  expect(lines).toBeGreaterThan(400)
  expect(refusals).toBeGreaterThan(100)
})
