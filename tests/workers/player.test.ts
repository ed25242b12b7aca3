// One user, over HTTP, in workerd and with the record in two real regions: what an event is worth, and that it is worth it once.

import { beforeAll, describe, expect, test } from 'vitest'
import { bodyLimits } from '../../workers/edge/body.ts'
import { balanceOf, eventsOf, log, must, newUser, publishGame, transactionsOf } from './support/game.ts'
import { newTenant, type Tenant } from './support/tenant.ts'

let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
  await publishGame(tenant)
})

describe('an event', () => {
  test('is recorded, and becomes points', async () => {
    const userId = await newUser(tenant)
    const person = await tenant.person(userId)
    const event = { activityId: 'walk', userId, value: 3, outcome: 'SUCCESS', tags: ['outdoors'], additionalData: { km: 3 } }
    const { status, headers, body } = await person.post('/activity-logs', event)
    expect({ status, durability: headers.get('x-durability') }).toEqual({ status: 201, durability: 'record' })
    expect(body).toMatchObject({ ...event, workspaceId: tenant.workspaceId, activityLogId: expect.any(String) })
    expect(await must(person.get('/virtual-balances'))).toMatchObject({
      items: [{ userId, virtualCurrencyId: 'points', amount: 3, availableAmount: 3, isActive: true }],
      nextToken: null,
    })
    const [transaction] = await transactionsOf(tenant, userId)
    expect(transaction).toMatchObject({
      direction: 'CREDIT',
      state: 'COMPLETED',
      amount: 3,
      initiatorType: 'REWARD_RULE',
      additionalData: { activityLogId: body.activityLogId, activityId: 'walk' },
    })
    expect(await must(person.get(`/virtual-transactions/${transaction.virtualTransactionId}`))).toEqual(transaction)
    expect((await person.get('/virtual-transactions/none')).status).toBe(404)
  })

  test('of another user is refused to a person, of nobody to all', async () => {
    const [userId, other] = [await newUser(tenant), await newUser(tenant)]
    const person = await tenant.person(userId)
    expect((await person.post('/activity-logs', { activityId: 'walk', userId: other })).status).toBe(403)
    expect((await log(tenant, 'nobody')).status).toBe(404)
    expect(await eventsOf(tenant, other)).toEqual([])
  })

  test('may be backdated by anyone, and lie ahead by a day for a person', async () => {
    const userId = await newUser(tenant)
    const person = await tenant.person(userId)
    const at = (completedAt: string) => ({ activityId: 'walk', userId, completedAt })
    expect((await person.post('/activity-logs', at('2019-03-01T10:00:00+02:00'))).body.completedAt).toBe('2019-03-01T08:00:00.000Z')
    const ahead = await person.post('/activity-logs', at('2999-01-01T00:00:00Z'))
    expect([ahead.status, ahead.body.errors[0].pointer]).toEqual([400, '/completedAt'])
    expect((await log(tenant, userId, { completedAt: '2999-01-01T00:00:00Z' })).status).toBe(201)
    expect(await balanceOf(tenant, userId)).toBe(2)
  })

  test.each([
    ['an activity that is not published', { activityId: 'swim' }, '/activityId'],
    ['a value that is no number', { value: 'three' }, '/value'],
    ['a time that is none', { completedAt: 'yesterday' }, '/completedAt'],
    ['an id that cannot be kept', { activityLogId: 'ü' }, '/activityLogId'],
    ['more data than an event may carry', { additionalData: { text: 'x'.repeat(17_000) } }, '/additionalData'],
  ])('with %s is a 400 that names the place', async (_, mistake, pointer) => {
    const userId = await newUser(tenant)
    const { status, headers, body } = await log(tenant, userId, mistake)
    expect([status, body.errors[0].pointer]).toEqual([400, pointer])
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(await transactionsOf(tenant, userId)).toEqual([])
  })

  test('in a body of more than an event may have is a 413, whether its length is declared or found out', async () => {
    const body = { activityId: 'walk', userId: 'u', additionalData: { text: 'x'.repeat(bodyLimits.bytes) } }
    expect((await tenant.machine.post('/activity-logs', body)).status).toBe(413)
    const streamed = new Blob([JSON.stringify(body)]).stream()
    expect((await tenant.machine.post('/activity-logs', streamed)).status).toBe(413)
  })
})

test('transactions are read to the last page in both orders, by their owner only', async () => {
  const userId = await newUser(tenant)
  const ids = Array.from({ length: 7 }, (_, i) => `event-${userId}-${i}`)
  for (const activityLogId of ids) expect((await log(tenant, userId, { activityLogId })).status).toBe(201)
  const person = await tenant.person(userId)
  const read = async (order: string) =>
    (await person.all(`/virtual-transactions?limit=3&order=${order}`)).map((one) => one.additionalData.activityLogId)
  expect(await read('asc')).toEqual(ids)
  expect(await read('desc')).toEqual([...ids].reverse())
  const { nextToken } = await must(person.get('/virtual-transactions?limit=3'))
  const stranger = await tenant.person(await newUser(tenant))
  for (const [client, token] of [
    [stranger, nextToken],
    [person, `${nextToken.slice(0, -1)}${nextToken.endsWith('A') ? 'B' : 'A'}`],
  ] as const)
    expect((await client.get(`/virtual-transactions?limit=3&nextToken=${token}`)).status).toBe(400)
})

describe('a batch', () => {
  test('has an answer for each of its logs, in order; one that is refused stops no other', async () => {
    const [first, second] = [await newUser(tenant), await newUser(tenant)]
    const of = (userId: unknown, more: object = {}) => ({ activityId: 'walk', userId, ...more })
    const logs = [
      of(first),
      of(second, { value: 'x' }),
      of('nobody'),
      of(second, { value: 2 }),
      of(first, { activityId: 'swim' }),
      of(first),
    ]
    const { status, body } = await tenant.machine.post('/activity-logs/batch', { logs })
    expect(status).toBe(200)
    expect(body.items.map((item: { status: number }) => item.status)).toEqual([201, 400, 404, 201, 400, 201])
    expect(body.items[1].problem.errors).toMatchObject([{ pointer: '/logs/1/value' }])
    expect(body.items[3]).toMatchObject({ replayed: false, activityLog: { userId: second, value: 2 } })
    expect([await balanceOf(tenant, first), await balanceOf(tenant, second)]).toEqual([2, 2])
  })

  test('takes 1 to 100 logs, of machines', async () => {
    const userId = await newUser(tenant)
    const logs = (count: number) => ({ logs: Array.from({ length: count }, (_, i) => ({ activityId: 'walk', userId, value: i })) })
    expect((await tenant.machine.post('/activity-logs/batch', logs(101))).status).toBe(400)
    expect((await tenant.machine.post('/activity-logs/batch', logs(0))).status).toBe(400)
    expect((await (await tenant.person(userId)).post('/activity-logs/batch', logs(1))).status).toBe(403)
    expect(await balanceOf(tenant, userId)).toBe(0)
    expect((await tenant.machine.post('/activity-logs/batch', logs(100))).status).toBe(200)
    expect(await balanceOf(tenant, userId)).toBe(4950)
  })
})
