import { parseList } from 'structured-headers'
import { expect, test } from 'vitest'
import { limitFields } from '../../../workers/edge/limits/fields.ts'
import { burst, user, World, workspace } from './world.ts'

const parsed = (field: string | undefined) => parseList(field ?? '').map(([name, parameters]) => [name, Object.fromEntries(parameters)])

test('the policies and where each stands, as structured fields', async () => {
  const fields = limitFields(await new World().isolate().take([user(), workspace()]))
  expect(fields['ratelimit-policy']).toBe('"user";q=200;w=10, "workspace";q=5000;w=10')
  expect(parsed(fields['ratelimit-policy'])).toEqual([
    ['user', { q: 200, w: 10 }],
    ['workspace', { q: 5_000, w: 10 }],
  ])
  expect(parsed(fields.ratelimit)).toEqual([
    ['user', { r: 199, t: 1 }],
    ['workspace', { r: 4_999, t: 1 }],
  ])
  expect(fields).not.toHaveProperty('retry-after')
})

test('r and t of a bucket that is used: t is when all of it is there again', async () => {
  const limiter = new World().isolate()
  await burst(limiter, 100, [user()])
  expect(parsed(limitFields(await limiter.take([user()])).ratelimit)).toEqual([['user', { r: 99, t: 6 }]])
})

test('refused: nothing remains, and Retry-After is not before the end of t', async () => {
  const limiter = new World().isolate()
  const slow = user({ limit: { quota: 3, windowSeconds: 60 } })
  await burst(limiter, 3, [slow, workspace()])
  const fields = limitFields(await limiter.take([slow, workspace()]))
  const [refusing] = parsed(fields.ratelimit)
  expect(refusing).toEqual(['user', { r: 0, t: 20 }])
  expect(fields['retry-after']).toBe('20')
})

test('a throttle shows as the policy in force, and is to be logged once', async () => {
  const world = new World()
  const limiter = world.isolate()
  const suspect = { refusals: 10, withinSeconds: 60, limit: { quota: 20, windowSeconds: 10 }, forSeconds: 600 }
  for (let i = 0; i < 220; i++) await limiter.take([user({ suspect })])
  world.advance(50)
  const [first, second] = [await limiter.take([user({ suspect })]), await limiter.take([user({ suspect })])]
  expect(limitFields(first)['ratelimit-policy']).toBe('"user";q=20;w=10')
  expect(first.throttled).toEqual({ policy: 'user', limit: suspect.limit, untilMs: world.nowMs + 600_000, started: true })
  expect(second.throttled).toMatchObject({ started: false })
})

test('isolates follow within two seconds when a throttle is lifted, however long its refusals are', async () => {
  const world = new World()
  const limiter = world.isolate()
  const suspect = { refusals: 10, withinSeconds: 60, limit: { quota: 1, windowSeconds: 600 }, forSeconds: 600 }
  for (let i = 0; i < 220; i++) await limiter.take([user({ suspect })])
  world.advance(50)
  await limiter.take([user({ suspect })])
  expect(limitFields(await limiter.take([user({ suspect })]))['retry-after']).toBe('600')
  expect(world.admission('w:user:u').lift(world.nowMs)).toBe(true)
  world.advance(2_000)
  expect(await limiter.take([user({ suspect })])).toMatchObject({ allowed: true, standings: [{ limit: user().limit }] })
})

test('no policies, no fields', () => {
  expect(limitFields({ allowed: true, standings: [] })).toEqual({})
})
