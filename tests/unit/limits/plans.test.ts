import { expect, test } from 'vitest'
import { effectiveLimits } from '../../../domain/limits/plans.ts'

const own = { quota: 200, windowSeconds: 10 }

test.each([
  ['STANDARD', 5_000],
  ['PREMIUM', 20_000],
  ['ENTERPRISE', 100_000],
] as const)('%s: %d a workspace in 10 s, and 200 for each person and machine', (plan, quota) => {
  const suspect = { refusals: 1000, withinSeconds: 60, limit: { quota: 20, windowSeconds: 10 }, forSeconds: 600 }
  expect(effectiveLimits(plan, {})).toEqual({ principal: own, machine: own, workspace: { quota, windowSeconds: 10 }, suspect })
})

test('settings go before the plan, one by one', () => {
  const machine = { quota: 1_000, windowSeconds: 60 }
  expect(effectiveLimits('STANDARD', { machine })).toEqual({ ...effectiveLimits('STANDARD', {}), machine })
})

test('no rule is a setting too', () => {
  expect(effectiveLimits('STANDARD', { suspect: null }).suspect).toBeNull()
  expect(effectiveLimits('STANDARD', { suspect: undefined }).suspect).not.toBeNull()
})
