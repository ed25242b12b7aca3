// Every kind of command there is, decided and applied by the object's own code, and what its record says was before and
// after. A new kind has no line here, which does not compile.

import { expect, test } from 'vitest'
import type { OAuthClient } from '../../../domain/access/types.ts'
import { auditRecordOf } from '../../../domain/audit/record.ts'
import type { EntityRef } from '../../../domain/audit/types.ts'
import type { LogRef } from '../../../domain/log/types.ts'
import { retentionMs } from '../../../domain/media/types.ts'
import type { PlayerCommand } from '../../../domain/player/types.ts'
import type { WorkspaceCommand } from '../../../domain/workspace/types.ts'
import { World } from '../log/world.ts'
import { activityBody, configurationBody, currencyBody, document, translations, userProfile } from '../workspace/state.ts'
import { mediaFurniture, mediaKinds, type Told } from './media-kinds.ts'
import { founded, trail, WorkspaceLog, workspaceId } from './workspace-log.ts'

type Of<Commands, Kind> = Extract<Commands, { kind: Kind }>

const secret = (secretId: string) => ({ secretId, hash: `hash-of-${secretId}`, createdAtMs: 1 })
const client: OAuthClient = {
  clientId: 'client1',
  name: 'Importer',
  role: 'editor',
  scopes: ['app/write'],
  secrets: [secret('first')],
  createdAtMs: 1,
  updatedAtMs: 1,
}
const shownSecrets = (...ids: string[]) => ids.map((secretId) => expect.objectContaining({ secretId, createdAtMs: 1 }))
const throttle = { principal: 'user:ada', limit: { quota: 1, windowSeconds: 1 }, reason: 'noise', expiresAtMs: 2_000_000 }
const policy = { policyId: 'night', description: 'No writes at night', text: 'forbid (principal, action, resource);' }
const series = {
  seriesId: 'later',
  runtimeLeaderboardConfigurationId: 'ranking',
  timeframeType: 'PERMANENT' as const,
  timezoneType: 'FIXED' as const,
  timezone: 'UTC',
  startsAtMs: Date.parse('2999-01-01T00:00:00Z'),
  lateEventsForMs: null,
  updatedAtMs: 1,
}
const resource = (type: 'activity' | 'virtual-currency' | 'runtime-leaderboard-configuration', id: string, body: object) =>
  ({ kind: 'resource.create', type, id, body: body as Record<string, unknown>, translations }) as const

/** One of everything, for the next command to change. */
async function furnished(): Promise<WorkspaceLog> {
  const log = await founded()
  const all: WorkspaceCommand[] = [
    resource('activity', 'commit', activityBody),
    resource('virtual-currency', 'points', currencyBody),
    { kind: 'resource.publish', type: 'virtual-currency', id: 'points' },
    resource('runtime-leaderboard-configuration', 'ranking', configurationBody()),
    { kind: 'series.create', series: { ...series, createdAtMs: 1 } },
    { kind: 'client.create', client },
    { kind: 'throttle.create', throttle },
    { kind: 'policy.create', policy },
    { kind: 'user.create', profile: userProfile('ada', 'ext-ada') },
    ...mediaFurniture,
  ]
  for (const command of all) expect(await log.decide(command)).toMatchObject({ outcome: 'done' })
  return log
}

const ref = (kind: EntityRef['kind'], id: string): EntityRef => ({ kind, id })
const having = (members: object) => expect.objectContaining(members)
const activity = ref('activity', 'commit')
const theClient = ref('client', 'client1')

