// Repeats: one effect and one answer, for as long as each kind of identity promises it.

import { beforeAll, describe, expect, test } from 'vitest'
import { activityBody, balanceOf, eventsOf, log, must, newUser, publishGame } from './support/game.ts'
import { newTenant, type Reply, type Tenant } from './support/tenant.ts'

let tenant: Tenant
let userId: string
beforeAll(async () => {
  tenant = await newTenant()
  await publishGame(tenant)
})
const cached = ({ headers }: Reply) => headers.get('x-idempotency-cache-hit')

describe('a key', () => {
  beforeAll(async () => {
    userId = await newUser(tenant)
  })

  test('sent again has one effect and one answer, marked and echoed', async () => {
    const key = { 'x-idempotency-key': 'the key' }
    const [first, second] = [await log(tenant, userId, {}, key), await log(tenant, userId, {}, key)]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body).toEqual(first.body)
    expect([first, second].map(cached)).toEqual([null, 'true'])
    for (const { headers } of [first, second]) expect(headers.get('x-idempotency-key')).toBe('the key')
    expect(await eventsOf(tenant, userId)).toEqual([first.body.activityLogId])
  })

  test('is the same in the header of the IETF draft', async () => {
    const second = await log(tenant, userId, {}, { 'idempotency-key': '"the key"' })
    expect([second.status, cached(second), second.headers.get('x-idempotency-key')]).toEqual([201, 'true', 'the key'])
    expect((await log(tenant, userId, {}, { 'idempotency-key': 'not quoted' })).status).toBe(400)
  })

  test('with another payload is a 422, and has no effect', async () => {
    const other = await log(tenant, userId, { value: 2 }, { 'x-idempotency-key': 'the key' })
    expect([other.status, other.body.type]).toEqual([422, 'urn:laurel:problem:idempotency:key_reused'])
    expect(await balanceOf(tenant, userId)).toBe(1)
  })

  test('holds a refusal too', async () => {
    const key = { 'x-idempotency-key': 'refused' }
    const refused = [await log(tenant, userId, { activityId: 'run' }, key), await log(tenant, userId, { activityId: 'run' }, key)]
    expect(refused.map(({ status }) => status)).toEqual([400, 400])
    expect(refused.map(cached)).toEqual([null, 'true'])
  })

  test('of one user says nothing about another', async () => {
    const other = await newUser(tenant)
    const [mine, theirs] = [await tenant.person(userId), await tenant.person(other)]
    const key = { 'x-idempotency-key': 'shared' }
    const replies = [
      await mine.post('/activity-logs', { activityId: 'walk', userId }, key),
      await theirs.post('/activity-logs', { activityId: 'walk', userId: other }, key),
    ]
    expect(replies.map(({ status }) => status)).toEqual([201, 201])
    expect(replies.map(cached)).toEqual([null, null])
  })

  test('sent 30 times at once is answered by the first', async () => {
    const one = await newUser(tenant)
    const replies = await Promise.all(Array.from({ length: 30 }, () => log(tenant, one, {}, { 'x-idempotency-key': 'at once' })))
    expect(new Set(replies.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1)
    expect(replies.filter((reply) => cached(reply) === 'true')).toHaveLength(29)
    expect(await eventsOf(tenant, one)).toHaveLength(1)
  })

  test('makes one user of two requests', async () => {
    const body = { email: 'twice@example.org', nickname: 'Twice' }
    const create = () => tenant.admin.post('/users', body, { 'x-idempotency-key': 'twice' })
    const [first, second] = [await create(), await create()]
    expect([first.status, second.status, second.body.userId]).toEqual([201, 201, first.body.userId])
    expect(cached(second)).toBe('true')
  })
})

describe('a key that nobody sent', () => {
  test('is derived for a POST from caller, path and body', async () => {
    const one = await newUser(tenant)
    const [first, second, other] = [await log(tenant, one), await log(tenant, one), await log(tenant, one, { value: 5 })]
    expect([first, second, other].map(cached)).toEqual([null, 'true', null])
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('x-idempotency-key')).toBeNull()
    expect(await balanceOf(tenant, one)).toBe(6)
  })

  test('is never derived for a PATCH: A, B, A is three requests', async () => {
    const one = await newUser(tenant)
    const person = await tenant.person(one)
    for (const nickname of ['Aa', 'Bb', 'Aa']) {
      const patched = await person.call('PATCH', '/users/me', { nickname })
      expect([patched.status, patched.body.nickname, cached(patched)]).toEqual([200, nickname, null])
    }
    expect((await must(person.get('/users/me'))).nickname).toBe('Aa')
  })

  test('is not derived where the workspace does not want it', async () => {
    const plain = await newTenant({ derivedIdempotency: false })
    await publishGame(plain)
    const one = await newUser(plain)
    expect([await log(plain, one), await log(plain, one)].map(cached)).toEqual([null, null])
    expect(await balanceOf(plain, one)).toBe(2)
  })
})

describe('an event with an id of its own', () => {
  test('has one effect, by whatever road and key it comes', async () => {
    const one = await newUser(tenant)
    const event = { activityId: 'walk', userId: one, activityLogId: 'sha-1', completedAt: '2025-05-01T00:00:00Z' }
    const first = await log(tenant, one, event)
    const again = await log(tenant, one, { ...event, completedAt: '2025-05-01T02:00:00+02:00' }, { 'x-idempotency-key': 'another' })
    expect([first.status, again.status, cached(again)]).toEqual([201, 201, 'true'])
    expect(again.body).toEqual(first.body)
    const batch = await must(tenant.machine.post('/activity-logs/batch', { logs: [event, event] }))
    expect(batch.items).toMatchObject([
      { status: 201, replayed: true, activityLog: first.body },
      { status: 201, replayed: true },
    ])
    expect(await eventsOf(tenant, one)).toEqual(['sha-1'])
  })

  test('that says something else is a 409', async () => {
    const one = await newUser(tenant)
    expect((await log(tenant, one, { activityLogId: 'sha-2' })).status).toBe(201)
    const conflict = await log(tenant, one, { activityLogId: 'sha-2', value: 2 })
    expect([conflict.status, conflict.body.code]).toEqual([409, 'resource/already_exists'])
    expect(await balanceOf(tenant, one)).toBe(1)
  })

  test('that was refused has its id free', async () => {
    const one = await newUser(tenant)
    expect((await log(tenant, one, { activityLogId: 'sha-3', activityId: 'run' })).status).toBe(400)
    expect((await log(tenant, one, { activityLogId: 'sha-3' })).status).toBe(201)
  })
})

test('publishing again what was replaced meanwhile is no repeat', async () => {
  const at = '/activities/walk'
  await must(tenant.admin.post(`${at}/publish`))
  const replaced = await must(tenant.admin.call('PUT', at, { ...activityBody('walk'), name: 'A longer walk' }))
  const again = await tenant.admin.post(`${at}/publish`)
  expect([replaced.stage, again.status, again.body.stage, again.body.name]).toEqual(['PUBLISHED', 200, 'PUBLISHED', 'A longer walk'])
  expect(cached(again)).toBeNull()
})
