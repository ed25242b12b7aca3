// The schedules that break write-through when it is done carelessly, each written out step by step against a real
// DynamoDB per region, behind taps that cut, drop, repeat and hold what the schedule says. No step waits on a clock.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { refillPage } from '../../../durable-objects/log/refill-regions.ts'
import { type TappedWorld, tappedWorld } from './tapped-world.ts'

let it: TappedWorld

beforeEach(async () => {
  it = await tappedWorld()
  const [born] = await it.world.create()
  expect(born).toMatchObject({ ok: true, durability: 'record' })
  await it.replicated()
})

afterEach(() => it.close())

const walk = async (eventId: string, value: number) => (await it.world.log.execute([it.world.walk(eventId, value)]))[0]

/** The time after which nothing that was given up can land any more, and the alarm that looks again. */
async function repaired(): Promise<void> {
  it.world.nowMs += 1_000_000
  await it.world.alarm()
  await it.replicated()
}

async function expectBoth(events: string[], head: number): Promise<void> {
  for (const region of [it.west, it.north]) {
    expect(await region.events(), region.tap.region).toEqual(events)
    expect(await region.fence(), region.tap.region).toEqual({ incarnation: 1, sequence: head })
  }
}

test('a write that timed out and landed late carries the fence back, and nothing is lost or doubled', async () => {
  // 1. `late` goes to the home region, whose answer never comes; the other region takes it.
  it.north.tap.replication.pause()
  const late = it.west.tap.rules.add({ match: { operations: ['TransactWriteItems'] }, fault: { kind: 'late' }, times: 1 })
  expect(await walk('late', 3)).toMatchObject({ ok: true, durability: 'record' })
  // 2. `next` finds the home region cut off, and is recorded in the other one alone.
  it.west.tap.rules.add({ fault: { kind: 'cut' }, times: 1 })
  expect(await walk('next', 4)).toMatchObject({ ok: true, durability: 'record' })
  expect(await it.north.fence()).toEqual({ incarnation: 1, sequence: 3 })
  // 3. Now the first write lands at home: its fence is older, and its stamp is the newest of all.
  late.release()
  await late.finished()
  expect(await it.west.fence()).toEqual({ incarnation: 1, sequence: 2 })
  // 4. Replication meets: last writer wins, so the other region's fence goes back.
  await it.west.tap.replication.drained()
  expect(await it.north.fence()).toEqual({ incarnation: 1, sequence: 2 })
  it.north.tap.replication.resume()
  await it.replicated()
  // 5. Nothing was overwritten: the commits are all there. The next write resends from where the fence stands.
  expect(await it.north.events()).toEqual(['birth', 'late', 'next'])
  expect(await walk('after', 5)).toMatchObject({ ok: true, durability: 'record' })
  await repaired()
  await expectBoth(['birth', 'late', 'next', 'after'], 4)
  expect(it.world.balance()).toBe(12e6)
})

test('the same late write is repaired by the alarm alone, with no further command', async () => {
  it.north.tap.replication.pause()
  const late = it.west.tap.rules.add({ match: { operations: ['TransactWriteItems'] }, fault: { kind: 'late' }, times: 1 })
  await walk('late', 3)
  it.west.tap.rules.add({ fault: { kind: 'cut' }, times: 1 })
  await walk('next', 4)
  late.release()
  await late.finished()
  it.north.tap.replication.resume()
  await it.replicated()
  await repaired()
  await expectBoth(['birth', 'late', 'next'], 3)
})

test('a reply lost after the write landed: the repeat finds it there, and the effect is one', async () => {
  const lost = it.west.tap.rules.add({ match: { operations: ['TransactWriteItems'] }, fault: { kind: 'drop-reply' }, times: 1 })
  const first = await walk('lost', 7)
  expect(lost.hits).toBe(1)
  expect(first).toMatchObject({ ok: true, durability: 'record', replayed: false })
  expect(await walk('lost', 7)).toEqual({ ...first, replayed: true })
  await repaired()
  await expectBoth(['birth', 'lost'], 2)
  expect(it.world.balance()).toBe(7e6)
})

