// What happens in between: a life that ends while its callers wait, a crash inside a call, an outbox that is being sent
// while more is decided. Each test stops the log at one place and lets something else happen there.

import { expect, test } from 'vitest'
import { foldLog } from '../../../domain/log/fold.ts'
import { ok } from '../../../domain/result.ts'
import type { CommandReply } from '../../../durable-objects/log/rpc.ts'
import { World } from './world.ts'

async function born(): Promise<World> {
  const world = new World()
  await world.create()
  return world
}

const one = async (replies: Promise<CommandReply[]>) => (await replies)[0]

/** Lets everything run that waits for nothing outside. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function gate(): { closed: Promise<void>; open: () => void } {
  let open = () => {}
  const closed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { closed, open }
}

const recorded = (world: World, region = world.west) => {
  const folded = foldLog(region.items())
  return folded.ok ? folded.value.commits.map(({ eventId }) => eventId) : folded.error
}

/** A second life elsewhere has written the record; `world` does not know it yet. */
async function secondLife(world: World): Promise<World> {
  const other = new World([world.west, world.north])
  other.pending.lives.add(1)
  other.pending.objects = world.pending.objects
  expect(await one(other.log.execute([other.walk('elsewhere', 2)]))).toMatchObject({ ok: true, at: { incarnation: 2 } })
  world.pending.lives.add(2)
  return other
}

test('what is confirmed while the outbox is being sent goes out right after it', async () => {
  const world = await born()
  const queue = gate()
  world.sending = () => queue.closed
  await world.log.execute([world.walk('one', 1)])
  await world.log.execute([world.walk('two', 2)])
  world.sending = async () => {}
  queue.open()
  await settled()
  expect(world.board.get('ada')?.score).toBe(3e6)
  expect(world.log.status().outbox).toBe(0)
})

test('a caller who comes just after the loop gave up is not left waiting', async () => {
  for (let gap = 0; gap < 40; gap++) {
    const world = await born()
    world.west.state = world.north.state = 'down'
    const first = world.log.execute([world.walk('first', 1)])
    for (let i = 0; i < gap; i++) await Promise.resolve()
    const second = world.log.execute([world.walk('second', 2)])
    const replies = Promise.all([first, second])
    let done = false
    void replies.then(() => {
      done = true
    })
    await settled()
    await settled()
    expect(done, `a gap of ${gap}`).toBe(true)
    for (const [reply] of await replies) expect(reply).toMatchObject({ ok: true, durability: 'edge' })
  }
})

test('a bug on the way to a region tells the callers, breaks nothing, and the alarm goes on', async () => {
  const world = await born()
  const append = world.west.append
  world.west.append = async () => {
    throw new Error('a bug')
  }
  expect(await one(world.log.execute([world.walk('one', 1)]))).toMatchObject({ ok: true, durability: 'edge' })
  expect(world.alarmAtMs).toBeLessThan(Number.POSITIVE_INFINITY)
  await world.alarm()
  expect(world.alarmAtMs).toBeLessThan(Number.POSITIVE_INFINITY)
  world.west.append = append
  await world.heal()
  expect(recorded(world)).toEqual(['birth', 'one'])
})

test('an alarm that fails rings again: the platform gives up on one after six failures', async () => {
  const world = await born()
  world.queueLoses = true
  await world.log.execute([world.walk('one', 1)])
  const { remove } = world.pending
  world.log.tables.setMeta('pending_tried', 1)
  world.pending.remove = async () => {
    throw new Error('a bug')
  }
  await world.alarm()
  expect(world.alarmAtMs).toBeLessThan(Number.POSITIVE_INFINITY)
  world.pending.remove = remove
  await world.heal()
  expect(world.board.get('ada')?.score).toBe(1e6)
})

test('a life that ends while R2 keeps its commits acknowledges none of them', async () => {
  const world = await born()
  // The regions do not answer the first life; R2 is slow.
  world.west.state = world.north.state = 'down'
  const r2 = gate()
  world.pending.holding = r2.closed
  const ghost = one(world.log.execute([world.walk('ghost', 9)]))
  await settled()
  world.west.state = world.north.state = 'up'
  await secondLife(world)
  // The alarm finds out; the next caller has the record read anew, all while R2 still has not answered.
  await world.log.drain.start()
  expect(world.log.drain.superseded).toBe(true)
  world.pending.holding = undefined
  expect(await one(world.log.execute([world.walk('here', 3)]))).toMatchObject({ ok: true, at: { incarnation: 3, sequence: 3 } })
  r2.open()
  expect(await ghost).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
  expect(world.log.tables.meta('pending_through')).toBe(0)
  // Had the mark been left, this would be acknowledged by R2 without being there.
  world.west.state = world.north.state = 'down'
  expect(await one(world.log.execute([world.walk('edge', 4)]))).toMatchObject({ ok: true, durability: 'edge' })
  world.loseStorage()
  await world.heal()
  expect(recorded(world)).toEqual(['birth', 'elsewhere', 'here', 'edge'])
})

