import { describe, expect, test } from 'vitest'
import { mostAbove } from './admissions.ts'
import { burst, twoHundred, user, World, workspace } from './world.ts'

describe('one isolate', () => {
  test.each([[[user()]], [[user(), workspace()]]])('1,000 at once on a fresh bucket: exactly 200 pass', async (demands) => {
    const limiter = new World().isolate()
    expect(await burst(limiter, 1_000, demands)).toBe(200)
    expect(await burst(limiter, 100, demands)).toBe(0)
  })

  test('one after another: exactly 200 pass, most of them without a call', async () => {
    const world = new World()
    const limiter = world.isolate()
    const outcomes = []
    for (let i = 0; i < 300; i++) outcomes.push(await limiter.take([user()]))
    expect(outcomes.map(({ allowed }) => allowed)).toEqual(outcomes.map((_, i) => i < 200))
    expect(outcomes.slice(0, 200).map(({ standings }) => standings[0]?.remaining)).toEqual(outcomes.slice(0, 200).map((_, i) => 199 - i))
    expect(world.calls).toBeLessThan(20)
  })

  test('what it holds is spent at once, with nothing to await', async () => {
    const world = new World()
    const limiter = world.isolate()
    await burst(limiter, 20, [user(), workspace()])
    const outcome = limiter.take([user(), workspace()])
    expect(outcome).not.toBeInstanceOf(Promise)
    expect(outcome).toMatchObject({ allowed: true })
  })

  test('a quiet principal takes one token a call', async () => {
    const world = new World()
    const limiter = world.isolate()
    for (let i = 0; i < 5; i++, world.advance(1_500)) await limiter.take([user()])
    expect(world.requests.map(({ lease }) => lease)).toEqual([0, 0, 0, 0, 0])
    expect(world.admission('w:user:u').idleAtMs(world.nowMs)).toBe(world.nowMs)
  })

  test('requests that come together take one lease between them', async () => {
    const world = new World()
    await burst(world.isolate(), 60, [user()])
    expect(world.requests.filter(({ lease }) => lease > 0)).toHaveLength(1)
  })

  test('a lease is dead after a second; what was left of it goes back with the next call', async () => {
    const world = new World()
    const limiter = world.isolate()
    await burst(limiter, 40, [user()])
    await limiter.take([user()])
    const callsBefore = world.calls
    world.advance(999)
    expect(limiter.take([user()])).not.toBeInstanceOf(Promise)
    world.advance(1)
    await limiter.take([user()])
    expect(world.calls).toBe(callsBefore + 1)
    const [leaseId, unused] = world.requests.at(-1)?.settled.at(-1) ?? []
    expect(leaseId).toMatch(/^isolate0:/)
    expect(unused).toBeGreaterThan(0)
    // 42 passed before this one and 20 were refilled since: nothing was lost.
    const { standings } = await limiter.take([user()])
    expect(standings[0]?.remaining).toBe(200 - 44 + 20)
  })

  test('a refusal is remembered until it ends, without a call; it says when', async () => {
    const world = new World()
    const limiter = world.isolate()
    await burst(limiter, 201, [user()])
    const { calls } = world
    const refused = limiter.take([user(), workspace()])
    expect(refused).toMatchObject({ allowed: false, refusedBy: ['user'], retryAfterSeconds: 1 })
    expect(refused).toMatchObject({
      standings: [
        { remaining: 0, resetSeconds: 1 },
        { remaining: 5_000, resetSeconds: 0 },
      ],
    })
    world.advance(49)
    limiter.take([user()])
    expect(world.calls).toBe(calls)
    world.advance(1)
    expect(await limiter.take([user()])).toMatchObject({ allowed: true })
    expect(world.requests.at(-1)?.refused).toBe(2)
  })

  test('a clock that was set back ends every lease: its object could not know how long it lived', async () => {
    const world = new World()
    const limiter = world.isolate()
    await burst(limiter, 20, [user()])
    expect(limiter.take([user()])).not.toBeInstanceOf(Promise)
    world.advance(-3_600_000)
    const outcome = limiter.take([user()])
    expect(outcome).toBeInstanceOf(Promise)
    expect(await outcome).toMatchObject({ allowed: true })
    expect(world.requests.at(-1)?.settled).toHaveLength(1)
  })

  test('a lease that comes when its second is over is not begun', async () => {
    const world = new World()
    const limiter = world.isolate()
    world.isSlow = true
    const outcomes = [limiter.take([user()]), limiter.take([user()]), limiter.take([user()])]
    world.advance(1_000)
    await world.deliverAll()
    expect((await Promise.all(outcomes)).every(({ allowed }) => allowed)).toBe(true)
    expect(world.requests.at(-1)?.lease).toBe(3)
    expect(limiter.take([user()])).toBeInstanceOf(Promise)
    await world.deliverAll()
    expect(world.requests.at(-1)?.settled).toEqual([[expect.any(String), 3]])
  })

  test('a request that was cut off while it asked for a lease stands in the way for a second only', async () => {
    const world = new World()
    const limiter = world.isolate()
    world.isSlow = true
    for (let i = 0; i < 5; i++) void limiter.take([user()])
    world.messages.length = 0
    world.isSlow = false
    await limiter.take([user()])
    expect(world.requests.at(-1)?.lease).toBe(0)
    world.advance(1_000)
    await limiter.take([user()])
    expect(world.requests.at(-1)?.lease).toBeGreaterThan(0)
  })

  test('forgets what was not used lately: what it held is lost, never doubled', async () => {
    const world = new World()
    const limiter = world.isolate(2)
    expect(await burst(limiter, 30, [user()])).toBe(30)
    for (const id of ['a', 'b', 'c', 'd', 'e']) await limiter.take([user({ name: `w:user:${id}` })])
    const again = await burst(limiter, 1_000, [user()])
    expect(again).toBeLessThanOrEqual(170)
    expect(again).toBeGreaterThanOrEqual(120)
  })
})

