// One decision, two logs: what a workspace has decided about a user waits in its outbox until the user's own object has
// confirmed it, and whoever asks is given it in order.

import { expect, test } from 'vitest'
import type { UserProfile } from '../../../domain/player/types.ts'
import type { WorkspaceCommand, WorkspaceEffects } from '../../../domain/workspace/types.ts'
import { userCommandEventId } from '../../../domain/workspace/user-command.ts'
import { CommitLog } from '../../../durable-objects/log/commit-log.ts'
import { WorkspaceEntity, waitingCommands } from '../../../durable-objects/workspace/workspace-entity.ts'
import { workspaceTables } from '../../../durable-objects/workspace/workspace-tables.ts'
import { activityLogInput } from '../../../workers/app/activity-log-input.ts'
import { document } from '../workspace/state.ts'
import { MemoryPending } from './memory-pending.ts'
import { nodeSql } from './node-sql.ts'
import { SimRegion } from './sim-region.ts'

const profile = (userId: string): UserProfile => ({
  userId,
  principalId: 'p',
  accountId: document.accountId,
  workspaceId: document.workspaceId,
  externalId: `ext-${userId}`,
  principal: { sub: 'p', email: 'p@example.org' },
  createdAtMs: 1,
  updatedAtMs: 1,
})

async function workspace() {
  let stamp = 0
  const region = new SimRegion('eu-west-1', () => ++stamp)
  const pending = new MemoryPending()
  const { sql } = nodeSql()
  const log: CommitLog<WorkspaceCommand, WorkspaceEffects> = new CommitLog(
    {
      log: { workspaceId: document.workspaceId, kind: 'workspace', entityId: document.workspaceId },
      sql,
      regions: [region],
      pending,
      now: () => 1_000_000,
      newId: () => `id-${++stamp}`,
      random: () => 0.5,
      after: () => new Promise(() => {}),
      setAlarm: () => {},
      send: async () => {},
      report: () => {},
      limits: { answerDeadlineMs: 4000, repairAfterMs: 960_000, resendAfterMs: 30_000, retryAfterMs: 1000 },
    },
    new WorkspaceEntity(workspaceTables(sql), () => log.commits()),
  )
  const trail = { subject: 'test', platform: 'system', requestId: 'r' } as const
  const decide = async (command: WorkspaceCommand) => (await log.execute([{ command, trail }]))[0]
  await decide({ kind: 'workspace.create', workspace: document })
  return { log, region, pending, decide }
}

const kinds = ({ log }: Awaited<ReturnType<typeof workspace>>, userId: string) =>
  waitingCommands(log.tables, userId, log.durableThrough()).map(({ eventId, command }) => [eventId, command.kind])

test("a user's commands wait in order, also after a rebuild has queued them all at one place", async () => {
  const it = await workspace()
  for (const userId of ['a', 'a:2', 'ab']) await it.decide({ kind: 'user.create', profile: profile(userId) })
  for (let i = 0; i < 9; i++) await it.decide({ kind: 'user.update', userId: 'a', patch: { externalId: `ext-${i}` } })
  const expected = [
    [userCommandEventId({ incarnation: 1, sequence: 2 }), 'user.create'],
    ...Array.from({ length: 9 }, (_, i) => [userCommandEventId({ incarnation: 1, sequence: 5 + i }), 'user.update']),
  ]
  expect(kinds(it, 'a')).toEqual(expected)
  it.log.republish()
  expect(kinds(it, 'a')).toEqual(expected)
  expect(kinds(it, 'a:2')).toHaveLength(1)
  it.log.tables.confirmOutbox('player:a:2', 99)
  expect(kinds(it, 'a')).toEqual(expected.slice(1))
  expect(kinds(it, 'a:2')).toHaveLength(1)
})

test('what is durable nowhere is told to nobody', async () => {
  const it = await workspace()
  it.region.state = 'down'
  it.pending.up = false
  expect(await it.decide({ kind: 'user.create', profile: profile('a') })).toMatchObject({ ok: false })
  expect(kinds(it, 'a')).toEqual([])
  it.pending.up = true
  expect(await it.decide({ kind: 'user.create', profile: profile('b') })).toMatchObject({ ok: true, durability: 'edge' })
  expect(kinds(it, 'a')).toHaveLength(1)
})

test('no client can name an event as a workspace names its commands', () => {
  const log = (activityLogId: string) => activityLogInput.safeParse({ activityId: 'walk', userId: 'a', activityLogId }).success
  expect(log('workspace:1:2')).toBe(true)
  expect(log(userCommandEventId({ incarnation: 1, sequence: 2 }))).toBe(false)
})
