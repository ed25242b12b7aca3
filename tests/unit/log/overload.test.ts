// A log whose isolate has more waiting for a region than it can send in time: nothing new is decided, nothing is called
// `edge` while the regions are there, and what was decided goes out when there is room.

import { describe, expect, test } from 'vitest'
import type { LogLoad, RegionFailure, RegionLog } from '../../../aws-core/dynamodb/region-log.ts'
import { fail } from '../../../domain/result.ts'
import { SimRegion } from './sim-region.ts'
import { World } from './world.ts'

/** A region whose gate is in the test's hand. */
class BusyRegion extends SimRegion {
  readonly fresh: string[] = []
  readonly inBackground: string[] = []
  loaded: LogLoad = { isAway: false, waitMs: 0, isFull: false, isQueued: false }
  turnsAway = false
  load = (): LogLoad => this.loaded
  override append(...args: Parameters<RegionLog['append']>): ReturnType<RegionLog['append']> {
    this.fresh.push('append')
    return this.turned() ?? super.append(...args)
  }
  turned(): Promise<{ ok: false; error: RegionFailure }> | undefined {
    if (!this.turnsAway) return undefined
    return Promise.resolve(fail({ code: 'region/overloaded', region: this.region, detail: 'too much waits for it', retryAfterMs: 700 }))
  }
  readonly background: RegionLog = {
    region: this.region,
    append: (...args) => {
      this.inBackground.push('append')
      return this.turned() ?? super.append(...args)
    },
    fill: (...args) => this.fill(...args),
    readFence: () => this.readFence(),
    listItems: (...args) => this.listItems(...args),
    readItems: (...args) => this.readItems(...args),
    ping: () => this.ping(),
  }
}

function busyWorld() {
  let stamp = 0
  const west = new BusyRegion('eu-west-1', () => ++stamp)
  const north = new BusyRegion('eu-north-1', () => ++stamp)
  west.other = north
  north.other = west
  return { west, north, world: new World([west, north]) }
}

describe('more waits than can be sent', () => {
  test('a new command is refused at once, with a time to come again, and changes nothing; a repeat is answered', async () => {
    const { world, west } = busyWorld()
    await world.create()
    const first = world.walk('event-1', 1)
    expect(await world.log.execute([first])).toMatchObject([{ ok: true, durability: 'record' }])
    west.loaded = { isAway: false, waitMs: 2_400, isFull: true, isQueued: false }
    const before = world.log.status()
    expect(await world.log.execute([world.walk('event-2', 1)])).toEqual([
      { ok: false, error: expect.objectContaining({ code: 'server/overloaded', retryAfterSeconds: 3 }) },
    ])
    expect(world.log.status()).toEqual(before)
    expect(await world.log.execute([first])).toMatchObject([{ ok: true, replayed: true, durability: 'record' }])
    west.loaded = { ...west.loaded, isFull: false }
    expect(await world.log.execute([world.walk('event-2', 1)])).toMatchObject([{ ok: true, durability: 'record' }])
    expect(world.balance()).toBe(2_000_000)
  })

  test('a full line to a region that is away refuses nothing: the other takes it, or R2 does', async () => {
    const { world, west, north } = busyWorld()
    await world.create()
    west.loaded = { isAway: true, waitMs: 9_000, isFull: true, isQueued: false }
    west.state = 'down'
    expect(await world.log.execute([world.walk('event-1', 1)])).toMatchObject([{ ok: true, durability: 'record' }])
    north.loaded = { isAway: true, waitMs: 0, isFull: false, isQueued: false }
    north.state = 'down'
    expect(await world.log.execute([world.walk('event-2', 1)])).toMatchObject([{ ok: true, durability: 'edge' }])
  })

  test('turned away unsent, a command is no `edge` and the other region is left in peace: 503, and the retry finds its commit', async () => {
    const { world, west, north } = busyWorld()
    await world.create()
    const sentNorth = north.fresh.length
    west.turnsAway = true
    const command = world.walk('event-1', 1)
    expect(await world.log.execute([command])).toMatchObject([{ ok: false, error: { code: 'record/unavailable' } }])
    expect(north.fresh.length).toBe(sentNorth)
    expect(world.pending.objects).toEqual([])
    west.turnsAway = false
    // The alarm comes when the gate said, and sends behind what somebody waits for.
    expect(world.alarmAtMs - world.nowMs).toBeLessThanOrEqual(1_000)
    await world.alarm()
    expect(west.inBackground).toEqual(['append'])
    expect(await world.log.execute([command])).toMatchObject([{ ok: true, replayed: true, durability: 'record' }])
    expect(world.balance()).toBe(1_000_000)
  })
})
