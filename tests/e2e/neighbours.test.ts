// One tenant does its worst, or nobody at all does; another's writes are answered all the same, and by the record: neither a flood of
// health calls, nor a burst of writes, nor bodies that are costly to read may be taken for a region's failure.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Game, prepareGame } from './support/game.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
let quiet: Game
let loud: Game
beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  quiet = await prepareGame(platform, 'quiet', 2)
  loud = await prepareGame(platform, 'loud', 20)
})
afterAll(() => platform.remove())

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

/** Statuses of the flood; 0 where no answer came. Meanwhile the quiet tenant writes, one event after another until the flood is over, and ten at least. */
async function besideFlood(flood: Promise<number>[]): Promise<Set<number>> {
  let isOver = false
  const answered = Promise.allSettled(flood).finally(() => {
    isOver = true
  })
  const seen: { status: number; durability: string | null }[] = []
  while (seen.length < 10 || !isOver) {
    const { status, durability } = await quiet.log(quiet.users[seen.length % quiet.users.length] as string, randomUUID())
    seen.push({ status, durability })
  }
  const outcomes = await answered
  // Looked at when the flood is over, so that one that does harm does none to the next test.
  expect(seen).toEqual(seen.map(() => ({ status: 201, durability: 'record' })))
  return new Set(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : 0)))
}

/** `written` makes the body's text; sent as it is. */
async function logOfLoud(n: number, written: (text: string) => string = (text) => text): Promise<number> {
  const body = { activityId: loud.activityId, userId: loud.users[n % loud.users.length], activityLogId: randomUUID() }
  const response = await fetch(`${platform.baseUrl}/app/v1/activity-logs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${loud.token}`, 'content-type': 'application/json' },
    body: written(JSON.stringify(body)),
  })
  await response.arrayBuffer()
  return response.status
}

test('two hundred health calls at once, of nobody', async () => {
  const health = async () => {
    const response = await fetch(`${platform.baseUrl}/health/ready`)
    await response.arrayBuffer()
    return response.status
  }
  expect(await besideFlood(times(200, health))).toEqual(new Set([200]))
})

test('a burst of two hundred writes', async () => {
  // What is too much is told so, at once and with a way back; nothing is kept at the edge for it.
  for (const status of await besideFlood(times(200, (n) => logOfLoud(n)))) expect([201, 503]).toContain(status)
})

test('bodies with half a million members that no schema knows', async () => {
  const unknown = times(450_000, (n) => `"k${n.toString(36)}":0`).join(',')
  const statuses = await besideFlood(times(12, (n) => logOfLoud(n, (text) => `${text.slice(0, -1)},${unknown}}`)))
  for (const status of statuses) expect([201, 400, 413]).toContain(status)
})
