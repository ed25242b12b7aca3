// What one log promises its callers, one promise a test.

import { expect, test } from 'vitest'
import { foldLog } from '../../../domain/log/fold.ts'
import { itemLimitBytes } from '../../../domain/log/types.ts'
import { bytesOf } from '../../../durable-objects/log/packing.ts'
import type { CommandReply } from '../../../durable-objects/log/rpc.ts'
import { World } from './world.ts'

async function born(): Promise<World> {
  const world = new World()
  await world.create()
  return world
}

const keyed = (world: World, event: string, value: number, key: string, fingerprint: string, expiresInMs = 60_000) => {
  const { eventId: _, eventFingerprint: __, ...request } = world.walk(event, value)
  return { ...request, idempotency: { key, fingerprint, expiresAtMs: world.nowMs + expiresInMs } }
}
const one = async (replies: Promise<CommandReply[]>) => (await replies)[0]

test('a hundred simultaneous requests with one key have one effect and one answer', async () => {
  const world = await born()
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, i) => one(world.log.execute([keyed(world, `try-${i}`, 5, 'key', 'same')]))),
  )
  expect(world.balance()).toBe(5e6)
  const answers = new Set(replies.map((reply) => JSON.stringify(reply?.ok && reply.answer)))
  expect(answers.size).toBe(1)
  expect(replies.filter((reply) => reply?.ok && reply.replayed)).toHaveLength(99)
})

test('a key with another request is refused, and free again once it has expired', async () => {
  const world = await born()
  await world.log.execute([keyed(world, 'a', 1, 'key', 'first', 1000)])
  expect(await one(world.log.execute([keyed(world, 'b', 2, 'key', 'second')]))).toMatchObject({
    ok: false,
    error: { code: 'idempotency/key_reused' },
  })
  world.nowMs += 1001
  expect(await one(world.log.execute([keyed(world, 'b', 2, 'key', 'second')]))).toMatchObject({ ok: true, replayed: false })
  expect(world.balance()).toBe(3e6)
})

test('an event id counts once for ever; saying something else with it is a conflict', async () => {
  const world = await born()
  await world.log.execute([world.walk('event', 1)])
  world.nowMs += 400 * 86_400_000
  expect(await one(world.log.execute([world.walk('event', 1)]))).toMatchObject({ ok: true, replayed: true })
  expect(await one(world.log.execute([world.walk('event', 2)]))).toMatchObject({ ok: false, error: { code: 'resource/already_exists' } })
  expect(world.balance()).toBe(1e6)
})

test('a refused event is judged anew, under whatever key it came, and its id stays free', async () => {
  const world = await born()
  const unknown = (derived: boolean) => {
    const request = keyed(world, 'x', 1, derived ? 'made-up' : 'given', 'f')
    if (request.command.kind === 'activity.log') request.command.activityId = 'no-such-activity'
    return {
      ...request,
      eventId: 'free',
      eventFingerprint: '',
      idempotency: { ...request.idempotency, ...(derived && { derived: true as const }) },
    }
  }
  for (const derived of [false, true]) {
    const first = await one(world.log.execute([unknown(derived)]))
    const second = await one(world.log.execute([unknown(derived)]))
    expect(first).toMatchObject({ ok: false, error: { code: 'validation/invalid_input' } })
    expect(second).toEqual(first)
  }
  expect(await one(world.log.execute([world.walk('free', 1)]))).toMatchObject({ ok: true, replayed: false })
})

test('both regions down: answered from the edge, in order in the record once one returns', async () => {
  const world = await born()
  world.west.state = world.north.state = 'down'
  for (let i = 1; i <= 5; i++)
    expect(await one(world.log.execute([world.walk(`e${i}`, i)]))).toMatchObject({ ok: true, durability: 'edge' })
  expect(world.board.size).toBe(0)
  world.north.state = 'up'
  await world.alarm()
  const folded = foldLog(world.north.items())
  expect(folded.ok && folded.value.commits.map(({ eventId }) => eventId)).toEqual(['birth', 'e1', 'e2', 'e3', 'e4', 'e5'])
  expect(world.board.get('ada')?.score).toBe(15e6)
  expect(world.pending.objects).toEqual([])
})

test('the same, with the storage lost before it drained: pending/ and the regions make the log again', async () => {
  const world = await born()
  world.west.state = world.north.state = 'down'
  for (let i = 1; i <= 5; i++) await world.log.execute([world.walk(`e${i}`, i)])
  world.loseStorage()
  expect(await one(world.log.execute([world.walk('e6', 6)]))).toMatchObject({
    ok: false,
    error: { code: 'record/unavailable', retryAfterSeconds: 2 },
  })
  world.west.state = world.north.state = 'up'
  expect(await one(world.log.execute([world.walk('e6', 6)]))).toMatchObject({
    ok: true,
    at: { incarnation: 2, sequence: 7 },
    durability: 'record',
  })
  expect(await one(world.log.execute([world.walk('e3', 3)]))).toMatchObject({ ok: true, replayed: true })
  expect(world.balance()).toBe(21e6)
})

