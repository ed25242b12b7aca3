// A region loses data again and again, while commands are decided, regions come and go, writes land late, copies travel in
// any order and a refill goes through pages that are cut anywhere. Afterwards: one refill, and both copies are the same
// and whole, with everything in them that was acknowledged.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldLog } from '../../../domain/log/fold.ts'
import { type RefillPlace, refillPage } from '../../../durable-objects/log/refill-regions.ts'
import { World } from './world.ts'

type Step =
  | { do: 'walk' | 'copy-of-west' | 'lose-west' | 'set-west-back' | 'alarm' | 'kill' }
  | { do: 'refill-page' | 'walk-beside-refill' | 'lose-in-refill'; steps: number }
  | { do: 'lose-some'; which: number[] }
  | { do: 'region'; north: boolean; state: 'up' | 'down' }
  | { do: 'fault'; north: boolean; fault: 'reply_lost' | 'lands_late' | 'never_lands' }
  | { do: 'copy' | 'land'; north: boolean; index: number }

const north = fc.boolean()
const index = fc.nat(9)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('walk' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('copy-of-west' as const, 'lose-west' as const, 'set-west-back' as const) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose-some' as const), which: fc.array(fc.integer({ min: 1, max: 30 })) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('refill-page' as const, 'walk-beside-refill' as const, 'lose-in-refill' as const),
      steps: fc.nat(60),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('region' as const), north, state: fc.constantFrom('up' as const, 'down' as const) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      north,
      fault: fc.constantFrom('reply_lost' as const, 'lands_late' as const, 'never_lands' as const),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('copy' as const, 'land' as const), north, index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('alarm' as const, 'kill' as const) }) },
)

class Story {
  readonly world = new World()
  readonly acknowledged: string[] = []
  #walks = 0
  #setBack = this.world.west.copy()
  #place: RefillPlace | null = null

  async act(step: Step): Promise<void> {
    const { world } = this
    switch (step.do) {
      case 'walk':
        return this.walk()
      case 'copy-of-west':
        this.#setBack = world.west.copy()
        return
      case 'lose-west':
        return world.west.lose()
      case 'set-west-back':
        return this.#setBack()
      case 'lose-some':
        return world.west.lose(({ from }) => step.which.includes(from))
      case 'refill-page':
        return this.refill()
      case 'walk-beside-refill': {
        const refilling = this.refill()
        await microtasks(step.steps)
        await Promise.all([refilling, this.walk()])
        return
      }
      case 'lose-in-refill': {
        const refilling = this.refill()
        await microtasks(step.steps)
        world.west.lose(({ from }) => from % 2 === 0)
        return refilling
      }
      case 'region':
        ;(step.north ? world.north : world.west).state = step.state
        return
      case 'fault':
        ;(step.north ? world.north : world.west).faults.push(step.fault)
        return
      case 'copy':
        return (step.north ? world.north : world.west).sendCopy(step.index)
      case 'land':
        return (step.north ? world.north : world.west).landLate()
      case 'alarm':
        return world.alarm()
      case 'kill':
        return world.kill()
    }
  }

  async walk(): Promise<void> {
    const id = `walk-${++this.#walks}`
    const [reply] = await this.world.log.execute([this.world.walk(id, 1)])
    if (reply?.ok) this.acknowledged.push(id)
  }

  /** One small page; what fails is begun again by the next. */
  async refill(): Promise<void> {
    const { log, ports } = this.world
    const page = await refillPage({ ports, tables: log.tables, drain: log.drain }, this.#place, 3)
    if (page.ok) expect(page.value.conflicts).toEqual([])
    this.#place = page.ok ? page.value.next : null
  }

  async refillAll(): Promise<void> {
    this.#place = null
    do await this.refill()
    while (this.#place !== null)
  }
}

async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

test('after any story one refill makes both copies whole and the same', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), async (steps) => {
      const story = new Story()
      const { world } = story
      await world.create()
      for (const one of steps) await story.act(one)
      await world.heal()
      await story.refillAll()
      await world.heal()

      const [west, inNorth] = [world.west, world.north].map((region) =>
        region.items().map(({ writer, from, to, digest }) => ({ writer, from, to, digest })),
      )
      expect(west).toEqual(inNorth)
      const folded = foldLog(world.west.items())
      if (!folded.ok) throw new Error(JSON.stringify(folded.error))
      const { commits, head } = folded.value
      expect(head).toEqual({ incarnation: 1, sequence: world.log.status().decided })
      for (const region of [world.west, world.north]) expect(region.fence(), region.region).toEqual(head)
      expect(world.log.status().regions).toEqual({ 'eu-west-1': head.sequence, 'eu-north-1': head.sequence })
      const recorded = commits.map(({ eventId }) => eventId)
      expect(recorded).toEqual(expect.arrayContaining(story.acknowledged))
      expect(new Set(recorded).size).toBe(recorded.length)
      expect(world.balance()).toBe((commits.length - 1) * 1e6)
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 120) },
  )
})
