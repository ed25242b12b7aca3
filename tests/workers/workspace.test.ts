// What an admin writes, and when it acts. One workspace's object is the single writer of its configuration; isolates
// remember rules for a while, and publishing answers only when that is over.

import { beforeEach, describe, expect, test } from 'vitest'
import type { OutboxMessage } from '../../domain/outbox.ts'
import {
  activityBody,
  balanceOf,
  currencyBody,
  log,
  monthly,
  must,
  newBoard,
  newUser,
  publishGame,
  readBoard,
  ruleBody,
} from './support/game.ts'
import { auditOf, holdOutbox, loseStorage, playerAt, workspaceAt } from './support/objects.ts'
import { newTenant, type Tenant } from './support/tenant.ts'

let tenant: Tenant
beforeEach(async () => {
  tenant = await newTenant({ derivedIdempotency: false })
})

const earned = async (userId: string, more: object = {}): Promise<number> => {
  const before = await balanceOf(tenant, userId)
  expect((await log(tenant, userId, more)).status).toBe(201)
  return (await balanceOf(tenant, userId)) - before
}

describe('rules', () => {
  beforeEach(() => publishGame(tenant))

  test('act once publishing has answered, and not as drafts', async () => {
    const userId = await newUser(tenant)
    const { rewardRuleId, ...draft } = await must(tenant.admin.post('/reward-rules', ruleBody({ activityId: 'walk', expression: 10 })))
    expect(draft.stage ?? 'DRAFT').toBe('DRAFT')
    expect(await earned(userId)).toBe(1)
    expect((await must(tenant.admin.post(`/reward-rules/${rewardRuleId}/publish`))).stage).toBe('PUBLISHED')
    expect(await earned(userId)).toBe(11)
  })

  test('that are replaced act as before until they are published again', async () => {
    const userId = await newUser(tenant)
    const [rule] = await tenant.admin.all('/reward-rules')
    const path = `/reward-rules/${rule.rewardRuleId}`
    await must(tenant.admin.call('PUT', path, ruleBody({ activityId: 'walk', expression: 7 })))
    // Publishing something else makes a new rule set; the draft is in none.
    await must(tenant.admin.post('/activities', activityBody('swim')))
    await must(tenant.admin.post('/activities/swim/publish'))
    expect(await earned(userId)).toBe(1)
    await must(tenant.admin.post(`${path}/publish`))
    expect(await earned(userId)).toBe(7)
  })

  test('and activities are unknown to users until they are published', async () => {
    const userId = await newUser(tenant)
    await must(tenant.admin.post('/activities', activityBody('swim')))
    expect((await log(tenant, userId, { activityId: 'swim' })).status).toBe(400)
    await must(tenant.admin.post('/activities/swim/publish'))
    expect((await log(tenant, userId, { activityId: 'swim' })).status).toBe(201)
  })

  test('outlive the storage of the workspace', async () => {
    const userId = await newUser(tenant)
    await loseStorage(workspaceAt(tenant.workspaceId))
    await loseStorage(playerAt(tenant.workspaceId, userId))
    expect(await earned(userId, { value: 4 })).toBe(4)
    expect((await must(tenant.admin.get('/activities/walk'))).activityId).toBe('walk')
    expect((await tenant.admin.post('/activities', activityBody('walk'))).status).toBe(409)
    await expect.poll(() => auditOf(tenant.workspaceId), { timeout: 20_000 }).toEqual([])
  })
})

