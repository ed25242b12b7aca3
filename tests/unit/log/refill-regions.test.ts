// A region that has lost data, all of it or what came after an earlier copy: who notices, and how it is filled again while
// the log goes on being written.

import { expect, test } from 'vitest'
import { foldLog } from '../../../domain/log/fold.ts'
import { type RefilledPage, type RefillPlace, refillPage } from '../../../durable-objects/log/refill-regions.ts'
import type { SimRegion } from './sim-region.ts'
import { World } from './world.ts'

/** A user whose commits are an item each, in both regions. */
async function walked(count: number): Promise<World> {
  const world = new World()
  await world.create()
  for (let i = 1; i <= count; i++) await world.log.execute([world.walk(`walk-${i}`, 1)])
  replicate(world)
  return world
}

function replicate(world: World): void {
  while (world.west.unsent() + world.north.unsent() > 0) {
    world.west.sendCopy(0)
    world.north.sendCopy(0)
  }
}

const parts = (world: World) => ({ ports: world.ports, tables: world.log.tables, drain: world.log.drain })

/** Every page, the last one's answer with all counts. */
async function refilled(world: World, size = 200): Promise<RefilledPage & { pages: number }> {
  const all = { compared: 0, filled: {} as Record<string, number>, lost: {} as Record<string, number>, conflicts: [] as string[] }
  let place: RefillPlace | null = null
  for (let pages = 1; ; pages++) {
    const page = await refillPage(parts(world), place, size)
    if (!page.ok) throw new Error(page.error.detail)
    all.compared += page.value.compared
    for (const name of ['filled', 'lost'] as const)
      for (const [region, items] of Object.entries(page.value[name])) all[name][region] = (all[name][region] ?? 0) + items
    all.conflicts.push(...page.value.conflicts)
    place = page.value.next
    if (place === null) return { ...all, next: null, pages }
  }
}

const events = (region: SimRegion): unknown => {
  const folded = foldLog(region.items())
  return folded.ok ? folded.value.commits.map(({ eventId }) => eventId) : folded.error
}

function expectAlike(world: World, head: number): void {
  expect(world.west.items().map(({ writer, from, digest }) => [writer, from, digest])).toEqual(
    world.north.items().map(({ writer, from, digest }) => [writer, from, digest]),
  )
  expect(events(world.west)).toHaveLength(head)
  for (const region of [world.west, world.north]) expect(region.fence()?.sequence, region.region).toBe(head)
}

test('a region that was emptied holds everything again, its fence too, and the object knows it', async () => {
  const world = await walked(6)
  world.west.lose()
  expect(await refilled(world)).toMatchObject({ filled: { 'eu-west-1': 7 }, lost: { 'eu-west-1': 7 }, conflicts: [] })
  expectAlike(world, 7)
  expect(world.log.status().regions).toEqual({ 'eu-west-1': 7, 'eu-north-1': 7 })
  expect(await refilled(world)).toMatchObject({ filled: {}, lost: {} })
})

test('one that was set back to an earlier copy with holes below its fence', async () => {
  const world = await walked(3)
  world.west.lose(({ from }) => from === 2)
  const setBack = world.west.copy()
  for (let i = 4; i <= 6; i++) await world.log.execute([world.walk(`walk-${i}`, 1)])
  replicate(world)
  setBack()
  expect(await refilled(world)).toMatchObject({ filled: { 'eu-west-1': 4 } })
  expectAlike(world, 7)
})

test('each region lacks something that the other has, and one item only the object has', async () => {
  const world = await walked(6)
  world.west.lose(({ from }) => from === 2 || from === 5)
  world.north.lose(({ from }) => from === 3 || from === 5)
  expect(await refilled(world)).toMatchObject({ filled: { 'eu-west-1': 2, 'eu-north-1': 2 } })
  expectAlike(world, 7)
})

test('it goes page by page, and from the middle of it where it was left', async () => {
  const world = await walked(10)
  world.west.lose()
  const first = await refillPage(parts(world), null, 4)
  expect(first).toMatchObject({ ok: true, value: { filled: { 'eu-west-1': 4 }, next: { writer: 1, from: 4 } } })
  // No fence ahead of what is there.
  expect(world.west.fence()).toBeNull()
  world.kill()
  const second = await refillPage(parts(world), first.ok ? first.value.next : null, 4)
  expect(second).toMatchObject({ ok: true, value: { filled: { 'eu-west-1': 4 }, next: { writer: 1, from: 8 } } })
  expect(await refilled(world, 4)).toMatchObject({ filled: { 'eu-west-1': 3 }, compared: 11, pages: 3 })
  expectAlike(world, 11)
})

test('a place of another life of the object is no place: it begins anew', async () => {
  const world = await walked(4)
  world.west.lose()
  const first = await refillPage(parts(world), null, 2)
  world.loseStorage()
  await world.log.ready()
  const next = first.ok ? first.value.next : null
  expect(await refillPage(parts(world), next, 2)).toMatchObject({ ok: true, value: { compared: 2, next: { life: 2, from: 2 } } })
  await refilled(world, 2)
  expectAlike(world, 5)
})

