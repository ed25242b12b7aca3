// The promise, against everything that can happen: whatever isolates, leases, the network and the clock do, in no window
// are more requests let through than the quota and what the window refills.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LimitDemand, Limiter, LimitOutcome } from '../../../workers/edge/limits/limiter.ts'
import { mostAbove } from './admissions.ts'
import { settle, user, World, workspace } from './world.ts'

// Small and quick to refill: what a lease leaves room for is soon there again, and a burst takes all there is.
const principal = user({ limit: { quota: 12, windowSeconds: 1 }, maximumLease: 6 })
const everybody = workspace({ limit: { quota: 16, windowSeconds: 1 }, maximumLease: 8 })
const other = user({ name: 'w:user:v', limit: principal.limit, maximumLease: 8 })

type Event =
  | { kind: 'take'; isolate: number; count: number; by: 'one' | 'both' | 'other' }
  | { kind: 'pass'; ms: number }
  | { kind: 'deliver'; index: number }
  | { kind: 'deliverAll' }
  | { kind: 'die'; isolate: number }
  | { kind: 'setBack'; ms: number }
  | { kind: 'restart' }
  | { kind: 'reach'; reach: World['reach'] }
  | { kind: 'slow'; isSlow: boolean }

const isolates = 3
const isolate = fc.nat(isolates - 1)
const take = fc.record({
  kind: fc.constant('take' as const),
  isolate,
  count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(30)),
  by: fc.constantFrom('one' as const, 'both' as const, 'other' as const),
})
const pass = fc.record({
  kind: fc.constant('pass' as const),
  ms: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 100, max: 1_000 }), fc.integer({ min: 900, max: 2_500 })),
})
const deliver = fc.record({ kind: fc.constant('deliver' as const), index: fc.nat(50) })
const deliverAll = fc.constant({ kind: 'deliverAll' as const })
const die = fc.record({ kind: fc.constant('die' as const), isolate })
const setBack = fc.record({ kind: fc.constant('setBack' as const), ms: fc.integer({ min: 1, max: 300 }) })
const slow = fc.record({ kind: fc.constant('slow' as const), isSlow: fc.boolean() })
const reach = (...ways: World['reach'][]) => fc.record({ kind: fc.constant('reach' as const), reach: fc.constantFrom(...ways) })

const often = (arbitrary: fc.Arbitrary<Event>, weight: number) => ({ arbitrary, weight })
const usual = [often(take, 8), often(pass, 5), often(deliver, 3), often(deliverAll, 2), often(slow, 1), often(die, 1)]

const demandsOf = { one: [principal], both: [principal, everybody], other: [other, everybody] } satisfies Record<string, LimitDemand[]>

async function play(events: Event[], world = new World()): Promise<World> {
  const running: Limiter[] = Array.from({ length: isolates }, () => world.isolate())
  const outcomes: (LimitOutcome | Promise<LimitOutcome>)[] = []
  // A lease lives a second by the isolate's clock and is held for two by its object's: so far may a clock be set back unnoticed.
  let maySetBackMs = 1_000
  for (const event of events) {
    switch (event.kind) {
      case 'take':
        for (let i = 0; i < event.count; i++) outcomes.push((running[event.isolate] as Limiter).take(demandsOf[event.by]))
        break
      case 'pass':
        world.advance(event.ms)
        break
      case 'deliver':
        await world.deliver(event.index)
        break
      case 'deliverAll':
        await world.deliverAll()
        break
      case 'die':
        running[event.isolate] = world.isolate()
        break
      case 'setBack':
        world.advance(-Math.min(event.ms, maySetBackMs))
        maySetBackMs -= Math.min(event.ms, maySetBackMs)
        break
      case 'restart':
        world.restart(principal.name)
        break
      case 'reach':
        world.reach = event.reach
        break
      case 'slow':
        world.isSlow = event.isSlow
    }
    if (!world.isSlow) await settle()
  }
  await world.deliverAll()
  await Promise.all(outcomes)
  return world
}

const above = (world: World, demand: LimitDemand): number => mostAbove(demand.limit, world.admitted.get(demand.name) ?? [])

test('with several isolates, leases, isolates that die, calls made twice and a clock that is set back', async () => {
  const events = fc.array(fc.oneof(...usual, often(setBack, 1), often(reach('once', 'twice'), 1)), {
    minLength: 5,
    maxLength: 60,
    size: 'max',
  })
  await fc.assert(
    fc.asyncProperty(events, async (played) => {
      const world = await play(played)
      for (const demand of [principal, other, everybody]) expect(above(world, demand)).toBeLessThanOrEqual(0)
    }),
    { numRuns: 400 },
  )
})

test('a restart gives again at most what was given since the bucket was last saved', async () => {
  const events = fc.array(fc.oneof(...usual, often(fc.constant({ kind: 'restart' as const }), 2)), {
    minLength: 5,
    maxLength: 60,
    size: 'max',
  })
  await fc.assert(
    fc.asyncProperty(events, async (played) => {
      const world = await play(played)
      expect(above(world, principal)).toBeLessThanOrEqual(world.forgotten)
      expect(above(world, everybody)).toBeLessThanOrEqual(0)
    }),
    { numRuns: 300 },
  )
})

test('where objects cannot be reached, each isolate adds at most the limit itself', async () => {
  const withoutDeaths = usual.filter(({ arbitrary }) => arbitrary !== die)
  const events = fc.array(fc.oneof(...withoutDeaths, often(reach('once', 'never'), 2)), { minLength: 5, maxLength: 60, size: 'max' })
  await fc.assert(
    fc.asyncProperty(events, async (played) => {
      const world = await play(played)
      const { quota, windowSeconds } = principal.limit
      const together = { quota: quota * (isolates + 1), windowSeconds }
      expect(mostAbove(together, world.admitted.get(principal.name) ?? [])).toBeLessThanOrEqual(0)
    }),
    { numRuns: 200 },
  )
})

test('and it is no limit that refuses everybody: what is asked for is let through, save the leases that were left lying', async () => {
  const world = new World()
  const running = Array.from({ length: isolates }, () => world.isolate())
  // Twice the limit for a minute, spread over three isolates.
  for (let i = 0; i < 60 * 25; i++, world.advance(40)) await (running[i % isolates] as Limiter).take([principal])
  const admitted = world.admitted.get(principal.name)?.length ?? 0
  expect(admitted).toBeGreaterThanOrEqual(60 * 12)
  expect(admitted).toBeLessThanOrEqual(12 + 60 * 12)
})