describe('several buckets', () => {
  const few = workspace({ limit: { quota: 10, windowSeconds: 10 } })

  test('all must allow it; a refusal takes nothing from the others', async () => {
    const world = new World()
    const limiter = world.isolate()
    expect(await burst(limiter, 100, [user(), few])).toBe(10)
    expect(await burst(limiter, 1_000, [user()])).toBe(190)
    expect(mostAbove(twoHundred, world.admitted.get('w:user:u') ?? [])).toBeLessThanOrEqual(0)
  })

  test('a token that comes back late is given to the next one', async () => {
    const world = new World()
    const limiter = world.isolate()
    await burst(limiter, 10, [few])
    world.isSlow = true
    world.advance(1_000)
    const [first, second] = [limiter.take([user(), few]), limiter.take([user(), few])]
    await world.deliverAll()
    expect([await first, await second].map(({ allowed }) => allowed)).toEqual([true, false])
    const { calls } = world
    expect(limiter.take([user()])).toMatchObject({ allowed: true })
    expect(world.calls).toBe(calls)
  })

  test('they are asked side by side', async () => {
    const world = new World()
    world.isSlow = true
    const outcome = world.isolate().take([user(), workspace()])
    expect(world.messages).toHaveLength(2)
    await world.deliverAll()
    expect(await outcome).toMatchObject({ allowed: true })
  })
})

test('a bucket of one, beside another: one a second passes, second after second', async () => {
  const world = new World()
  const limiter = world.isolate()
  const one = user({ limit: { quota: 1, windowSeconds: 1 } })
  for (let second = 0; second < 10; second++, world.advance(1_000)) {
    expect(await burst(limiter, 3, [one, workspace()])).toBe(1)
  }
})

describe('the limit changes', () => {
  test('a throttle holds at once, and its end too', async () => {
    const world = new World()
    const limiter = world.isolate()
    await burst(limiter, 30, [user()])
    const throttled = user({ limit: { quota: 5, windowSeconds: 10 } })
    expect(await burst(limiter, 30, [throttled])).toBe(5)
    expect(await burst(limiter, 30, [throttled])).toBe(0)
    expect(limiter.take([throttled])).toMatchObject({ retryAfterSeconds: 2 })
    // Without it the principal waits no longer for what the throttle would have refilled.
    expect(await burst(limiter, 30, [user()])).toBe(0)
    world.advance(50)
    expect(await burst(limiter, 30, [user()])).toBe(1)
  })

  test('a better plan counts from the next request on', async () => {
    const world = new World()
    const limiter = world.isolate()
    expect(await burst(limiter, 300, [user()])).toBe(200)
    world.advance(1_000)
    expect(await burst(limiter, 300, [user({ limit: { quota: 1_000, windowSeconds: 10 } })])).toBe(20)
    world.advance(1_000)
    expect(await burst(limiter, 300, [user({ limit: { quota: 1_000, windowSeconds: 10 } })])).toBe(100)
  })
})

describe('an object that cannot be reached', () => {
  test('each isolate counts by itself, by the same limit, and says so once a second', async () => {
    const world = new World()
    world.reach = 'never'
    const [one, other] = [world.isolate(), world.isolate()]
    expect(await burst(one, 1_000, [user()])).toBe(200)
    expect(await burst(other, 1_000, [user()])).toBe(200)
    expect(one.take([user()])).toMatchObject({ allowed: false, refusedBy: ['user'], retryAfterSeconds: 1 })
    expect(world.events).toEqual([
      { event: 'rate_limiter/unreachable', policy: 'user', name: 'w:user:u', calls: 1 },
      { event: 'rate_limiter/unreachable', policy: 'user', name: 'w:user:u', calls: 1 },
    ])
    world.advance(1_000)
    expect(await burst(one, 1_000, [user()])).toBe(20)
    expect(world.events.at(-1)).toMatchObject({ calls: 1_000 })
  })

  test('asks again after a second and is exact from then on; the next outage begins where the last one ended', async () => {
    const world = new World()
    const limiter = world.isolate()
    world.reach = 'never'
    expect(await burst(limiter, 300, [user()])).toBe(200)
    world.reach = 'once'
    world.advance(1_000)
    expect(await burst(limiter, 300, [user()])).toBe(200)
    expect(await burst(limiter, 300, [user()])).toBe(0)
    world.reach = 'never'
    world.advance(1_000)
    expect(await burst(limiter, 300, [user()])).toBe(40)
  })

  test('what is wrong with the object itself is no outage', async () => {
    const world = new World()
    const bad = user({ limit: { quota: 0.5, windowSeconds: 1 } })
    await expect(world.isolate().take([bad])).rejects.toThrow(RangeError)
  })
})
