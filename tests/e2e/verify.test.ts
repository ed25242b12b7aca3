// What verify finds and rebuild mends: the platform is stopped, one thing is damaged the way storage gets damaged, and
// it is started again. Every kind of damage must be named; what is derived must be whole again after a rebuild.

import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { partitionKey } from '../../aws-core/dynamodb/keys.ts'
import { boardQuery } from '../../domain/boards/board-query.ts'
import { engineClient } from '../../scripts/local/tap/engine-client.ts'
import { workspaceIdOf } from '../../scripts/local/tokens.ts'
import { expectVerified } from './support/boards.ts'
import { type Game, prepareGame, send } from './support/game.ts'
import { type Platform, startPlatform } from './support/platform.ts'

const workspace = 'damaged'
const workspaceId = workspaceIdOf(workspace)
const table = 'laurel'

let platform: Platform
let game: Game
let permanent: string
let monthly: string

beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  game = await prepareGame(platform, workspace, 6)
  const token = await platform.token({ workspace, user: 'machine', role: 'admin', platform: 'm2m', context: 'dashboard' })
  const made = async (path: string, body: unknown) => (await send(platform, 'POST', `/dashboard/v1${path}`, token, body)).body
  const { runtimeLeaderboardConfigurationId } = await made('/runtime-leaderboard-configurations', {
    name: 'Ranking',
    query: boardQuery(game.currencyId),
    defaultLang: 'en',
    translations: [{ lang: 'en', label: 'Ranking' }],
  })
  const board = async (more: object) => {
    const timeframe = { timeframeTimezoneType: 'FIXED', timeframeStartsAt: '2025-01-01T00:00:00Z', lateEventsFor: null, ...more }
    return String((await made('/runtime-leaderboards', { runtimeLeaderboardConfigurationId, ...timeframe })).runtimeLeaderboardId)
  }
  permanent = await board({ timeframeType: 'PERMANENT' })
  monthly = await board({ timeframeType: 'RECURRING', recurrence: 'MONTHLY' })
  // One after another: each is an item of its own.
  for (let i = 0; i < 3; i++) for (const userId of game.users) expect((await game.log(userId, randomUUID())).status).toBe(201)
})
afterAll(() => platform.remove())

/** The SQLite files of one kind of storage; the one of them for which `isIt` holds. */
function open(kind: string, isIt: (database: DatabaseSync) => boolean): { database: DatabaseSync; file: string } {
  const everything = readdirSync(platform.dir, { recursive: true, withFileTypes: true })
  for (const entry of everything) {
    if (!entry.name.endsWith('.sqlite') || entry.name === 'metadata.sqlite' || !entry.parentPath.endsWith(kind)) continue
    const file = join(entry.parentPath, entry.name)
    const database = new DatabaseSync(file)
    if (isIt(database)) return { database, file }
    database.close()
  }
  throw new Error(`There is no such storage of ${kind}.`)
}

/** Changes exactly `count` rows. */
function change(database: DatabaseSync, count: number, statement: string, ...bindings: (string | number)[]): void {
  expect(Number(database.prepare(statement).run(...bindings).changes), statement).toBe(count)
}

const within = (kind: string, isIt: (database: DatabaseSync) => boolean, work: (database: DatabaseSync) => void) => {
  const { database } = open(kind, isIt)
  work(database)
  database.close()
}
const player = (userId: string, work: (database: DatabaseSync) => void) =>
  within('-Player', (database) => database.prepare('SELECT 1 FROM own_ref WHERE user_id = ?').all(userId).length > 0, work)
const theWorkspace = (work: (database: DatabaseSync) => void) =>
  within('-Workspace', (database) => database.prepare('SELECT 1 FROM own_ref WHERE workspace_id = ?').all(workspaceId).length > 0, work)
const index = (work: (database: DatabaseSync) => void) =>
  within('D1DatabaseObject', (database) => database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'boards'").all().length > 0, work)
const isBoard = (id: string) => (database: DatabaseSync) =>
  database.prepare("SELECT 1 FROM meta WHERE key = 'board' AND json_extract(value, '$.boardId') = ?").all(id).length > 0

async function damaged(damage: () => void): Promise<void> {
  await platform.stop()
  damage()
  platform = await startPlatform({ noDemo: true, dir: platform.dir, port: platform.port })
}

const verify = () => platform.runScript('verify.ts', ['--workspace', workspace])

/** Deletes a user's items in one region, behind the back of its replication. `which` are places in the order of the keys. */
async function deleteItems(region: string, userId: string, which: number[]): Promise<void> {
  const engine = engineClient(platform.run().parts.find(({ name }) => name === `${region} engine`)?.port ?? 0)
  const pk = { S: partitionKey({ workspaceId, kind: 'player', entityId: userId }) }
  const found = await engine.call<{ Items: { sk: { S: string } }[] }>('Query', {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :l)',
    ExpressionAttributeValues: { ':pk': pk, ':l': { S: 'L#' } },
  })
  for (const at of which) await engine.call('DeleteItem', { TableName: table, Key: { pk, sk: found.Items.at(at)?.sk } })
  engine.close()
}

