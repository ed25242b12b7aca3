// A region's database is set back to an earlier copy, cut short, removed, each while everything is stopped. The platform
// serves and counts rightly all the same, health says what lacks, and a refill beside the traffic makes both regions whole.

import { randomUUID } from 'node:crypto'
import { cpSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectVerified } from './support/boards.ts'
import { type Game, prepareGame } from './support/game.ts'
import { type Platform, startPlatform } from './support/platform.ts'

const workspace = 'refilled'
const users = 5

let platform: Platform
let game: Game
const acknowledged = new Map<string, string[]>()

beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  game = await prepareGame(platform, workspace, users)
  await logs(2)
})
afterAll(() => platform.remove())

/** One after another: each is an item of its own. */
async function logs(each: number): Promise<void> {
  for (let i = 0; i < each; i++) {
    for (const userId of game.users) {
      const id = randomUUID()
      expect((await game.log(userId, id)).status).toBe(201)
      acknowledged.set(userId, [...(acknowledged.get(userId) ?? []), id])
    }
  }
}

const database = (region: string) => join(platform.dir, 'dynamodb', region)
const restart = async () => {
  platform = await startPlatform({ noDemo: true, dir: platform.dir, port: platform.port })
}

async function damaged(damage: () => void): Promise<void> {
  await platform.stop()
  damage()
  await restart()
}

async function health(): Promise<{ status: string; lacking: string[] }> {
  const response = await fetch(`${platform.baseUrl}/health/ready`)
  expect(response.status).toBe(200)
  const { status, parts } = (await response.json()) as { status: string; parts: { name: string; lacksData?: boolean }[] }
  return { status, lacking: parts.filter(({ lacksData }) => lacksData).map(({ name }) => name) }
}

const healthBecomes = (wanted: Awaited<ReturnType<typeof health>>) =>
  expect.poll(health, { timeout: 30_000, interval: 250 }).toEqual(wanted)

const verify = () => platform.runScript('verify.ts', ['--workspace', workspace])

/** Beside commands, and to the end. */
async function refill(region: string): Promise<string> {
  const [{ code, stdout, stderr }] = await Promise.all([platform.runScript('region.ts', ['refill', region]), logs(2)])
  expect(code, stdout + stderr).toBe(0)
  return stdout
}

async function expectWhole(): Promise<void> {
  await expectVerified(platform, workspace)
  await healthBecomes({ status: 'ready', lacking: [] })
  for (const [userId, ids] of acknowledged) expect(await game.events(userId)).toEqual(ids)
}

test('a region that was set back to an earlier copy is refilled, by a refill that was killed in the middle too', async () => {
  const copy = join(platform.dir, 'earlier-copy')
  await damaged(() => cpSync(database('eu-west-1'), copy, { recursive: true }))
  await logs(2)
  await damaged(() => {
    rmSync(database('eu-west-1'), { recursive: true })
    cpSync(copy, database('eu-west-1'), { recursive: true })
  })
  expect(platform.output()).toContain('eu-west-1 lacks data that it had')
  await healthBecomes({ status: 'degraded', lacking: ['eu-west-1'] })
  await logs(1)
  const found = await verify()
  expect(found.code).toBe(1)
  expect(found.stdout).toContain('is missing in eu-west-1')

  const first = await platform.operator('POST', '/platform/v1/regions/eu-west-1/refill?limit=2')
  expect(await first.json()).toMatchObject({ done: false, pass: { logs: 2 }, lacksData: true })
  await platform.kill()
  await restart()
  // The two that were done before are not gone through again.
  expect(await refill('eu-west-1')).toContain(`refill eu-west-1: ${users + 1} logs`)
  await expectWhole()
})

test('one whose file was cut short starts again, empty, and is refilled', async () => {
  await damaged(() => {
    for (const name of readdirSync(database('eu-west-1'))) if (/-(wal|shm)$/.test(name)) rmSync(join(database('eu-west-1'), name))
    const file = join(database('eu-west-1'), 'dynoxide.sqlite')
    truncateSync(file, Math.floor(statSync(file).size / 2))
  })
  expect(platform.output()).toContain('eu-west-1: its database was damaged')
  await healthBecomes({ status: 'degraded', lacking: ['eu-west-1'] })
  await logs(1)
  await refill('eu-west-1')
  await expectWhole()
})

test('and then the other may lose everything', async () => {
  await damaged(() => rmSync(database('eu-north-1'), { recursive: true }))
  await healthBecomes({ status: 'degraded', lacking: ['eu-north-1'] })
  await refill('eu-north-1')
  await expectWhole()
})
