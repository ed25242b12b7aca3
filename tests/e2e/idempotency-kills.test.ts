// 100 concurrent requests on each of 1,000 keys run once each, with kills in between: of the worker, of either region,
// of everything. Requests that a kill takes along are sent again with their key, as a client does.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { audit } from '../../scripts/audit/audit.ts'
import { operator, settleAll } from '../../scripts/audit/operator.ts'
import { stateDir } from '../../scripts/local/state-dir.ts'
import { readIssuing, workspaceIdOf } from '../../scripts/local/tokens.ts'
import { send } from './support/game.ts'
import { type InsistentClient, insistentClient } from './support/insistent-client.ts'
import { allRequests, type KeyedLoad, keyedLoad, listAll } from './support/keyed-load.ts'
import { type Answers, noAnswers, sendAll } from './support/keyed-requests.ts'
import { type Kill, killPlan } from './support/kill-plan.ts'
import { type Platform, startPlatform } from './support/platform.ts'

const workspace = 'kept-keys'
const each = 100
const size = { players: 20, eventsEach: 47, activities: 20, created: 15, moved: 15, deleted: 10 }
const kills: [number, Kill][] = [
  [8_000, 'worker'],
  [20_000, { region: 'eu-west-1' }],
  [26_000, 'worker'],
  [34_000, { back: 'eu-west-1' }],
  [50_000, 'everything'],
  [62_000, { region: 'eu-north-1' }],
  [70_000, { back: 'eu-north-1' }],
  [78_000, 'worker'],
  [96_000, 'worker'],
]

let platform: Platform
let load: KeyedLoad
let client: InsistentClient
let answers: Map<string, Answers>

beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  load = await keyedLoad(platform, workspace, size)
  client = insistentClient(platform.baseUrl, 400)
})
afterAll(async () => {
  client.close()
  await platform.remove()
})

const answersTo = ({ key }: { key: string }): Answers => answers.get(key) ?? noAnswers()
/** The one body that every answer of the key had. */
const bodyTo = (request: { key: string }): Record<string, unknown> => JSON.parse([...answersTo(request).bodies][0] ?? '{}')

test('100 concurrent requests on each of 1,000 keys are all answered, through seven kills', async () => {
  const requests = allRequests(load)
  expect(new Set(requests.map(({ key }) => key)).size).toBe(1_000)
  const plan = killPlan(platform, kills)
  answers = await sendAll(client, requests, { times: each, atOnce: 4, onAnswer: plan.reached })
  platform = plan.platform()
  await plan.settled()
  platform = plan.platform()
  expect(plan.done).toEqual(kills.map(([, kill]) => kill))
  // Every kill of the worker took requests along: what follows is about those, too.
  expect(client.again.broken).toBeGreaterThan(100)
  let counted = 0
  for (const { first, replays } of answers.values()) counted += first + replays
  expect(counted).toBe(100_000)
})

test('all answers of one key are one answer, and at most one of them is not marked as a repeat', () => {
  const statuses = new Map<number, number>()
  for (const { statuses: seen, bodies, headers, first } of answers.values()) {
    // Two of each say enough where they differ.
    expect({ statuses: [...seen], bodies: [...bodies].slice(0, 2), headers: [...headers].slice(0, 2) }).toEqual({
      statuses: [expect.any(Number)],
      bodies: [expect.any(String)],
      headers: [expect.any(String)],
    })
    expect(first).toBeLessThanOrEqual(1)
    const [status = 0] = seen
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  const { players, eventsEach, activities, created, moved, deleted } = size
  expect(Object.fromEntries(statuses)).toEqual({ 200: moved + deleted, 201: players * eventsEach + activities + created })
})

test('every event is one line in its user’s ledger', async () => {
  const wanted = Map.groupBy(load.events, ({ userId }) => userId)
  expect(wanted.size).toBe(size.players)
  for (const [userId, events] of wanted) {
    const answered = events.map(({ request }) => bodyTo(request).activityLogId as string)
    expect((await load.game.events(userId)).sort()).toEqual(answered.sort())
    const { body } = await send(platform, 'GET', `/app/v1/virtual-balances/${load.game.currencyId}`, load.game.token, undefined, {
      'x-user-id': userId,
    })
    expect(body.amount).toBe(size.eventsEach)
  }
})

test('the record agrees with everything that is derived from it, and holds each command once', async () => {
  const { operatorKey } = readIssuing(stateDir(platform.dir).keys, platform.baseUrl)
  const asOperator = operator(platform.baseUrl, operatorKey, workspaceIdOf(workspace))
  expect(await settleAll(asOperator)).toBe(true)
  const found = await audit(asOperator)
  expect(found.differences).toEqual([])

  const commits = new Map<string, number>()
  for await (const user of asOperator.all<{ userId: string; commits: number }>('/audit/users')) commits.set(user.userId, user.commits)
  const of = (users: { userId: string }[]) => users.map(({ userId }) => commits.get(userId))
  // A user's log begins with its birth.
  expect(of(load.moved)).toEqual(load.moved.map(() => 2))
  expect(of(load.deleted)).toEqual(load.deleted.map(() => 2))
  expect(of(load.created.map((request) => ({ userId: bodyTo(request).userId as string })))).toEqual(load.created.map(() => 1))
  expect(of([...new Set(load.events.map(({ userId }) => userId))].map((userId) => ({ userId })))).toEqual(
    Array.from({ length: size.players }, () => 1 + size.eventsEach),
  )
})

test('every resource and user was made, moved or deleted once', async () => {
  const activities = await listAll(platform, load.dashboard, '/activities')
  const kept = activities.filter(({ name }) => String(name).startsWith('Kept '))
  expect(kept.map(({ activityId }) => activityId).sort()).toEqual(load.activities.map((one) => bodyTo(one).activityId).sort())

  const users = new Map((await listAll(platform, load.dashboard, '/users')).map((user) => [user.userId as string, user]))
  const createdIds = load.created.map((one) => bodyTo(one).userId as string)
  expect(new Set(createdIds).size).toBe(size.created)
  expect(users.size).toBe(size.players + size.created + size.moved)
  for (const userId of createdIds) expect(users.has(userId)).toBe(true)
  for (const { userId, externalId } of load.moved) expect(users.get(userId)).toMatchObject({ externalId, nickname: 'Moved' })
  for (const { userId } of load.deleted) {
    expect(users.has(userId)).toBe(false)
    expect((await send(platform, 'GET', `/dashboard/v1/users/${userId}`, load.dashboard)).status).toBe(404)
  }
})
