// What is acknowledged stays, whatever is lost: a region, both, the object's memory, its storage. Each log's home region
// follows from its user's id, so several users try both roads.

import { afterEach, beforeAll, expect, test } from 'vitest'
import { balanceOf, eventsOf, log, newUser, publishGame } from './support/game.ts'
import { auditOf, crash, inspectPlayer, loseStorage, playerAt } from './support/objects.ts'
import { control, everyRegion, mend, regionNames, regionsUp } from './support/regions.ts'
import { newTenant, type Reply, type Tenant } from './support/tenant.ts'

let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
  await publishGame(tenant)
})
afterEach(mend)

const patience = { timeout: 25_000, interval: 200 }
const newUsers = (count: number) => Promise.all(Array.from({ length: count }, () => newUser(tenant)))
const outcome = ({ status, headers }: Reply) => ({ status, durability: headers.get('x-durability') })
const inRecord = { status: 201, durability: 'record' }
const atEdge = { status: 201, durability: 'edge' }

/** Logs events in turn for each user; each must be answered like this. Answers the ids that were acknowledged. */
async function play(users: string[], name: string, count: number, expected: object): Promise<Map<string, string[]>> {
  const acknowledged = new Map<string, string[]>(users.map((userId) => [userId, []]))
  for (let i = 0; i < count; i++) {
    await Promise.all(
      users.map(async (userId) => {
        expect(outcome(await log(tenant, userId, { activityLogId: `${name}-${i}` }))).toEqual(expected)
        acknowledged.get(userId)?.push(`${name}-${i}`)
      }),
    )
  }
  return acknowledged
}

async function expectKept(acknowledged: Map<string, string[]>): Promise<void> {
  for (const [userId, ids] of acknowledged) {
    await expect.poll(() => eventsOf(tenant, userId).catch(String), patience).toEqual(ids)
    expect(await balanceOf(tenant, userId)).toBe(ids.length)
  }
}

/** Objects, record, both regions: no difference, and nothing on its way. */
const expectAudited = () => expect.poll(() => auditOf(tenant.workspaceId), patience).toEqual([])

test.each(regionNames)('%s stopped: the other region records', async (region) => {
  const users = await newUsers(4)
  await control(region).stop()
  await expectKept(await play(users, region, 3, inRecord))
  await mend()
  await expectAudited()
})

test.each(regionNames)('%s hanging: the other region records', async (region) => {
  const users = await newUsers(4)
  await control(region).freeze()
  await expectKept(await play(users, region, 2, inRecord))
  await mend()
  await expectAudited()
})

test('both stopped: R2 keeps the commits, and they drain in order once one returns', async () => {
  const users = await newUsers(3)
  await everyRegion('stop')
  const acknowledged = await play(users, 'edge', 3, atEdge)
  const [home = ''] = regionNames
  for (const userId of users) expect((await inspectPlayer(tenant.workspaceId, userId))?.status).toMatchObject({ decided: 4, confirmed: 1 })
  await control(home).start()
  for (const userId of users)
    await expect.poll(async () => (await inspectPlayer(tenant.workspaceId, userId))?.status.confirmed, patience).toBe(4)
  await expectKept(acknowledged)
  await mend()
  await expectAudited()
})

test('a strict workspace is told 503 instead, and the retry with the same key gets the answer', async () => {
  const strict = await newTenant({ strict: true })
  await publishGame(strict)
  const userId = await newUser(strict)
  const key = { 'x-idempotency-key': 'strict' }
  await everyRegion('stop')
  const refused = await log(strict, userId, {}, key)
  expect([refused.status, refused.headers.get('x-durability')]).toEqual([503, null])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  await everyRegion('start')
  await expect.poll(async () => outcome(await log(strict, userId, {}, key)), patience).toEqual(inRecord)
  expect(await eventsOf(strict, userId)).toHaveLength(1)
})

test('an object that dies goes on from its storage, in the same life', async () => {
  const [userId = ''] = await newUsers(1)
  await play([userId], 'before', 2, inRecord)
  await crash(playerAt(tenant.workspaceId, userId))
  await expectKept(new Map([[userId, ['before-0', 'before-1']]]))
  expect((await inspectPlayer(tenant.workspaceId, userId))?.status.incarnation).toBe(1)
})

test('an object that dies with both regions down drains from its storage', async () => {
  const users = await newUsers(2)
  await everyRegion('stop')
  const acknowledged = await play(users, 'crash', 2, atEdge)
  await Promise.all(users.map((userId) => crash(playerAt(tenant.workspaceId, userId))))
  await everyRegion('start')
  await expectKept(acknowledged)
  await mend()
  await expectAudited()
})

test('an object that has lost its storage is read back from the record, and goes on in a new life', async () => {
  const [userId = ''] = await newUsers(1)
  const before = await play([userId], 'lost', 3, inRecord)
  await loseStorage(playerAt(tenant.workspaceId, userId))
  await expectKept(before)
  expect((await inspectPlayer(tenant.workspaceId, userId))?.status).toMatchObject({ incarnation: 2, decided: 4, confirmed: 4 })
  // What had been answered is answered alike, and what comes next goes on behind it.
  const again = await log(tenant, userId, { activityLogId: 'lost-1' })
  expect([again.status, again.headers.get('x-idempotency-cache-hit')]).toEqual([201, 'true'])
  expect(outcome(await log(tenant, userId, { activityLogId: 'next' }))).toEqual(inRecord)
  await expectKept(new Map([[userId, ['lost-0', 'lost-1', 'lost-2', 'next']]]))
  await expectAudited()
})

test('an idempotency key outlives the storage', async () => {
  const [userId = ''] = await newUsers(1)
  const key = { 'x-idempotency-key': 'outlives' }
  const first = await log(tenant, userId, {}, key)
  await loseStorage(playerAt(tenant.workspaceId, userId))
  const second = await log(tenant, userId, {}, key)
  expect([second.status, second.body, second.headers.get('x-idempotency-cache-hit')]).toEqual([201, first.body, 'true'])
  expect((await log(tenant, userId, { value: 2 }, key)).status).toBe(422)
})

test('storage lost before it drained: 503 while a region is down, then nothing lost and nothing doubled', async () => {
  const users = await newUsers(2)
  await everyRegion('stop')
  const acknowledged = await play(users, 'pending', 2, atEdge)
  for (const userId of users) {
    await loseStorage(playerAt(tenant.workspaceId, userId))
    expect((await log(tenant, userId, { activityLogId: 'too early' })).status).toBe(503)
  }
  // One region may lack what only the other has: it is not enough.
  const [one = ''] = regionNames
  await control(one).start()
  await expect.poll(regionsUp, patience).toEqual([one])
  for (const userId of users) expect((await log(tenant, userId, { activityLogId: 'too early' })).status).toBe(503)
  await mend()
  await expectKept(acknowledged)
  for (const userId of users) expect((await inspectPlayer(tenant.workspaceId, userId))?.status.incarnation).toBe(2)
  await expectAudited()
})
