// The limiter and its real object, inside workerd, wired as the composition root wires them.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import { beforeEach, expect, test } from 'vitest'
import { objectStub } from '../../durable-objects/addresses.ts'
import type { RateLimiterRpc } from '../../durable-objects/rate-limiter/rpc.ts'
import { type LimitDemand, type Limiter, type LimitOutcome, rateLimiter } from '../../workers/edge/limits/limiter.ts'
import { retrying } from '../../workers/retry.ts'
import { crash } from './support/objects.ts'

const ports = { random: () => 0, sleep: () => Promise.resolve() }
const limit = { quota: 200, windowSeconds: 10 }
/** Nothing worth mentioning refills while a test runs. */
const slow = { quota: 200, windowSeconds: 3_600 }

let name = ''
beforeEach(() => {
  name = `w:${nanoid()}`
})

const object = (of: string): RateLimiterRpc =>
  retrying<RateLimiterRpc>(() => objectStub<RateLimiterRpc>(env.RATE_LIMITER, of, env.JURISDICTION), ports)
const stub = () => env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(name)) as unknown as DurableObjectStub
const isolate = (): Limiter => rateLimiter({ now: () => Date.now(), newId: nanoid, object, report: () => undefined })
const user = (more: Partial<LimitDemand> = {}): LimitDemand => ({ policy: 'user', name, limit, maximumLease: 50, ...more })

async function many(limiters: Limiter[], count: number, demand: LimitDemand): Promise<LimitOutcome[]> {
  const outcomes = Array.from({ length: count }, (_, i) => (limiters[i % limiters.length] as Limiter).take([demand]))
  return (await Promise.all(outcomes)).filter(({ allowed }) => allowed)
}
const stored = () => runInDurableObject(stub(), async (_, state) => (await state.storage.list()).size)
/** As the object's own clock will do within a second. */
const untilStored = () => expect.poll(stored, { timeout: 5_000, interval: 50 }).toBe(1)

test('1,000 at once on a fresh bucket: 200 pass, and what was refilled meanwhile', async () => {
  const beforeMs = Date.now()
  const { length } = await many([isolate()], 1_000, user())
  const refilled = Math.floor(((Date.now() - beforeMs) * limit.quota) / (limit.windowSeconds * 1000))
  expect(length).toBeGreaterThanOrEqual(200)
  expect(length).toBeLessThanOrEqual(200 + refilled)
})

test('two isolates, one bucket: never more than its limit between them', async () => {
  const limiters = [isolate(), isolate()]
  const beforeMs = Date.now()
  let passed = 0
  for (let round = 0; round < 30; round++) passed += (await many(limiters, 20, user())).length
  const refilled = Math.floor(((Date.now() - beforeMs) * limit.quota) / (limit.windowSeconds * 1000))
  expect(passed).toBeLessThanOrEqual(200 + refilled)
  expect(passed).toBeGreaterThan(100)
})

test.each([
  ['evicted', () => evictDurableObject(stub())],
  ['killed', () => crash(stub())],
])('%s, it goes on from what it saved', async (_, end) => {
  const demand = user({ limit: slow })
  expect(await many([isolate()], 150, demand)).toHaveLength(150)
  await untilStored()
  await end()
  const passed = (await many([isolate()], 300, demand)).length
  expect(passed).toBeLessThanOrEqual(51)
  expect(passed).toBeGreaterThan(0)
})

test('a throttle survives a restart, is told, and can be lifted', async () => {
  const suspect = { refusals: 20, withinSeconds: 60, limit: { quota: 5, windowSeconds: 3_600 }, forSeconds: 600 }
  const demand = user({ limit: { quota: 10, windowSeconds: 3_600 }, suspect })
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => isolate().take([demand])))
  expect(outcomes.filter(({ throttled }) => throttled?.started)).toHaveLength(1)
  await evictDurableObject(stub())
  expect(await object(name).throttled()).toMatchObject({ limit: suspect.limit })
  expect(await isolate().take([demand])).toMatchObject({ allowed: false, standings: [{ limit: suspect.limit }] })
  expect(await object(name).lift()).toBe(true)
  expect(await object(name).lift()).toBe(false)
  await evictDurableObject(stub())
  expect(await object(name).throttled()).toBeNull()
  expect(await isolate().take([demand])).toMatchObject({ standings: [{ limit: demand.limit }] })
})

test('the alarm leaves nothing behind once the bucket is full', async () => {
  await many([isolate()], 15, user({ limit: { quota: 20, windowSeconds: 3_600 } }))
  await untilStored()
  expect(await runDurableObjectAlarm(stub())).toBe(true)
  expect(await stored()).toBe(1)
  // A better limit fills it within the second.
  await isolate().take([user({ limit: { quota: 100_000, windowSeconds: 1 } })])
  await expect.poll(() => runDurableObjectAlarm(stub()).then(stored), { timeout: 5_000, interval: 100 }).toBe(0)
})
