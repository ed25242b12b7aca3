import { expect, test, vi } from 'vitest'
import { ok, type Result } from '../../../domain/result.ts'
import type { RuleSet } from '../../../domain/rules/types.ts'
import { mapBounded } from '../../../workers/concurrency.ts'
import { ObjectUnavailable } from '../../../workers/edge/object-unavailable.ts'
import { callObject, retrying } from '../../../workers/retry.ts'
import { rememberedRuleSets } from '../../../workers/rule-sets.ts'
import { ruleSet } from './world.ts'

const thrown = (flags: object) => Object.assign(new Error('stub'), flags)

function failing(...errors: unknown[]) {
  const slept: number[] = []
  const call = vi.fn(async () => {
    const error = errors.shift()
    if (error) throw error
    return 'done'
  })
  return { call, slept, run: () => callObject(call, { random: () => 0.5, sleep: async (ms) => void slept.push(ms) }) }
}

test('a retryable error is retried with jitter, and a fresh stub each time', async () => {
  const { call, slept, run } = failing(thrown({ retryable: true }), thrown({ retryable: true }))
  expect(await run()).toBe('done')
  expect([call.mock.calls.length, slept]).toEqual([3, [12.5, 25]])
  let stubs = 0
  const stub = () => ({ ping: async () => (++stubs < 3 ? Promise.reject(thrown({ retryable: true })) : stubs) })
  expect(await retrying(stub, { random: Math.random, sleep: async () => {} }).ping()).toBe(3)
})

test('an overloaded object is not asked again, and retries end', async () => {
  const overloaded = failing(thrown({ retryable: true, overloaded: true }))
  await expect(overloaded.run()).rejects.toBeInstanceOf(ObjectUnavailable)
  expect(overloaded.call).toHaveBeenCalledTimes(1)
  const always = failing(...Array.from({ length: 9 }, () => thrown({ retryable: true })))
  await expect(always.run()).rejects.toBeInstanceOf(ObjectUnavailable)
  expect(always.call).toHaveBeenCalledTimes(4)
})

test('what the object itself threw is a bug, and is thrown on', async () => {
  const bug = thrown({ remote: true })
  await expect(failing(bug).run()).rejects.toBe(bug)
})

test('bounded parallelism keeps the order and its bound', async () => {
  let atWork = 0
  let most = 0
  const results = await mapBounded(
    [5, 1, 4, 2, 3],
    async (n) => {
      most = Math.max(most, ++atWork)
      for (let i = 0; i < n; i++) await Promise.resolve()
      atWork -= 1
      return n * 10
    },
    2,
  )
  expect(results).toEqual([50, 10, 40, 20, 30])
  expect(most).toBe(2)
  await expect(mapBounded([1, 2], async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
})

test('rule sets: two seconds from the asking, and never an older number', async () => {
  const clock = { nowMs: 0 }
  const answers: ((value: Result<RuleSet>) => void)[] = []
  const load = vi.fn(() => new Promise<Result<RuleSet>>((resolve) => answers.push(resolve)))
  const remembered = rememberedRuleSets({ now: () => clock.nowMs, rememberMs: 2000, load })
  const number = async (asked: Promise<Result<RuleSet>>) => {
    const result = await asked
    return result.ok ? result.value.number : null
  }
  const slow = remembered('w')
  const fast = remembered('w')
  clock.nowMs = 1500
  answers[1]?.(ok({ ...ruleSet, number: 8 }))
  expect(await number(fast)).toBe(8)
  answers[0]?.(ok({ ...ruleSet, number: 7 }))
  expect(await number(slow)).toBe(8)
  expect(await number(remembered('w'))).toBe(8)
  expect(load).toHaveBeenCalledTimes(2)
  clock.nowMs = 2000
  const later = remembered('w')
  expect(load).toHaveBeenCalledTimes(3)
  answers[2]?.(ok({ ...ruleSet, number: 9 }))
  expect(await number(later)).toBe(9)
})