test('a life that ends while a region is being written leaves no mark on the next', async () => {
  const world = await born()
  world.north.state = 'down'
  const region = gate()
  world.west.holding = region.closed
  const ghost = one(world.log.execute([world.walk('ghost', 9)]))
  await settled()
  // Found out by the repair, while the write is still on its way.
  world.log.drain.superseded = true
  world.north.state = 'up'
  const here = one(world.log.execute([world.walk('here', 3)]))
  await settled()
  region.open()
  world.west.holding = undefined
  expect(await ghost).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
  const reply = await here
  expect(reply?.ok).toBe(true)
  await world.heal()
  for (const copy of [world.west, world.north]) expect(recorded(world, copy)).toContain('here')
  expect(recorded(world, world.north)).toEqual(recorded(world, world.west))
})

test('an alarm that finds its life over opens the next instead of ringing for ever', async () => {
  const world = await born()
  await secondLife(world)
  world.west.state = world.north.state = 'down'
  await world.log.execute([world.walk('ghost', 9)])
  world.west.state = world.north.state = 'up'
  await world.alarm()
  await world.alarm()
  expect(world.log.status()).toMatchObject({ incarnation: 3 })
  await world.heal()
  expect(world.log.status().outbox).toBe(0)
})

test('storage that was set back to an earlier day reads the record anew; it never writes a second history', async () => {
  const world = await born()
  await world.log.execute([world.walk('one', 1)])
  const restore = world.snapshot()
  await world.log.execute([world.walk('two', 2)])
  await world.log.execute([world.walk('three', 3)])
  restore()
  expect(await one(world.log.execute([world.walk('other', 5)]))).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
  expect(await one(world.log.execute([world.walk('other', 5)]))).toMatchObject({ ok: true, at: { incarnation: 2, sequence: 5 } })
  expect(await one(world.log.execute([world.walk('two', 2)]))).toMatchObject({ ok: true, replayed: true })
  await world.heal()
  expect(recorded(world)).toEqual(['birth', 'one', 'two', 'three', 'other'])
  expect(world.balance()).toBe(11e6)
})

test('a late write of a dead life that nothing outweighs is taken in: object and record say the same', async () => {
  const world = await born()
  world.north.state = 'down'
  world.pending.up = false
  world.west.faults.push('lands_late')
  expect(await one(world.log.execute([world.walk('ghost', 9)]))).toMatchObject({ ok: false })
  world.loseStorage()
  world.north.state = 'up'
  world.pending.up = true
  // The next life begins, decides nothing, and then the write lands.
  await world.log.ready()
  expect(world.balance()).toBe(0)
  world.west.landLate()
  await world.heal()
  expect(recorded(world)).toEqual(['birth', 'ghost'])
  expect(world.log.status().decided).toBe(2)
  expect(world.balance()).toBe(9e6)
})

test('what a dead life left in R2 beyond the end of the log is no proof of what comes after it', async () => {
  const world = await born()
  world.west.state = world.north.state = 'down'
  // The first life puts three commits into R2, and dies; the put lands after the second life has read what is there.
  for (const id of ['ghost-1', 'ghost-2', 'ghost-3']) await world.log.execute([world.walk(id, 9)])
  const late = world.pending.objects
  world.pending.objects = []
  world.loseStorage()
  world.west.state = world.north.state = 'up'
  expect(await one(world.log.execute([world.walk('real', 1)]))).toMatchObject({ ok: true, at: { incarnation: 2, sequence: 2 } })
  world.pending.objects = late
  world.loseStorage()
  await world.log.ready()
  world.west.state = world.north.state = 'down'
  expect(await one(world.log.execute([world.walk('edge', 4)]))).toMatchObject({ ok: true, durability: 'edge' })
  world.loseStorage()
  await world.heal()
  expect(recorded(world)).toEqual(['birth', 'real', 'edge'])
  expect(world.pending.objects).toEqual([])
})

test('an older life that comes late lets go of nothing that a newer one has put in R2', async () => {
  const world = await born()
  world.west.state = world.north.state = 'down'
  await world.log.execute([world.walk('edge', 4)])
  const [kept] = world.pending.objects
  if (kept) world.pending.objects = [{ ...kept, writer: 2 }]
  expect(await world.pending.remove({ workspaceId: 'w', kind: 'player', entityId: 'ada' }, 1, 99)).toEqual(ok({ left: 1 }))
  expect(await world.pending.remove({ workspaceId: 'w', kind: 'player', entityId: 'ada' }, 3, 1)).toEqual(ok({ left: 0 }))
})
