// Promises of idempotency that deserve a test by name; idempotency.property.test.ts has their combinations.

import { expect, test } from 'vitest'
import { foldLog } from '../../../domain/log/fold.ts'
import type { CommandReply } from '../../../durable-objects/log/rpc.ts'
import type { Payload } from './idempotency-model.ts'
import { IdempotentUser } from './idempotency-world.ts'
import { rules } from './world.ts'

const lifetimes = { givenMs: 24 * 3_600_000, derivedMs: 300_000 }

async function born() {
  const user = await IdempotentUser.born(lifetimes)
  const request = (key: string | null | undefined, more: Partial<Payload> = {}) =>
    user.request({ requestId: user.newRequestId(), key, payload: { activityId: 'walk', value: 1, ...more } }, false)
  const send = async (key: string | null | undefined, more?: Partial<Payload>) =>
    (await user.world.log.execute([request(key, more)]))[0] as CommandReply
  const outage = (on: boolean) => {
    user.regions(!on)
    user.world.pending.up = !on
  }
  return { user, request, send, outage }
}

const unavailable = { ok: false, error: { code: 'record/unavailable', retryAfterSeconds: 1 } }
const reused = { ok: false, error: { code: 'idempotency/key_reused' } }
const recorded = ({ world }: IdempotentUser) => {
  const folded = foldLog(world.west.items())
  return folded.ok ? folded.value.commits.length : folded.error
}

test('a repeat waits for the commit of the first, and another payload is refused meanwhile', async () => {
  const { user, send } = await born()
  const release = user.holdRegions()
  const came: string[] = []
  const first = send('key').finally(() => came.push('first'))
  const repeat = send('key').finally(() => came.push('repeat'))
  const other = send('key', { value: 2 }).finally(() => came.push('other'))
  expect(await other).toMatchObject(reused)
  await user.settled()
  expect(came).toEqual(['other'])
  release()
  expect(await first).toMatchObject({ ok: true, replayed: false })
  expect(await repeat).toEqual({ ...(await first), replayed: true })
})

test('kept nowhere is 503; the retry, also after a death, waits for the same commit and has its answer', async () => {
  const { user, send, outage } = await born()
  outage(true)
  expect(await send('key')).toMatchObject(unavailable)
  expect(await send('key')).toMatchObject(unavailable)
  // Decided all the same: the key is taken.
  expect(await send('key', { value: 2 })).toMatchObject(reused)
  user.world.kill()
  outage(false)
  expect(await send('key')).toMatchObject({ ok: true, replayed: true, durability: 'record' })
  expect(user.world.balance()).toBe(1e6)
  await user.heal()
  expect(recorded(user)).toBe(2)
})

test('a repeat in a call of several has its answer, though what came with it is kept nowhere', async () => {
  const { user, request, send, outage } = await born()
  const first = await send('key')
  outage(true)
  const [fresh, repeat] = await user.world.log.execute([request(undefined), request('key')])
  expect(fresh).toMatchObject(unavailable)
  expect(repeat).toEqual({ ...first, replayed: true })
})

test('keys, refusals and event ids are read back from the record by a new life', async () => {
  const { user, send } = await born()
  const replies = [
    await send('key'),
    await send(null),
    await send('refused', { activityId: 'no-such' }),
    await send(undefined, { activityLogId: 'event' }),
  ]
  await user.loseStorage()
  expect([await send('key'), await send(null), await send('refused', { activityId: 'no-such' })]).toEqual(
    replies.slice(0, 3).map((reply) => ({ ...reply, replayed: true })),
  )
  expect(await send(undefined, { activityLogId: 'event' })).toEqual({ ...replies[3], replayed: true })
  expect(await send('key', { value: 2 })).toMatchObject(reused)
  expect(user.world.log.status()).toMatchObject({ incarnation: 2 })
})

test('a refused event is judged anew, also under a given key, and takes effect once when it can', async () => {
  const { user, send } = await born()
  const early = { activityId: 'run', activityLogId: 'from-the-queue' }
  const refused = { ok: false, error: { code: 'validation/invalid_input' } }
  for (const key of ['queue', 'queue', null, undefined]) {
    const reply = await send(key, early)
    expect(reply).toMatchObject(refused)
    expect(reply).not.toHaveProperty('replayed')
  }
  await user.loseStorage()
  expect(await send('queue', early)).toMatchObject(refused)
  user.world.entity.use({ ...rules, number: 2, activities: ['walk', 'run'] })
  const taken = await send('queue', early)
  expect(taken).toMatchObject({ ok: true, replayed: false })
  expect(await send('queue', early)).toEqual({ ...taken, replayed: true })
  expect(await send('another', early)).toEqual({ ...taken, replayed: true })
})

test('a key dies at its time and no later, also where the record brought it back; an event id never does', async () => {
  const { user, send } = await born()
  await send('key')
  await send(undefined, { activityLogId: 'event' })
  user.world.nowMs += lifetimes.givenMs - 1
  await user.loseStorage()
  expect(await send('key')).toMatchObject({ ok: true, replayed: true })
  user.world.nowMs += 1
  expect(await send('key', { value: 2 })).toMatchObject({ ok: true, replayed: false })
  user.world.nowMs += 400 * 86_400_000
  expect(await send(undefined, { activityLogId: 'event' })).toMatchObject({ ok: true, replayed: true })
})

test('what was answered before a user was deleted is answered again; what is new is not found', async () => {
  const { user, send } = await born()
  const [done, derived] = [await send('key'), await send(null)]
  await user.delete()
  expect(await send('key')).toEqual({ ...done, replayed: true })
  expect(await send(null)).toEqual({ ...derived, replayed: true })
  expect(await send('new')).toMatchObject({ ok: false, error: { code: 'resource/not_found' } })
  expect(await send('new')).toMatchObject({ ok: false, error: { code: 'resource/not_found' }, replayed: true })
  await user.loseStorage()
  expect(await send('key')).toEqual({ ...done, replayed: true })
  expect(user.world.balance()).toBe(2e6)
})