test('strict: 503 until the record has it, and the retry with the same key gets the same commit', async () => {
  const world = new World()
  world.settings = { strict: true, derivedIdempotency: false }
  world.kill()
  await world.create()
  world.west.state = world.north.state = 'down'
  expect(await one(world.log.execute([keyed(world, 'a', 2, 'key', 'f')]))).toMatchObject({
    ok: false,
    error: { code: 'record/unavailable' },
  })
  world.west.state = 'up'
  expect(await one(world.log.execute([keyed(world, 'a', 2, 'key', 'f')]))).toMatchObject({ ok: true, durability: 'record', replayed: true })
  expect(world.balance()).toBe(2e6)
})

test('neither region nor R2: 503 with Retry-After, and the commit is still there for the retry', async () => {
  const world = await born()
  world.west.state = world.north.state = 'down'
  world.pending.up = false
  expect(await one(world.log.execute([world.walk('e', 3)]))).toMatchObject({
    ok: false,
    error: { code: 'record/unavailable', retryAfterSeconds: 1 },
  })
  world.pending.up = true
  expect(await one(world.log.execute([world.walk('e', 3)]))).toMatchObject({ ok: true, durability: 'edge', replayed: true })
})

test('commands that come while a call is under way ride together in the next item', async () => {
  const world = await born()
  await Promise.all(Array.from({ length: 50 }, (_, i) => world.log.execute([world.walk(`e${i}`, 1)])))
  // One item for the birth, one for the first, one for the forty-nine that came meanwhile.
  expect(world.west.items().map(({ from, to }) => [from, to])).toEqual([
    [1, 1],
    [2, 2],
    [3, 51],
  ])
})

test('an item never passes the limit, and a command that would is refused before anything is stored', async () => {
  const world = await born()
  const big = (id: string, bytes: number) => {
    const request = world.walk(id, 1)
    if (request.command.kind === 'activity.log') request.command.additionalData = { note: 'ü'.repeat(bytes / 2) }
    return request
  }
  const refused = await one(world.log.execute([big('too-big', itemLimitBytes)]))
  expect(refused).toMatchObject({ ok: false, error: { code: 'request/too_large' } })
  expect(world.log.status().decided).toBe(1)
  await world.log.execute(Array.from({ length: 20 }, (_, i) => big(`e${i}`, 20_000)))
  const sizes = world.west.items().map(({ body }) => bytesOf(body))
  expect(sizes.length).toBeGreaterThan(3)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(itemLimitBytes)
  expect(world.balance()).toBe(20e6)
})

test('what a dead life wrote late falls off the chain', async () => {
  const world = await born()
  // The first life decides `ghost`; its write hangs, and nobody is answered.
  world.north.state = 'down'
  world.pending.up = false
  world.west.faults.push('lands_late')
  expect(await one(world.log.execute([world.walk('ghost', 9)]))).toMatchObject({ ok: false })
  world.loseStorage()
  world.pending.up = true
  world.north.state = 'up'
  expect(await one(world.log.execute([world.walk('real', 4)]))).toMatchObject({ ok: true, at: { incarnation: 2, sequence: 2 } })
  await world.heal()
  const folded = foldLog(world.west.items())
  expect(folded.ok && folded.value.commits.map(({ eventId }) => eventId)).toEqual(['birth', 'real'])
  expect(world.balance()).toBe(4e6)
})

test('an object whose life is over reads the record anew before it goes on', async () => {
  const world = await born()
  const older = world.log
  world.start()
  // Another storage began a second life elsewhere and wrote on; this one still believes in its first.
  const other = new World([world.west, world.north])
  other.pending.lives.add(1)
  other.pending.objects = world.pending.objects
  await other.log.execute([other.walk('elsewhere', 2)])
  world.pending.lives.add(2)
  expect(older).not.toBe(world.log)
  expect(await one(world.log.execute([world.walk('here', 3)]))).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
  expect(await one(world.log.execute([world.walk('here', 3)]))).toMatchObject({ ok: true, durability: 'record', at: { incarnation: 3 } })
  await world.heal()
  const folded = foldLog(world.west.items())
  expect(folded.ok && folded.value.commits.map(({ eventId }) => eventId)).toEqual(['birth', 'elsewhere', 'here'])
})

test('a user that never was is not found, whichever region is down; a fence says that R2 forgot, and is believed', async () => {
  const world = new World()
  world.west.state = 'down'
  expect(await world.log.ready()).toMatchObject({ ok: false, error: { code: 'resource/not_found' } })
  expect(await one(world.create())).toMatchObject({ ok: true, durability: 'record' })
  world.pending.lives.clear()
  world.loseStorage()
  expect(await world.log.ready()).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
  world.west.state = 'up'
  expect(await world.log.ready()).toMatchObject({ ok: true })
})
