// Repeats, over HTTP and at once: one effect and one answer.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectVerified } from './support/boards.ts'
import { type Game, prepareGame, send } from './support/game.ts'
import { type InsistentClient, insistentClient } from './support/insistent-client.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
let game: Game
/** Sends headers byte by byte as they are given, which fetch does not. */
let raw: InsistentClient
beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  game = await prepareGame(platform, 'repeats', 4)
  raw = insistentClient(platform.baseUrl, 4)
})
afterAll(() => {
  raw.close()
  return platform.remove()
})

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

/** UTF-8, a character for each byte, as HTTP carries it. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1')

test.each([
  ['255 characters', { 'x-idempotency-key': 'k'.repeat(255) }, 'k'.repeat(255)],
  ['255 characters, quoted', { 'idempotency-key': `"${'q'.repeat(255)}"` }, 'q'.repeat(255)],
  ['one space inside', { 'x-idempotency-key': 'a b' }, 'a b'],
  ['quotes that are part of it', { 'x-idempotency-key': '"quoted"' }, '"quoted"'],
  ['escapes in a structured string', { 'idempotency-key': '"a\\\\b\\"c"' }, 'a\\b"c'],
  ['both headers, the same key', { 'idempotency-key': '"both"', 'x-idempotency-key': 'both' }, 'both'],
  ['bytes that are UTF-8', { 'x-idempotency-key': bytes('clé 😀 键') }, bytes('clé 😀 键')],
])('a key of %s is taken, echoed as it came, and repeats', async (_, headers, echo) => {
  const userId = game.users[3] ?? ''
  const [first, second] = [await logRaw(userId, headers), await logRaw(userId, headers)]
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.text).toBe(first.text)
  expect([first, second].map((reply) => reply.headers['x-idempotency-cache-hit'])).toEqual([undefined, 'true'])
  expect([first, second].map((reply) => reply.headers['x-idempotency-key'])).toEqual([echo, echo])
})

test.each([
  ['an empty header', { 'x-idempotency-key': '' }, 'x-idempotency-key'],
  ['nothing but spaces', { 'x-idempotency-key': '   ' }, 'x-idempotency-key'],
  ['256 characters', { 'x-idempotency-key': 'k'.repeat(256) }, 'x-idempotency-key'],
  ['an empty structured string', { 'idempotency-key': '""' }, 'Idempotency-Key'],
  ['a structured string without its quotes', { 'idempotency-key': 'bare' }, 'Idempotency-Key'],
  ['a structured string beyond ASCII', { 'idempotency-key': bytes('"clé"') }, 'Idempotency-Key'],
  ['two headers that disagree', { 'idempotency-key': '"a"', 'x-idempotency-key': 'b' }, 'Idempotency-Key'],
])('%s is a 400 that names the header, and nothing happens', async (_, headers, parameter) => {
  const userId = game.users[3] ?? ''
  const before = (await game.events(userId)).length
  const reply = await logRaw(userId, headers)
  expect([reply.status, JSON.parse(reply.text).errors]).toEqual([400, [{ parameter, detail: expect.any(String) }]])
  expect(await game.events(userId)).toHaveLength(before)
})

const logRaw = (userId: string, headers: Record<string, string>) =>
  raw.send({
    method: 'POST',
    path: '/app/v1/activity-logs',
    headers: { authorization: `Bearer ${game.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ activityId: game.activityId, userId }),
  })