const workspaceKinds: { [Kind in WorkspaceCommand['kind']]: Told & { command: Of<WorkspaceCommand, Kind> } } = {
  'workspace.create': {
    command: { kind: 'workspace.create', workspace: document },
    entity: ref('workspace', workspaceId),
    before: null,
    after: document,
  },
  'workspace.settings': {
    command: { kind: 'workspace.settings', settings: { strict: true } },
    entity: ref('workspace', workspaceId),
    before: document,
    after: having({ settings: having({ strict: true }) }),
  },
  'workspace.plan': {
    command: { kind: 'workspace.plan', plan: 'PREMIUM' },
    entity: ref('workspace', workspaceId),
    before: having({ plan: 'STANDARD' }),
    after: having({ plan: 'PREMIUM' }),
  },
  'client.create': {
    command: { kind: 'client.create', client: { ...client, clientId: 'client2' } },
    entity: ref('client', 'client2'),
    before: null,
    after: having({ name: 'Importer', secrets: shownSecrets('first') }),
  },
  'client.update': {
    command: { kind: 'client.update', clientId: 'client1', patch: { role: 'admin' } },
    entity: theClient,
    before: having({ role: 'editor' }),
    after: having({ role: 'admin' }),
  },
  'client.secret.add': {
    command: { kind: 'client.secret.add', clientId: 'client1', secret: secret('second'), othersExpireAtMs: 2_000_000 },
    entity: theClient,
    before: having({ secrets: shownSecrets('first') }),
    after: having({ secrets: shownSecrets('first', 'second') }),
  },
  'client.secret.remove': {
    command: { kind: 'client.secret.remove', clientId: 'client1', secretId: 'first' },
    entity: theClient,
    before: having({ secrets: shownSecrets('first') }),
    after: having({ secrets: [] }),
  },
  'client.delete': {
    command: { kind: 'client.delete', clientId: 'client1' },
    entity: theClient,
    before: having({ clientId: 'client1' }),
    after: null,
  },
  'throttle.create': {
    command: { kind: 'throttle.create', throttle: { ...throttle, principal: 'client:x' } },
    entity: ref('throttle', 'client:x'),
    before: null,
    after: having({ reason: 'noise' }),
  },
  'throttle.replace': {
    command: { kind: 'throttle.replace', throttle: { ...throttle, reason: 'more noise' } },
    entity: ref('throttle', 'user:ada'),
    before: having({ reason: 'noise' }),
    after: having({ reason: 'more noise' }),
  },
  'throttle.delete': {
    command: { kind: 'throttle.delete', principal: 'user:ada' },
    entity: ref('throttle', 'user:ada'),
    before: having({ reason: 'noise' }),
    after: null,
  },
  'policy.create': {
    command: { kind: 'policy.create', policy: { ...policy, policyId: 'day' } },
    entity: ref('policy', 'day'),
    before: null,
    after: having({ text: policy.text }),
  },
  'policy.replace': {
    command: { kind: 'policy.replace', policy: { ...policy, description: 'Other' } },
    entity: ref('policy', 'night'),
    before: having({ description: 'No writes at night' }),
    after: having({ description: 'Other' }),
  },
  'policy.delete': {
    command: { kind: 'policy.delete', policyId: 'night' },
    entity: ref('policy', 'night'),
    before: having({ policyId: 'night' }),
    after: null,
  },
  'resource.create': {
    command: resource('activity', 'walk', activityBody),
    entity: ref('activity', 'walk'),
    before: null,
    after: having({ stage: 'DRAFT' }),
  },
  'resource.replace': {
    command: { kind: 'resource.replace', type: 'activity', id: 'commit', body: { ...activityBody, name: 'Push' }, translations },
    entity: activity,
    before: having({ body: having({ name: 'Commit' }) }),
    after: having({ body: having({ name: 'Push' }) }),
  },
  'resource.publish': {
    command: { kind: 'resource.publish', type: 'activity', id: 'commit' },
    entity: activity,
    before: having({ stage: 'DRAFT' }),
    after: having({ stage: 'PUBLISHED' }),
  },
  'series.create': {
    command: { kind: 'series.create', series: { ...series, seriesId: 'other', createdAtMs: 1 } },
    entity: ref('runtime-leaderboard', 'other'),
    before: null,
    after: having({ seriesId: 'other' }),
  },
  'series.update': {
    command: { kind: 'series.update', seriesId: 'later', series: { ...series, timezone: 'Europe/Dublin' } },
    entity: ref('runtime-leaderboard', 'later'),
    before: having({ timezone: 'UTC' }),
    after: having({ timezone: 'Europe/Dublin' }),
  },
  'user.create': {
    command: { kind: 'user.create', profile: userProfile('ben', 'ext-ben') },
    entity: ref('user', 'ben'),
    before: null,
    after: { userId: 'ben', externalId: 'ext-ben' },
  },
  'user.update': {
    command: { kind: 'user.update', userId: 'ada', patch: { externalId: 'moved' } },
    entity: ref('user', 'ada'),
    before: { userId: 'ada', externalId: 'ext-ada' },
    after: { userId: 'ada', externalId: 'moved' },
  },
  'user.role': {
    command: { kind: 'user.role', userId: 'ada', role: 'editor', by: { role: 'owner' } },
    entity: ref('user', 'ada'),
    before: { userId: 'ada', externalId: 'ext-ada' },
    after: { userId: 'ada', externalId: 'ext-ada', role: 'editor' },
  },
  // It notes which row became whom: what it makes, the commits around it tell.
  'user.import': { command: { kind: 'user.import', rows: [[1, 'ada']] }, entity: ref('workspace', workspaceId) },
  'user.delete': {
    command: { kind: 'user.delete', userId: 'ada' },
    entity: ref('user', 'ada'),
    before: { userId: 'ada', externalId: 'ext-ada' },
    after: null,
  },
  ...mediaKinds,
}

