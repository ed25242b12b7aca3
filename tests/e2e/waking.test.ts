// Hundreds of users (LAUREL_WAKING_USERS=2000: thousands) have each something to drain when everything is killed, and no region is
// there when it starts again.
// All their objects' alarms are due at once then: the platform comes to serving all the same, answers while it drains once
// the regions return, and every event is counted once.

import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { boardQuery } from '../../domain/boards/board-query.ts'
import { expectVerified, reader } from './support/boards.ts'
import { type Game, prepareGame, send } from './support/game.ts'
import { type Platform, startPlatform } from './support/platform.ts'

const workspace = 'waking'
const regions = ['eu-west-1', 'eu-north-1']
const users = Array.from({ length: Number(process.env.LAUREL_WAKING_USERS ?? 200) }, (_, n) => `sleeper-${n}`)
/** Few enough that each is told within the time that an import takes for it, also on a busy machine: no outbox runs without a region. */
const importedAtOnce = 50
const batchSize = 100

let platform: Platform
let game: Game
let boardId: string
let admin: string

beforeEach(async () => {
  platform = await startPlatform({ noDemo: true })
  game = await prepareGame(platform, workspace, 0)
  admin = await platform.token({ workspace, user: 'machine', role: 'admin', platform: 'm2m', context: 'dashboard' })
  const create = async (path: string, body: unknown) => (await send(platform, 'POST', `/dashboard/v1${path}`, admin, body)).body
  const { runtimeLeaderboardConfigurationId } = await create('/runtime-leaderboard-configurations', {
    name: 'Ranking',
    query: boardQuery(game.currencyId),
    defaultLang: 'en',
    translations: [{ lang: 'en', label: 'Ranking' }],
  })
  const board = {
    timeframeType: 'PERMANENT',
    timeframeTimezoneType: 'FIXED',
    timeframeStartsAt: '2025-01-01T00:00:00Z',
    lateEventsFor: null,
  }
  boardId = String((await create('/runtime-leaderboards', { runtimeLeaderboardConfigurationId, ...board })).runtimeLeaderboardId)
})
afterEach(() => platform.remove())

test('hundreds of objects with something to drain, no region, kill -9: it starts, serves, drains, and nothing is lost or doubled', async () => {
  await Promise.all(regions.map((name) => platform.region('stop', name)))
  for (const some of pieces(users, importedAtOnce)) await importUsers(some)
  for (const some of pieces(users, batchSize)) await logForEach(some)
  await platform.kill()

  platform = await startPlatform({ noDemo: true, dir: platform.dir, port: platform.port, args: ['--stopped', regions.join(',')] })
  expect((await fetch(`${platform.baseUrl}/health/ready`)).status).toBe(200)
  // Served while nothing can be drained, also to one of those who wait;
  const [first = '', second = ''] = users
  expect(await game.log(first, randomUUID())).toMatchObject({ status: 201, durability: 'edge' })
  await Promise.all(regions.map((name) => platform.region('start', name)))
  // and while everything drains: at the latest when the platform has seen that the regions are back, into the record.
  await expect.poll(async () => (await game.log(second, randomUUID())).durability, { timeout: 60_000, interval: 200 }).toBe('record')

  await expectVerified(platform, workspace)
  const events = new Map(await Promise.all([first, second].map(async (user) => [user, (await game.events(user)).length] as const)))
  expect(events.get(first)).toBe(2)
  const get = await reader(platform, workspace)
  const scores = new Map<string, number>()
  for (let offset = 0; offset < users.length; offset += batchSize) {
    const page = await get<{ items: { entityId: string; score: number }[]; totalCount: number }>(
      `/runtime-leaderboards/${boardId}/rankings?limit=${batchSize}&offset=${offset}`,
    )
    expect(page.totalCount).toBe(users.length)
    for (const { entityId, score } of page.items) scores.set(entityId, score)
  }
  expect(scores).toEqual(new Map(users.map((user) => [user, events.get(user) ?? 1])))
})

/** Made while no region is there: each user's own object keeps its first commit beside the regions too. */
async function importUsers(some: string[]): Promise<void> {
  const csv = ['email,userId', ...some.map((user) => `${user}@example.com,${user}`)].join('\n')
  const headers = { authorization: `Bearer ${admin}`, 'content-type': 'text/csv' }
  const imported = await fetch(`${platform.baseUrl}/dashboard/v1/user-imports`, { method: 'POST', headers, body: csv })
  expect(imported.status, await imported.text()).toBe(200)
}

/** One event each, in one request. No region is there: the edge keeps them. */
async function logForEach(some: string[]): Promise<void> {
  const logs = some.map((userId) => ({ activityId: game.activityId, userId, activityLogId: `once-${userId}` }))
  const { status, durability, body } = await send(platform, 'POST', '/app/v1/activity-logs/batch', game.token, { logs })
  const statuses = (body.items as { status: number }[]).map((item) => item.status)
  expect({ status, durability, statuses: new Set(statuses) }).toEqual({ status: 200, durability: 'edge', statuses: new Set([201]) })
}

function* pieces<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}
