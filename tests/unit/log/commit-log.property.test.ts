// Random commands, kills, freezes, late writes and storage losses against a model that knows only this: what was
// acknowledged must be there once, what was not may be there once, and nothing is there twice.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldLog } from '../../../domain/log/fold.ts'
import type { Commit } from '../../../domain/log/types.ts'
import type { PlayerEffects } from '../../../domain/player/types.ts'
import type { SimRegion } from './sim-region.ts'
import { World } from './world.ts'

type Step =
  | { do: 'walk'; events: { id: number; value: number }[] }
  | { do: 'region'; north: boolean; state: 'up' | 'down' | 'frozen' }
  | { do: 'fault'; north: boolean; fault: 'reply_lost' | 'lands_late' | 'never_lands' | 'twice' }
  | { do: 'r2'; up: boolean }
  | { do: 'queue'; loses: boolean }
  | { do: 'copy'; north: boolean; index: number }
  | { do: 'land'; north: boolean }
  | { do: 'alarm' | 'kill' | 'lose-storage' }
  /** The object dies, or dies and loses its storage, so many steps into a command. */
  | { do: 'die-in-flight'; id: number; value: number; steps: number; loses: boolean }

const north = fc.boolean()
const event = fc.record({ id: fc.integer({ min: 0, max: 40 }), value: fc.integer({ min: 1, max: 9 }) })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('walk' as const), events: fc.array(event, { minLength: 1, maxLength: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('region' as const),
      north,
      state: fc.constantFrom('up' as const, 'up' as const, 'down' as const, 'frozen' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      north,
      fault: fc.constantFrom('reply_lost' as const, 'lands_late' as const, 'never_lands' as const, 'twice' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('r2' as const), up: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('queue' as const), loses: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('copy' as const), north, index: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('land' as const), north }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('alarm' as const, 'kill' as const, 'lose-storage' as const) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('die-in-flight' as const),
      id: fc.integer({ min: 0, max: 40 }),
      value: fc.integer({ min: 1, max: 9 }),
      steps: fc.nat(40),
      loses: fc.boolean(),
    }),
  },
)

interface Model {
  /** Event id to the value it was acknowledged with. */
  acknowledged: Map<string, number>
  /** Event id to every value that was ever sent with it. */
  sent: Map<string, Set<number>>
}

async function act(world: World, model: Model, step: Step): Promise<void> {
  const region = (isNorth: boolean): SimRegion => (isNorth ? world.north : world.west)
  switch (step.do) {
    case 'walk':
      return walk(world, model, step.events)
    case 'die-in-flight':
      return dieInFlight(world, model, step)
    case 'region':
      region(step.north).state = step.state
      return
    case 'fault':
      region(step.north).faults.push(step.fault)
      return
    case 'r2':
      world.pending.up = step.up
      return
    case 'queue':
      world.queueLoses = step.loses
      return
    case 'copy':
      return region(step.north).sendCopy(step.index)
    case 'land':
      return region(step.north).landLate()
    case 'alarm':
      return world.alarm()
    case 'kill':
      return world.kill()
    case 'lose-storage':
      return world.loseStorage()
  }
}

/** The request is at any place on its way when the process dies; what was answered before that counts. */
async function dieInFlight(world: World, model: Model, { id, value, steps, loses }: Step & { do: 'die-in-flight' }): Promise<void> {
  note(model, `event-${id}`, value)
  const answered = world.log.execute([world.walk(`event-${id}`, value)]).then(
    ([reply]) => (reply?.ok ? acknowledge(model, `event-${id}`, value) : undefined),
    () => {},
  )
  for (let i = 0; i < steps; i++) await Promise.resolve()
  if (loses) world.loseStorage()
  else world.kill()
  await answered
}

function acknowledge(model: Model, id: string, value: number): void {
  const before = model.acknowledged.get(id)
  if (before !== undefined) expect(before, `${id} was acknowledged with another value before`).toBe(value)
  model.acknowledged.set(id, value)
}

function note(model: Model, id: string, value: number): void {
  model.sent.set(id, (model.sent.get(id) ?? new Set()).add(value))
}

async function walk(world: World, model: Model, events: { id: number; value: number }[]): Promise<void> {
  for (const { id, value } of events) note(model, `event-${id}`, value)
  const replies = await world.log.execute(events.map(({ id, value }) => world.walk(`event-${id}`, value)))
  replies.forEach((reply, index) => {
    const sent = events[index]
    if (!sent) return
    const id = `event-${sent.id}`
    if (reply.ok) acknowledge(model, id, sent.value)
    else {
      expect(['record/unavailable', 'resource/already_exists', 'resource/not_found']).toContain(reply.error.code)
    }
  })
}

function check(world: World, model: Model): void {
  const folds = [world.west, world.north].map((region) => foldLog(region.items()))
  for (const fold of folds) expect(fold.ok, JSON.stringify(fold)).toBe(true)
  const [west, north] = folds.map((fold) => (fold.ok ? (fold.value.commits as Commit<unknown, PlayerEffects>[]) : []))
  expect(north).toEqual(west)
  // A late write may have carried a fence back; the repair after it must have carried it forward again.
  const head = folds[0]?.ok ? folds[0].value.head : null
  expect(world.west.fence()).toEqual(head)
  expect(world.north.fence()).toEqual(head)

  const paid = new Map<string, number>()
  for (const commit of west ?? []) {
    if (commit.effects.event === undefined) continue
    expect(paid.has(commit.eventId ?? ''), `${commit.eventId} stands twice`).toBe(false)
    paid.set(commit.eventId ?? '', commit.effects.event.value)
  }
  for (const [id, value] of model.acknowledged) expect(paid.get(id), `${id} was acknowledged`).toBe(value)
  for (const [id, value] of paid) expect(model.sent.get(id)?.has(value), `${id} was never sent with ${value}`).toBe(true)

  const total = [...paid.values()].reduce((sum, value) => sum + value * 1e6, 0)
  expect(world.balance()).toBe(total)
  expect(Object.values(world.tables.sums()).reduce((sum, one) => sum + one, 0)).toBe(total)
  expect(world.board.get('ada')?.score ?? 0).toBe(total)
  expect(world.log.status().outbox).toBe(0)
  expect(world.pending.objects).toEqual([])
}

test('no acknowledged commit is lost, none is doubled, balances and boards equal the ledger', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const world = new World()
      const model: Model = { acknowledged: new Map(), sent: new Map() }
      const born = await world.create()
      expect(born[0]?.ok).toBe(true)
      for (const one of steps) await act(world, model, one)
      await world.heal()
      check(world, model)
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 400) },
  )
})
