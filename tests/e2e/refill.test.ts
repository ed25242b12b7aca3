// A region's database is set back to an earlier copy, cut short, removed, each while everything is stopped. The platform
// serves and counts rightly all the same, health says what lacks, and a refill beside the traffic makes both regions whole.

import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logItemSortKey, partitionKey } from '../../aws-core/dynamodb/keys.ts'
import { engineClient } from '../../scripts/local/tap/engine-client.ts'
import { workspaceIdOf } from '../../scripts/local/tokens.ts'
import { expectVerified } from './support/boards.ts'
import { type Game, prepareGame } from './support/game.ts'
import { type Platform, startPlatform } from './support/platform.ts'

const workspace = 'refilled'
const users = 4

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

const file = (region: string) => join(platform.dir, 'dynamodb', region, 'dynoxide.sqlite')
const emptied = (region: string) => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file(region) + suffix, { force: true })
}
const restart = async () => {
  platform = await startPlatform({ noDemo: true, dir: platform.dir, port: platform.port })
}

async function loseFirstItem(region: string, userId: string): Promise<void> {
  const engine = engineClient(platform.run().parts.find(({ name }) => name === `${region} engine`)?.port ?? 0)
  const pk = { S: partitionKey({ workspaceId: workspaceIdOf(workspace), kind: 'player', entityId: userId }) }
  await engine.call('DeleteItem', { TableName: 'laurel', Key: { pk, sk: { S: logItemSortKey(1, 1) } } })
  engine.close()
}

interface Standing {
  region: string
  lacksDataSince: string | null
  refill: object | null
}

async function standings(): Promise<[Standing, Standing]> {
  const { items } = (await (await platform.operator('GET', '/platform/v1/regions')).json()) as { items: [Standing, Standing] }
  return items
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

test('a region is set back to an earlier copy, and in the middle of its refill everything is killed and its file cut short', async () => {
  const copy = join(platform.dir, 'earlier.sqlite')
  const running = new DatabaseSync(file('eu-west-1'), { readOnly: true })
  running.prepare('VACUUM INTO ?').run(copy)
  running.close()
  // What a monitor does: its mark is newer than the copy.
  expect((await platform.operator('POST', '/platform/v1/regions/watch')).status).toBe(200)
  await logs(2)
  await platform.stop()
  emptied('eu-west-1')
  renameSync(copy, file('eu-west-1'))
  await restart()
  expect(platform.output()).toContain('eu-west-1 lacks data that it had')
  await healthBecomes({ status: 'degraded', lacking: ['eu-west-1'] })
  // Below its fence too, where no write and no repair looks: a copy may have been made while an item was on its way.
  await loseFirstItem('eu-west-1', game.users[0] ?? '')
  await logs(1)
  const found = await verify()
  expect(found.code).toBe(1)
  expect(found.stdout).toContain('is missing in eu-west-1')
  expect(found.stdout).toContain('npm run region -- refill eu-west-1')
  const page = await platform.operator('POST', '/platform/v1/regions/eu-west-1/refill?limit=2')
  expect(await page.json()).toMatchObject({ done: false, pass: { logs: 2 }, lacksData: true })
  const [{ refill: before }] = await standings()

  await platform.kill()
  for (const suffix of ['-wal', '-shm']) rmSync(file('eu-west-1') + suffix, { force: true })
  truncateSync(file('eu-west-1'), Math.floor(statSync(file('eu-west-1')).size / 2))
  await restart()
  expect(platform.output()).toContain('eu-west-1: its database was damaged')
  expect(await standings()).toMatchObject([
    { region: 'eu-west-1', refill: before },
    { region: 'eu-north-1', lacksDataSince: null },
  ])
  // It goes on where it was; and since more was lost meanwhile, what was done before is gone through again.
  expect(await refill('eu-west-1')).toContain('once more from the start')
  await expectWhole()
})

test('and then the other may lose everything', async () => {
  await platform.stop()
  emptied('eu-north-1')
  await restart()
  await healthBecomes({ status: 'degraded', lacking: ['eu-north-1'] })
  await refill('eu-north-1')
  await expectWhole()
})
