// Both regions down: writes are accepted at the edge and drain in order, also when the users' objects lost their
// storage before that. Every answer is written down here and held against the record afterwards.

import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectVerified } from './support/boards.ts'
import { type Game, prepareGame } from './support/game.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
let game: Game
beforeEach(async () => {
  platform = await startPlatform({ noDemo: true })
  game = await prepareGame(platform, 'edge', 8)
})
afterEach(() => platform.remove())

async function playThroughAnOutage(): Promise<Map<string, string[]>> {
  const acknowledged = new Map<string, string[]>()
  for (let round = 0; round < 3; round++) {
    for (const userId of game.users) {
      const id = randomUUID()
      const { status, durability } = await game.log(userId, id)
      expect({ status, durability }).toEqual({ status: 201, durability: 'edge' })
      acknowledged.set(userId, [...(acknowledged.get(userId) ?? []), id])
    }
  }
  return acknowledged
}

/** The SQLite files of every object of a class, wherever the runtime keeps them. */
function deleteStorageOf(stopped: Platform, className: string): void {
  const everything = readdirSync(stopped.dir, { recursive: true, withFileTypes: true })
  const folders = everything.filter((entry) => entry.isDirectory() && entry.name.endsWith(`-${className}`))
  expect(folders.map((folder) => readdirSync(join(folder.parentPath, folder.name)).length)).toEqual([expect.any(Number)])
  for (const folder of folders) rmSync(join(folder.parentPath, folder.name), { recursive: true })
}

async function expectInOrder(acknowledged: Map<string, string[]>): Promise<void> {
  for (const [userId, ids] of acknowledged) {
    // The first event came while the regions were up.
    await expect.poll(async () => (await game.events(userId).catch(() => [])).slice(1), { timeout: 60_000, interval: 500 }).toEqual(ids)
  }
}

test('both regions down: accepted as x-durability: edge, and drained in order once one returns', async () => {
  for (const userId of game.users) expect(await game.log(userId, randomUUID())).toMatchObject({ status: 201, durability: 'record' })
  await Promise.all(['eu-west-1', 'eu-north-1'].map((name) => platform.region('stop', name)))
  const acknowledged = await playThroughAnOutage()
  expect((await fetch(`${platform.baseUrl}/health/ready`)).status).toBe(200)
  await platform.region('start', 'eu-north-1')
  await expectInOrder(acknowledged)
  await platform.region('start', 'eu-west-1')
  await expectVerified(platform, 'edge')
})

test("the same with the Player objects' storage deleted before they drained", async () => {
  for (const userId of game.users) expect((await game.log(userId, randomUUID())).status).toBe(201)
  await Promise.all(['eu-west-1', 'eu-north-1'].map((name) => platform.region('stop', name)))
  const acknowledged = await playThroughAnOutage()
  await platform.kill()
  deleteStorageOf(platform, 'Player')
  platform = await startPlatform({ noDemo: true, dir: platform.dir, port: platform.port })
  await expectInOrder(acknowledged)
  await expectVerified(platform, 'edge')
})

test('a strict workspace gets 503 with Retry-After instead, and the retry with the same key gets its answer', async () => {
  const strict = await prepareGame(platform, 'strict', 1, { strict: true })
  const [userId = ''] = strict.users
  await Promise.all(['eu-west-1', 'eu-north-1'].map((name) => platform.region('stop', name)))
  const key = randomUUID()
  const refused = await strict.log(userId, undefined, { 'x-idempotency-key': key })
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  await Promise.all(['eu-west-1', 'eu-north-1'].map((name) => platform.region('start', name)))
  await expect.poll(async () => (await strict.log(userId, undefined, { 'x-idempotency-key': key })).status, { timeout: 30_000 }).toBe(201)
  expect(await strict.events(userId)).toHaveLength(1)
})