test('a reply lost in both regions: R2 keeps the commit, and it drains to one', async () => {
  for (const { tap } of [it.west, it.north])
    tap.rules.add({ match: { operations: ['TransactWriteItems'] }, fault: { kind: 'drop-reply' }, times: 1 })
  expect(await walk('lost', 7)).toMatchObject({ ok: true, durability: 'edge' })
  expect(it.world.pending.objects).toHaveLength(1)
  await repaired()
  await expectBoth(['birth', 'lost'], 2)
  expect(it.world.pending.objects).toEqual([])
})

test('a request that a proxy delivers twice is one item and one effect', async () => {
  it.west.tap.rules.add({ match: { operations: ['TransactWriteItems'] }, fault: { kind: 'duplicate' }, times: 2 })
  await walk('one', 1)
  await walk('two', 2)
  await it.replicated()
  await expectBoth(['birth', 'one', 'two'], 3)
})

test('a replica that shows a fence before its commits is filled before anything is added to it', async () => {
  // 1. Two commits at home; of what replicates, only the fence gets through.
  const held = it.west.tap.replication.hold('L#')
  await walk('one', 1)
  await walk('two', 2)
  await expect.poll(() => it.north.fence()).toEqual({ incarnation: 1, sequence: 3 })
  expect(await it.north.events()).toEqual(['birth'])
  // 2. The home region goes. The other one says sequence 3, and holds none of it.
  await it.west.tap.stop()
  expect(await walk('three', 3)).toMatchObject({ ok: true, durability: 'record' })
  expect(await it.north.events()).toEqual(['birth', 'one', 'two', 'three'])
  // 3. It comes back, and what it still had to send changes nothing.
  await it.west.tap.start()
  held.release()
  await it.replicated()
  await repaired()
  await expectBoth(['birth', 'one', 'two', 'three'], 4)
})

test('a lost object does not believe a fence without commits: it waits for the region that has them', async () => {
  const held = it.west.tap.replication.hold('L#')
  await walk('one', 1)
  await expect.poll(() => it.north.fence()).toEqual({ incarnation: 1, sequence: 2 })
  await it.west.tap.stop()
  it.world.loseStorage()
  expect(await walk('two', 2)).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
  await it.west.tap.start()
  expect(await walk('two', 2)).toMatchObject({ ok: true, at: { incarnation: 2, sequence: 3 } })
  expect(it.world.balance()).toBe(3e6)
  held.release()
  await repaired()
  for (const region of [it.west, it.north]) expect(await region.events()).toEqual(['birth', 'one', 'two'])
})

test('a region whose items are gone is filled again from the other, with its fence, and the next write finds it so', async () => {
  for (let i = 1; i <= 5; i++) await walk(`walk-${i}`, 1)
  await it.replicated()
  await it.west.lose()
  expect(await it.west.fence()).toBeNull()
  const { log, ports } = it.world
  const parts = { ports, tables: log.tables, drain: log.drain }
  const first = await refillPage(parts, null, 4)
  expect(first).toMatchObject({ ok: true, value: { filled: { 'eu-west-1': 4 }, lost: { 'eu-west-1': 4 } } })
  expect(await it.west.fence()).toBeNull()
  expect(await refillPage(parts, first.ok ? first.value.next : null, 4)).toMatchObject({ ok: true, value: { next: null } })
  await it.replicated()
  await expectBoth(['birth', 'walk-1', 'walk-2', 'walk-3', 'walk-4', 'walk-5'], 6)
  expect(await walk('after', 1)).toMatchObject({ ok: true, durability: 'record' })
  await it.replicated()
  await expectBoth(['birth', 'walk-1', 'walk-2', 'walk-3', 'walk-4', 'walk-5', 'after'], 7)
})