test('nothing differs where nothing is damaged', () => expectVerified(platform, workspace))

test('every damage to index and boards is named, and a rebuild mends it', async () => {
  const [ada, ben, cleo] = game.users as [string, string, string]
  let month = ''
  await damaged(() => {
    index((d1) => {
      const own = 'workspace_id = ? AND user_id = ?'
      change(d1, 1, `DELETE FROM users WHERE ${own}`, workspaceId, ada)
      change(d1, 1, `UPDATE users SET row = json_set(row, '$.nickname', 'Other') WHERE ${own}`, workspaceId, ben)
      change(d1, 1, `UPDATE users SET sequence = 9999 WHERE ${own}`, workspaceId, cleo)
      change(d1, 1, "DELETE FROM resources WHERE workspace_id = ? AND type = 'activity'", workspaceId)
      change(
        d1,
        1,
        "INSERT INTO resources SELECT workspace_id, updated_at_ms, incarnation, sequence, deleted, indexed_at_ms, row, type, 'ghost' FROM resources WHERE workspace_id = ? AND type = 'reward-rule'",
        workspaceId,
      )
      change(d1, 1, "UPDATE boards SET row = json_set(row, '$.startsAtMs', 1) WHERE board_id = ?", permanent)
      change(d1, 1, 'DELETE FROM boards WHERE board_id = ?', monthly)
      const [current] = d1.prepare("SELECT board_id AS id FROM boards WHERE json_extract(row, '$.seriesId') = ?").all(monthly)
      month = String(current?.id)
    })
    within('-Leaderboard', isBoard(permanent), (board) => {
      change(board, 1, 'UPDATE members SET score = score + 1 WHERE entity_id = ?', ada)
      change(board, 1, 'DELETE FROM members WHERE entity_id = ?', ben)
      change(board, 1, 'UPDATE members SET sequence = 9999 WHERE entity_id = ?', cleo)
    })
    const { database, file } = open('-Leaderboard', isBoard(month))
    database.close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
  })

  const differences = [
    `index, user ${ada}: missing`,
    `index, user ${ben}: differs from the record`,
    `index, user ${cleo}: is ahead of the record`,
    `index, activity ${game.activityId}: missing`,
    'index, reward-rule ghost: is not in the record',
    `index, board ${permanent}: differs from the record`,
    `index, board of ${monthly}|2025-01: missing`,
    `board ${permanent} (PERMANENT): ${ada} has`,
    `board ${permanent} (PERMANENT): ${ben} is missing`,
    `board ${permanent} (PERMANENT): ${cleo} is ahead of the record`,
  ]
  const found = await verify()
  expect(found.code).toBe(1)
  for (const difference of differences) expect(found.stdout).toContain(difference)
  expect(found.stdout).toMatch(new RegExp(`board ${month} \\(.*\\): is lost`))
  // One line each, the lost board's members among them, and the summary.
  expect(found.stdout.trim().split('\n')).toHaveLength(differences.length + 1 + game.users.length + 1)

  const rebuilt = await platform.runScript('rebuild.ts', ['--workspace', workspace])
  expect(rebuilt, rebuilt.stdout).toMatchObject({ code: 0 })
  for (const difference of differences) expect(rebuilt.stdout).toContain(difference)
  expect(await verify()).toMatchObject({ code: 0 })
})

test('every damage to objects and to the record is named', async () => {
  const [ada, ben, cleo, dora, eve, finn] = game.users as [string, string, string, string, string, string]
  await damaged(() => {
    player(ada, (db) => change(db, 1, "UPDATE balances SET body = json_set(body, '$.amount', 1)"))
    player(ben, (db) => {
      change(db, 1, "UPDATE lines SET body = json_set(body, '$.initiator', 'somebody') WHERE ordinal = 2")
      change(db, 1, "UPDATE commits SET body = json_set(body, '$.trail.subject', 'somebody') WHERE sequence = 3")
    })
    theWorkspace((db) => {
      change(db, 1, 'DELETE FROM directory WHERE user_id = ?', cleo)
      change(db, 1, "UPDATE series SET body = json_set(body, '$.startsAtMs', 1) WHERE series_id = ?", monthly)
    })
  })
  // One copy short of an item; a hole in both; the newest gone from both.
  await deleteItems('eu-west-1', dora, [1])
  for (const region of ['eu-west-1', 'eu-north-1']) {
    await deleteItems(region, eve, [1])
    await deleteItems(region, finn, [-1])
  }

  const { code, stdout } = await verify()
  expect(code).toBe(1)
  for (const difference of [
    `user ${ada}: ${game.currencyId}: balance`,
    `user ${ben}: ledger lines: the object holds others than the record`,
    `user ${ben}: commits: the object holds others than the record`,
    `workspace: directory, user ${cleo}: the object differs from the record`,
    `workspace: series ${monthly}: the object differs from the record`,
    'is missing in eu-west-1',
    `user ${eve}: log/gap`,
    `user ${finn}: commits: the record gives 3, the object holds 4`,
  ])
    expect(stdout).toContain(difference)
  expect(stdout).toMatch(new RegExp(`user ${dora}: item 1#2-2 is missing in eu-west-1`))
})
