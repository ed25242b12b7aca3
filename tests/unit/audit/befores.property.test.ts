// What a record says was before is the same whoever works it out: the object as it applied its commits, the object when
// it has lost its storage and read its log again, an object that is older than its audit table, and the fold of the log
// that verify makes.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listableRecords, withBefores } from '../../../domain/audit/fold.ts'
import { auditRecordOf, listedRecord } from '../../../domain/audit/record.ts'
import type { LogRef } from '../../../domain/log/types.ts'
import { retentionMs } from '../../../domain/media/types.ts'
import type { PlayerCommand } from '../../../domain/player/types.ts'
import type { WorkspaceCommand } from '../../../domain/workspace/types.ts'
import { nodeSql } from '../log/node-sql.ts'
import { World } from '../log/world.ts'
import { newMedia } from '../workspace/media.ts'
import { activityBody, currencyBody, translations, userProfile } from '../workspace/state.ts'
import { founded, trail, type WorkspaceLog, workspaceRef } from './workspace-log.ts'

const few = fc.constantFrom('a', 'b')
const secret = fc.constantFrom('s1', 's2').map((secretId) => ({ secretId, hash: `hash-of-${secretId}`, createdAtMs: 1 }))
const throttleOf = (principal: string, reason: string) => ({
  principal: `user:${principal}`,
  limit: { quota: 1, windowSeconds: 1 },
  reason,
  expiresAtMs: 9e15,
})
const clientOf = (clientId: string) => ({
  clientId,
  name: clientId,
  role: 'editor' as const,
  scopes: [],
  secrets: [],
  createdAtMs: 1,
  updatedAtMs: 1,
})
const policyOf = (policyId: string, description: string) => ({ policyId, description, text: 'forbid (principal, action, resource);' })
const resourceOf = (kind: 'resource.create' | 'resource.replace') => (id: string, name: string) =>
  ({ kind, type: 'activity', id, body: { ...activityBody, name }, translations }) as WorkspaceCommand

const tagging = (tagId: string): WorkspaceCommand => ({
  kind: 'media.tags.put',
  ...shelved('a'),
  mode: 'add',
  assignments: [{ tagId, priority: 0 }],
})
const shelved = (mediaId: string) => ({ mediaId, scope: 'workspace' }) as const

const workspaceCommand: fc.Arbitrary<WorkspaceCommand> = fc.oneof(
  fc.tuple(few, few).map(([id, name]) => resourceOf('resource.create')(id, name)),
  fc.tuple(few, few).map(([id, name]) => resourceOf('resource.replace')(id, name)),
  few.map((id) => ({ kind: 'resource.publish', type: 'activity', id }) as const),
  few.map((id) => ({ kind: 'resource.create', type: 'virtual-currency', id, body: currencyBody, translations }) as const),
  fc.boolean().map((strict) => ({ kind: 'workspace.settings', settings: { strict } }) as const),
  few.map((id) => ({ kind: 'client.create', client: clientOf(id) }) as const),
  fc.tuple(few, secret).map(([clientId, secret]) => ({ kind: 'client.secret.add', clientId, secret, othersExpireAtMs: 9e15 }) as const),
  few.map((clientId) => ({ kind: 'client.delete', clientId }) as const),
  fc.tuple(few, few).map(([id, reason]) => ({ kind: 'throttle.create', throttle: throttleOf(id, reason) }) as const),
  few.map((id) => ({ kind: 'throttle.delete', principal: `user:${id}` }) as const),
  fc.tuple(few, few).map(([id, text]) => ({ kind: 'policy.replace', policy: policyOf(id, text) }) as const),
  fc.tuple(few, few).map(([id, text]) => ({ kind: 'policy.create', policy: policyOf(id, text) }) as const),
  few.map((userId) => ({ kind: 'user.create', profile: userProfile(userId, `ext-${userId}`) }) as const),
  fc.tuple(few, few).map(([userId, externalId]) => ({ kind: 'user.update', userId, patch: { externalId } }) as const),
  few.map((userId) => ({ kind: 'user.role', userId, role: 'editor' }) as const),
  few.map((userId) => ({ kind: 'user.delete', userId }) as const),
  fc.tuple(few, few).map(([id, sha256]) => ({ kind: 'media.create', media: newMedia(id, { sha256 }) }) as const),
  fc.tuple(few, few).map(([mediaId, altText]) => ({ kind: 'media.update', ...shelved(mediaId), patch: { altText } }) as const),
  few.map((tagId) => tagging(tagId)),
  fc.constantFrom('delete', 'restore').chain((what) => few.map((id) => ({ kind: `media.${what}` as const, ...shelved(id) }))),
  fc.subarray(['a', 'b'], { minLength: 1 }).map((mediaIds) => ({ kind: 'media.purge' as const, mediaIds })),
  fc.subarray(['blob-of-a', 'blob-of-b', 'stray'], { minLength: 1 }).map((blobIds) => ({ kind: 'blob.release' as const, blobIds })),
)

