// Repeats, over HTTP and at once: one effect and one answer.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectVerified } from './support/boards.ts'
import { type Game, prepareGame, send } from './support/game.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
let game: Game
beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  game = await prepareGame(platform, 'repeats', 3)
})
afterAll(() => platform.remove())

test('100 simultaneous requests with one idempotency key have one effect and one answer', async () => {
  const [userId = ''] = game.users
  const key = randomUUID()
  const replies = await Promise.all(Array.from({ length: 100 }, () => game.log(userId, undefined, { 'x-idempotency-key': key })))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]))
  expect(new Set(replies.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  expect(replies.filter(({ headers }) => headers.get('x-idempotency-cache-hit') === 'true')).toHaveLength(99)
  expect(await game.events(userId)).toHaveLength(1)
  const other = await send(
    platform,
    'POST',
    '/app/v1/activity-logs',
    game.token,
    { activityId: game.activityId, userId, value: 2 },
    { 'x-idempotency-key': key },
  )
  expect(other.status).toBe(422)
})

test('the same event id sent in 50 batches counts once', async () => {
  const [, userId = '', other = ''] = game.users
  const id = randomUUID()
  const batch = () => ({
    logs: [
      { activityId: game.activityId, userId, activityLogId: id },
      { activityId: game.activityId, userId: other, activityLogId: randomUUID() },
    ],
  })
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => send(platform, 'POST', '/app/v1/activity-logs/batch', game.token, batch())),
  )
  for (const { status, body } of replies) {
    expect(status).toBe(200)
    expect((body as { items: { status: number }[] }).items.map((item) => item.status)).toEqual([201, 201])
  }
  expect(await game.events(userId)).toEqual([id])
  expect(await game.events(other)).toHaveLength(50)
  await expectVerified(platform, 'repeats')
})