test('new bytes are told beside their media; a sweep tells what it ends, by itself or beside the workspace', async () => {
  const log = await furnished()
  const kept = { blobId: 'blob-of-gone', sha256: 'sha-of-others', size: 5 }
  const created = log.records().find(({ entity }) => entity.id === 'gone')
  expect(created).toMatchObject({ before: null, also: [{ entity: ref('blob', 'blob-of-gone'), before: null, after: kept }] })
  log.nowMs += retentionMs
  const command: WorkspaceCommand = { kind: 'media.purge', mediaIds: ['gone'] }
  expect(await log.decide(command)).toMatchObject({ entity: ref('media', 'gone'), before: having({ mediaId: 'gone' }), after: null })
  const released = await log.decide({ kind: 'blob.release', blobIds: ['blob-of-gone', 'stray', 'blob-of-logo'] })
  expect(released).toMatchObject({
    entity: ref('workspace', workspaceId),
    also: [
      { entity: ref('blob', 'blob-of-gone'), before: kept, after: null },
      { entity: ref('blob', 'stray'), before: null, after: null },
    ],
  })
  expect(released).not.toHaveProperty('after')
})

test('a throttle that a rule set and an admin lifted', async () => {
  const log = await furnished()
  const record = await log.decide({ kind: 'throttle.delete', principal: 'user:ben', wasByRule: true, by: { role: 'admin' } })
  expect(record).toMatchObject({ entity: ref('throttle', 'user:ben'), operation: expect.any(String), outcome: 'done' })
  expect(record).not.toHaveProperty('after')
})

test.each(Object.entries(workspaceKinds))('%s', async (kind, { command, ...told }) => {
  const log = kind === 'workspace.create' ? new WorkspaceLog() : await furnished()
  const record = await log.decide(command)
  expect(record).toMatchObject({ ...told, outcome: 'done', operation: trail.operation, who: { subject: 'someone' } })
  expect(record.also).toBeUndefined()
  expect(JSON.stringify(log.records())).not.toContain('hash-of')
})

test('a role that a user is made with is listed as the workspace’s decision, and no other decision about a user is', async () => {
  const log = await founded()
  await log.decide({ kind: 'user.create', profile: userProfile('ada'), role: 'admin' })
  await log.decide({ kind: 'user.create', profile: userProfile('ben'), role: 'member' })
  await log.decide({ kind: 'user.update', userId: 'ada', patch: { externalId: 'moved' } })
  await log.decide({ kind: 'user.delete', userId: 'ada' })
  expect(log.tables.audit.listed()).toEqual([1, 2])
  expect(log.record(2)).toMatchObject({ before: null, after: { userId: 'ada', role: 'admin' } })
})

test('a decision that drops other things on its way tells them too', async () => {
  const log = await furnished()
  log.nowMs = throttle.expiresAtMs
  const next = { ...throttle, principal: 'client:x', expiresAtMs: throttle.expiresAtMs + 1000 }
  const gone = { entity: ref('throttle', 'user:ada'), before: having({ reason: 'noise' }), after: null }
  expect(await log.decide({ kind: 'throttle.create', throttle: next })).toMatchObject({
    entity: { id: 'client:x' },
    before: null,
    also: [gone],
  })
})

test('a commit that changes nothing has no before and no after, and a refusal says why', async () => {
  const log = await furnished()
  await log.decide({ kind: 'resource.publish', type: 'activity', id: 'commit' })
  const again = await log.decide({ kind: 'resource.publish', type: 'activity', id: 'commit' })
  const refused = await log.decide({ kind: 'resource.publish', type: 'activity', id: 'none' })
  for (const record of [again, refused]) for (const member of ['before', 'after', 'also']) expect(record).not.toHaveProperty(member)
  expect([again.outcome, refused.outcome, refused.entity]).toEqual(['done', 'resource/not_found', ref('activity', 'none')])
})

const userRef: LogRef = { workspaceId: 'workspace0', kind: 'player', entityId: 'ada' }
const balances = (amount: number) => ({ balances: [{ virtualCurrencyId: 'points', amount, availableAmount: amount }] })

const device = { sessionId: 's2', tokenHash: 'hash-of-token', context: 'app', platform: 'web' } as const
const ada = ref('user', 'ada')