const folded = (log: LogRef, commits: Parameters<typeof withBefores>[1]) =>
  Array.from(withBefores(log, commits), ({ commit, befores }) => listedRecord(auditRecordOf(commit, log, befores)))

/** As storage was before there was an audit table: the log is there, the table is not. */
function withoutAudit(log: WorkspaceLog): void {
  const database = log.storage.copy()
  database.exec('DELETE FROM audit')
  log.open(nodeSql(database))
}

test('of a workspace', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(workspaceCommand, { minLength: 1, maxLength: 25 }), async (commands) => {
      const log = await founded()
      for (const command of commands) {
        log.nowMs += retentionMs / 8
        await log.decide(command)
      }
      const told = log.records()
      expect(told).toHaveLength(commands.length + 1)
      expect(folded(workspaceRef, log.commits())).toEqual(told)
      expect(log.sent.filter(({ body }) => body.kind === 'audit').map(({ body }) => 'record' in body && body.record)).toEqual(
        Array.from(listableRecords(workspaceRef, log.commits())).flatMap(({ record, isOptional }) => (isOptional ? [] : [record])),
      )
      expect(JSON.stringify(told)).not.toContain('hash-of')
      withoutAudit(log)
      log.tables.audit.catchUp(workspaceRef)
      expect(log.records()).toEqual(told)
      log.loseStorage()
      expect(await log.log.ready()).toMatchObject({ ok: true })
      expect(log.records()).toEqual(told)
    }),
    { numRuns: 40 },
  )
}, 60_000)

const userRef: LogRef = { workspaceId: 'workspace0', kind: 'player', entityId: 'ada' }
const hash = fc.constantFrom('hash-of-1', 'hash-of-2')
const playerCommand: fc.Arbitrary<PlayerCommand> = fc.oneof(
  few.map((nickname) => ({ kind: 'user.update', patch: { nickname } }) as const),
  fc
    .tuple(few, hash)
    .map(([sessionId, tokenHash]) => ({ kind: 'session.create', sessionId, tokenHash, context: 'app', platform: 'web' }) as const),
  fc
    .tuple(few, hash, hash)
    .map(([sessionId, tokenHash, nextHash]) => ({ kind: 'session.refresh', sessionId, tokenHash, nextHash }) as const),
  fc.option(few, { nil: undefined }).map((sessionId) => ({ kind: 'session.revoke', sessionId }) as const),
  fc
    .integer({ min: 1, max: 9 })
    .map((value) => ({ kind: 'activity.log', activityLogId: 'e', activityId: 'walk', value, completedAtMs: 1 }) as const),
  fc.constant({ kind: 'user.delete' } as const),
)

test('of a user', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(playerCommand, { maxLength: 25 }), async (commands) => {
      const world = new World()
      await world.create()
      for (const [i, command] of commands.entries()) {
        world.nowMs += 40_000
        await world.log.execute([{ command, eventId: `e${i}`, trail }])
      }
      const told = () =>
        world.tables.audit
          .page(1000, null, 'asc', 1000)
          .filter(({ commit }) => (commit.command as PlayerCommand).kind !== 'activity.log')
          .map(({ commit, befores }) => auditRecordOf(commit, userRef, befores))
      const before = told()
      expect(folded(userRef, world.log.commits())).toEqual(before)
      const listed = world.tables.audit.listed()
      expect(Array.from(listableRecords(userRef, world.log.commits())).map(({ record }) => record)).toEqual(
        before.filter(({ auditRecordId }) => listed.some((sequence) => auditRecordId.endsWith(`.${sequence}`))),
      )
      world.loseStorage()
      await world.log.ready()
      expect(told()).toEqual(before)
      expect(world.tables.audit.listed()).toEqual(listed)
    }),
    { numRuns: 40 },
  )
}, 60_000)