test('what a dead life left in one region is in no object, and is brought to the other too', async () => {
  const world = await walked(1)
  world.north.state = 'down'
  world.pending.up = false
  world.west.faults.push('lands_late')
  await world.log.execute([world.walk('ghost', 9)])
  world.loseStorage()
  world.north.state = 'up'
  world.pending.up = true
  await world.log.execute([world.walk('here', 1)])
  world.west.landLate()
  await world.heal()
  world.north.lose(({ writer }) => writer === 1)
  expect((await refilled(world)).filled).toEqual({ 'eu-north-1': world.west.items().filter(({ writer }) => writer === 1).length })
  expect(events(world.north)).toEqual(events(world.west))
})

test('the same key with another digest is named, and neither is overwritten, nor a fence moved over it', async () => {
  const world = await walked(3)
  world.west.lose()
  world.north.forge(2, 'f'.repeat(64))
  const found = await refilled(world, 1)
  expect(found.conflicts).toEqual(['workspace0/player/ada: item 1#2 is not the same everywhere'])
  expect(world.north.items()[1]?.digest).toBe('f'.repeat(64))
  expect(world.west.items().map(({ from }) => from)).toEqual([1, 3, 4])
  expect(world.west.fence()).toBeNull()
})

test('a region that does not answer is no reason to believe anything: the place is kept, and it is asked again', async () => {
  const world = await walked(3)
  world.west.lose()
  world.west.state = 'down'
  expect(await refillPage(parts(world), null)).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
  world.west.state = 'up'
  await refilled(world)
  expectAlike(world, 4)
})

test('a fence is never ahead of its items, at whatever step a command comes in between', async () => {
  for (let gap = 0; gap < 60; gap++) {
    const world = await walked(4)
    // No copy travels: what a region shows is what was put there.
    world.west.lose()
    const refilling = refilled(world, 2).catch(() => null)
    for (let i = 0; i < gap; i++) {
      await Promise.resolve()
      expectFenceBehindItems(world.west)
    }
    const writing = world.log.execute([world.walk('beside', 5)])
    let done = false
    void Promise.all([refilling, writing]).then(() => {
      done = true
    })
    for (let i = 0; i < 2_000 && !done; i++) {
      await Promise.resolve()
      for (const region of [world.west, world.north]) expectFenceBehindItems(region)
    }
    expect(await writing, `a gap of ${gap}`).toMatchObject([{ ok: true, durability: 'record' }])
    await refilling
    await world.heal()
    await refilled(world)
    expectAlike(world, 6)
    expect(world.balance()).toBe(9e6)
  }
})

function expectFenceBehindItems(region: SimRegion): void {
  const through = region.items().reduce((reach, { from, to }) => (from === reach + 1 ? to : reach), 0)
  expect(region.fence()?.sequence ?? 0).toBeLessThanOrEqual(through)
}

test('who writes to the region notices the loss, and tells it until R2 has taken it', async () => {
  const world = await walked(4)
  world.west.lose()
  world.north.lose(({ from }) => from === 1)
  world.noteLoss = async () => false
  expect(await world.log.execute([world.walk('after', 1)])).toMatchObject([{ ok: true, durability: 'record' }])
  await world.alarm()
  expect(world.losses).toEqual([])
  world.noteLoss = async () => true
  await world.alarm()
  await world.alarm()
  expect(world.losses).toEqual([['eu-west-1', 1_000_000]])
})

test('a command does not wait until a home region that was emptied has everything again', async () => {
  const world = await walked(20)
  world.west.lose()
  expect(await world.log.execute([world.walk('after', 1)])).toMatchObject([{ ok: true, durability: 'record' }])
  expect(await world.log.execute([world.walk('again', 1)])).toMatchObject([{ ok: true, durability: 'record' }])
  expect(world.west.items()).toEqual([])
  expect(world.north.fence()?.sequence).toBe(23)
  await world.alarm()
  expectAlike(world, 23)
  // And where there is no other, it is written to all the same.
  world.west.lose()
  world.north.state = 'down'
  await world.log.execute([world.walk('alone', 1)])
  await world.alarm()
  expect(events(world.west)).toHaveLength(24)
})

test('a fence that a late write carried back is no loss, nor is a region that replication has not reached', async () => {
  const world = await walked(2)
  const setBack = world.west.copy()
  await world.log.execute([world.walk('one', 1)])
  const items = world.west.items()
  setBack()
  for (const item of items) await world.west.fill(world.ports.log, item)
  await world.log.execute([world.walk('two', 1)])
  world.west.state = 'down'
  await world.log.execute([world.walk('three', 1)])
  world.west.state = 'up'
  await world.heal()
  expect(world.losses).toEqual([])
  expectAlike(world, 6)
})