const playerKinds: { [Kind in PlayerCommand['kind']]: Told & { command?: Of<PlayerCommand, Kind> } } = {
  // As the world makes her.
  'user.create': { entity: ref('user', 'ada'), before: null, after: having({ nickname: 'Ada' }) },
  'user.update': {
    command: { kind: 'user.update', patch: { nickname: 'Ada L.' } },
    entity: ref('user', 'ada'),
    before: having({ nickname: 'Ada', principal: { sub: 'principal', email: 'ada@example.com' } }),
    after: having({ nickname: 'Ada L.' }),
  },
  'user.delete': { command: { kind: 'user.delete' }, entity: ref('user', 'ada'), before: having({ nickname: 'Ada' }), after: null },
  'session.create': {
    command: { kind: 'session.create', ...device },
    entity: ref('session', 's2'),
    before: null,
    after: having({ context: 'app' }),
  },
  'session.refresh': {
    command: { kind: 'session.refresh', sessionId: 's1', tokenHash: 'hash-of-token', nextHash: 'hash-of-next' },
    entity: ref('session', 's1'),
    before: having({ refreshedAtMs: 1_000_000 }),
    after: having({ refreshedAtMs: 1_000_500 }),
  },
  'session.revoke': {
    command: { kind: 'session.revoke', sessionId: 's1' },
    entity: ref('session', 's1'),
    before: having({ sessionId: 's1' }),
    after: null,
  },
  'activity.log': {
    command: { kind: 'activity.log', activityLogId: 'e2', activityId: 'walk', value: 2.5, completedAtMs: 1 },
    entity: ref('activity-log', 'e2'),
    before: balances(4),
    after: having({ ...balances(6.5), event: having({ activityLogId: 'e2' }), lines: [having({ amount: 2.5, direction: 'CREDIT' })] }),
  },
}

test.each(Object.entries(playerKinds))('of a user: %s', async (_, { command, ...told }) => {
  const world = new World()
  await world.create()
  if (command) {
    await world.log.execute([world.walk('e1', 4)])
    await world.log.execute([{ command: { kind: 'session.create', ...device, sessionId: 's1' }, trail }])
    world.nowMs += 500
    await world.log.execute([{ command, eventId: 'it', trail }])
  }
  const record = recordAt(world, world.log.tables.lastSequence())
  expect(record).toMatchObject({ ...told, outcome: 'done', aboutUserId: 'ada' })
  expect(JSON.stringify(record)).not.toContain('hash-of')
})

function recordAt(world: World, sequence: number) {
  const found = world.tables.audit.at(sequence)
  if (!found) throw new Error(`nothing is told at ${sequence}`)
  return auditRecordOf(found.commit, userRef, found.befores)
}

test('the workspace lists that sessions begin and end, and not that they live on', async () => {
  const world = new World()
  await world.create()
  const refresh = (tokenHash: string, nextHash: string) =>
    world.log.execute([{ command: { kind: 'session.refresh', sessionId: 's2', tokenHash, nextHash }, trail }])
  await world.log.execute([{ command: { kind: 'session.create', ...device }, trail }])
  await refresh('hash-of-token', 'second')
  await refresh('second', 'third')
  expect(world.tables.audit.listed()).toEqual([1, 2])
  await refresh('hash-of-token', 'stolen')
  expect(world.tables.audit.listed()).toEqual([1, 2, 5])
  expect(recordAt(world, 5)).toMatchObject({ entity: ref('session', 's2'), before: having({ sessionId: 's2' }), after: null })
})

test('a user who is deleted is signed out, and the record says both', async () => {
  const world = new World()
  await world.create()
  await world.log.execute([{ command: { kind: 'session.create', ...device }, trail }])
  await world.log.execute([{ command: { kind: 'user.delete' }, trail }])
  const session = { entity: ref('session', 's2'), before: having({ sessionId: 's2' }), after: null }
  expect(recordAt(world, 3)).toMatchObject({ entity: ada, before: having({ nickname: 'Ada' }), after: null, also: [session] })
})

test('the path of a user’s events gets no row more, in the object or in its outbox', async () => {
  const world = new World()
  await world.create()
  const rows = () => [
    world.tables.audit.page(9, null, 'asc', 9).filter(({ befores }) => befores.length > 0),
    world.log.tables.outboxOf('audit:'),
  ]
  const before = rows()
  for (let i = 0; i < 5; i++) await world.log.execute([world.walk(`e${i}`, 1)])
  expect(rows()).toEqual(before)
  expect(world.tables.audit.listed()).toEqual([1])
})