describe('users', () => {
  test('claim an external id once, however many ask at once', async () => {
    const create = (i: number) => tenant.admin.post('/users', { email: `u${i}@example.org`, externalId: 'ext' })
    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => create(i)))
    expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    const winner = replies.find(({ status }) => status === 201)?.body
    expect((await must(tenant.admin.get('/users/by-external-id/ext'))).userId).toBe(winner.userId)
    expect(await tenant.admin.all('/users')).toMatchObject([{ userId: winner.userId }])
  })

  test('move to another external id, and leave the old one free', async () => {
    const [first, second] = [await newUser(tenant, { externalId: 'old' }), await newUser(tenant, { externalId: 'other' })]
    const move = (userId: string, externalId: string) => tenant.admin.call('PATCH', `/users/${userId}`, { externalId })
    expect((await move(first, 'other')).body).toMatchObject({ status: 409, errors: [{ pointer: '/externalId' }] })
    expect((await move(first, 'new')).body).toMatchObject({ userId: first, externalId: 'new' })
    expect((await tenant.admin.get('/users/by-external-id/old')).status).toBe(404)
    expect((await move(second, 'old')).status).toBe(200)
    for (const [externalId, userId] of [
      ['new', first],
      ['old', second],
    ])
      expect((await must(tenant.admin.get(`/users/by-external-id/${externalId}`))).userId).toBe(userId)
    expect((await tenant.admin.get('/users/by-external-id/other')).status).toBe(404)
  })

  test('that are deleted are gone: from every door, from the lists and from the boards', async () => {
    await publishGame(tenant)
    const [stays, goes] = [await newUser(tenant, { nickname: 'Stays' }), await newUser(tenant, { nickname: 'Goes', externalId: 'ext' })]
    const boards = [await newBoard(tenant), await newBoard(tenant, monthly)]
    for (const userId of [stays, goes]) await must(log(tenant, userId))
    const [permanent = { runtimeLeaderboardId: '' }] = boards
    const read = () => readBoard(tenant.machine, permanent.runtimeLeaderboardId)
    await expect.poll(read, { timeout: 10_000 }).toHaveLength(2)

    expect(await must(tenant.admin.call('DELETE', `/users/${goes}`))).toEqual({ userId: goes, deleted: true })
    for (const path of [`/users/${goes}`, '/users/by-external-id/ext']) expect((await tenant.admin.get(path)).status).toBe(404)
    expect((await tenant.admin.call('DELETE', `/users/${goes}`)).status).toBe(404)
    expect((await tenant.admin.call('PATCH', `/users/${goes}`, { nickname: 'Back' })).status).toBe(404)
    expect((await log(tenant, goes)).status).toBe(404)
    const person = await tenant.person(goes)
    for (const path of ['/users/me', '/users/me/principal', '/virtual-balances', '/virtual-balances/points', '/virtual-transactions'])
      expect((await person.get(path)).status, path).toBe(404)
    expect((await tenant.admin.all('/users')).map(({ userId }) => userId)).toEqual([stays])
    await expect.poll(read, { timeout: 10_000 }).toEqual([[1, 'Stays', 1]])
    for (const { runtimeLeaderboardId } of await tenant.machine.all('/runtime-leaderboards'))
      await expect.poll(() => readBoard(tenant.machine, runtimeLeaderboardId), { timeout: 10_000 }).not.toContainEqual([1, 'Goes', 1])

    const heir = await newUser(tenant, { externalId: 'ext' })
    expect((await must(tenant.admin.get('/users/by-external-id/ext'))).userId).toBe(heir)
    expect(heir).not.toBe(goes)
  })
})

describe('lists', () => {
  test('show at once what was written, also while the queue delivers nothing', async () => {
    const workspaceId = tenant.workspaceId.split('').reverse().join('')
    const held: OutboxMessage[] = []
    await holdOutbox(workspaceAt(workspaceId), held)
    const quiet = await newTenant(undefined, workspaceId)
    const { admin } = quiet
    await must(admin.post('/virtual-currencies', currencyBody('points')))
    expect(await admin.all('/virtual-currencies')).toMatchObject([{ virtualCurrencyId: 'points' }])
    await must(admin.post('/activities', activityBody('walk')))
    await must(admin.call('PUT', '/activities/walk', { ...activityBody('walk'), name: 'Stroll' }))
    expect(await admin.all('/activities')).toMatchObject([{ activityId: 'walk', name: 'Stroll' }])
    const { rewardRuleId } = await must(admin.post('/reward-rules', ruleBody({ activityId: 'walk' })))
    expect(await admin.all('/reward-rules')).toMatchObject([{ rewardRuleId }])
    const { runtimeLeaderboardId } = await newBoard(quiet)
    expect(await admin.all('/runtime-leaderboards')).toMatchObject([{ runtimeLeaderboardId }])
    expect(await admin.all('/runtime-leaderboard-configurations')).toHaveLength(1)
    const userId = await newUser(quiet)
    expect(await admin.all('/users')).toMatchObject([{ userId }])
    expect(held.flatMap(({ rows }) => rows).map(({ body }) => body.kind)).toContain('resource')
  })

  test('are read to the last page in both orders, newest change first by default', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e']
    for (const id of ids) await must(tenant.admin.post('/activities', activityBody(id)))
    await must(tenant.admin.call('PUT', '/activities/a', activityBody('a')))
    const read = async (order: string) => (await tenant.admin.all(`/activities?limit=2${order}`)).map(({ activityId }) => activityId)
    const oldestFirst = await read('&order=asc')
    expect(await read('')).toEqual([...oldestFirst].reverse())
    expect([...oldestFirst].sort()).toEqual(ids)
  })
})
