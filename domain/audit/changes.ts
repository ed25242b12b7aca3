// What each command is about and what each effect changed. Every kind of command and every member of the effects has its
// line in a table here, so that a new one does not compile before somebody has said how it is audited.

import type { AccessKind, AccessValues } from '../access/types.ts'
import { fromAmount } from '../ledger/amount.ts'
import type { Commit, LogRef } from '../log/types.ts'
import type { Balance, LedgerLine, PlayerCommand, PlayerEffects, PlayerView } from '../player/types.ts'
import type { DirectoryEntry, ResourceType, WorkspaceCommand, WorkspaceEffects, WorkspaceView } from '../workspace/types.ts'
import { shown } from './redact.ts'
import type { EntityKind, EntityRef } from './types.ts'

/** A new value; what was before is found in the state that it replaces. */
export interface NewValue {
  entity: EntityRef
  after: unknown
}

type WorkspaceKind = WorkspaceCommand['kind']
type Of<Commands extends { kind: string }, Kind> = Extract<Commands, { kind: Kind }>

const ref = (kind: EntityKind, id: string): EntityRef => ({ kind, id })
const theWorkspace = (_: unknown, { entityId }: LogRef) => ref('workspace', entityId)
const theClient = ({ clientId }: { clientId: string }) => ref('client', clientId)
const theThrottle = ({ principal }: { principal: string }) => ref('throttle', principal)
const thePolicy = ({ policyId }: { policyId: string }) => ref('policy', policyId)
const theResource = ({ type, id }: { type: ResourceType; id: string }) => ref(type, id)
const theMedia = ({ mediaId }: { mediaId: string }) => ref('media', mediaId)
const theUser = ({ userId }: { userId: string }) => ref('user', userId)

export const workspaceEntities: { [Kind in WorkspaceKind]: (command: Of<WorkspaceCommand, Kind>, log: LogRef) => EntityRef } = {
  'workspace.create': theWorkspace,
  'workspace.settings': theWorkspace,
  'workspace.plan': theWorkspace,
  'client.create': ({ client }) => theClient(client),
  'client.update': theClient,
  'client.secret.add': theClient,
  'client.secret.remove': theClient,
  'client.delete': theClient,
  'throttle.create': ({ throttle }) => theThrottle(throttle),
  'throttle.replace': ({ throttle }) => theThrottle(throttle),
  'throttle.delete': theThrottle,
  'policy.create': ({ policy }) => thePolicy(policy),
  'policy.replace': ({ policy }) => thePolicy(policy),
  'policy.delete': thePolicy,
  'resource.create': theResource,
  'resource.replace': theResource,
  'resource.publish': theResource,
  'series.create': ({ series }) => ref('runtime-leaderboard', series.seriesId),
  'series.update': ({ seriesId }) => ref('runtime-leaderboard', seriesId),
  'user.create': ({ profile }) => theUser(profile),
  'user.update': theUser,
  'user.role': theUser,
  // Each of its users has a commit of their own.
  'user.import': theWorkspace,
  'user.delete': theUser,
  'media.create': ({ media }) => theMedia(media),
  'media.update': theMedia,
  'media.delete': theMedia,
  'media.restore': theMedia,
  'media.tags.put': theMedia,
  'media.tags.remove': theMedia,
  'media.purge': ({ mediaIds }, log) => theOnly('media', mediaIds, log),
  'blob.release': ({ blobIds }, log) => theOnly('blob', blobIds, log),
}

/** Several at once are the workspace's matter, and each is told beside it. */
const theOnly = (kind: EntityKind, [id, ...others]: string[], log: LogRef): EntityRef =>
  id !== undefined && others.length === 0 ? ref(kind, id) : theWorkspace(undefined, log)

const workspaceValues: {
  [Member in keyof Required<WorkspaceEffects>]: (value: NonNullable<WorkspaceEffects[Member]>) => NewValue[]
} = {
  workspace: (after) => [{ entity: ref('workspace', after.workspaceId), after }],
  resources: (all) => all.map((after) => ({ entity: ref(after.type, after.id), after })),
  series: (all) => all.map((after) => ({ entity: ref('runtime-leaderboard', after.seriesId), after })),
  access: (all) => all.map(({ kind, id, value }) => ({ entity: ref(kind, id), after: value })),
  directory: (all) => all.map((entry) => ({ entity: ref('user', entry.userId), after: toldOf(entry) })),
  media: (all) => all.map(({ mediaId, value }) => ({ entity: ref('media', mediaId), after: value })),
  blobs: (all) => all.map(({ blobId, value }) => ({ entity: ref('blob', blobId), after: value })),
  // The user's own log tells what became of it.
  player: () => [],
  // Both follow from the rest.
  ruleSet: () => [],
  backfill: () => [],
}

export const playerEntities: { [Kind in PlayerCommand['kind']]: (command: Of<PlayerCommand, Kind>, log: LogRef) => EntityRef } = {
  'user.create': (_, { entityId }) => ref('user', entityId),
  'user.update': (_, { entityId }) => ref('user', entityId),
  'user.delete': (_, { entityId }) => ref('user', entityId),
  'session.create': ({ sessionId }) => ref('session', sessionId),
  'session.refresh': ({ sessionId }) => ref('session', sessionId),
  'session.revoke': ({ sessionId }, { entityId }) => (sessionId === undefined ? ref('user', entityId) : ref('session', sessionId)),
  'activity.log': ({ activityLogId }) => ref('activity-log', activityLogId),
}

/**
 * Which commits of users stand in the workspace's list; the others are in each user's own alone. Not what users do all day,
 * nor that a session lives on, which every device says every hour; that it was ended by a stolen token, though, is listed.
 */
const playerListed: { [Kind in PlayerCommand['kind']]: (effects: PlayerEffects) => boolean } = {
  'user.create': () => true,
  'user.update': () => true,
  'user.delete': () => true,
  'session.create': () => true,
  'session.refresh': ({ sessions = [] }) => sessions.some(({ value }) => value === null),
  'session.revoke': () => true,
  'activity.log': () => false,
}

const playerMembers: Record<keyof PlayerEffects, 'user' | 'session' | 'activity-log'> = {
  profile: 'user',
  deleted: 'user',
  sessions: 'session',
  event: 'activity-log',
  lines: 'activity-log',
  balances: 'activity-log',
  refusals: 'activity-log',
  refusalsLeftOut: 'activity-log',
}

/**
 * Whether a commit stands in the list of the whole workspace. `elsewhere`: the change is a user's, and the record of the
 * user's own commit stands there for both. `own`: in the user's own list alone.
 */
export function listing({ kind }: Pick<LogRef, 'kind'>, { command, effects }: Commit): 'listed' | 'elsewhere' | 'own' {
  if (kind === 'workspace') return isToldByUser(command as WorkspaceCommand, effects as WorkspaceEffects) ? 'elsewhere' : 'listed'
  return playerListed[(command as PlayerCommand).kind](effects as PlayerEffects) ? 'listed' : 'own'
}

/** All but a role that somebody is made with: it is the workspace's to give, and a profile does not show it. */
const isToldByUser = ({ kind }: WorkspaceCommand, { player, directory = [] }: WorkspaceEffects): boolean =>
  player !== undefined && !(kind === 'user.create' && directory.some(({ role }) => role !== undefined))

/** Whether what a commit replaced is kept beside it. Not for events: nothing more is written for one than its commit. */
export const keepsBefores = ({ command }: Commit): boolean => (command as { kind: string }).kind !== 'activity.log'

/** What the commit is about. */
export function entityOf(log: LogRef, command: unknown): EntityRef {
  type Find = (command: unknown, log: LogRef) => EntityRef
  if (log.kind === 'workspace') return (workspaceEntities[(command as WorkspaceCommand).kind] as Find)(command, log)
  return (playerEntities[(command as PlayerCommand).kind] as Find)(command, log)
}

/** What the effects of a commit changed, as it may be shown, in an order that is always the same. */
export const newValuesOf = (log: LogRef, commit: Commit): NewValue[] =>
  log.kind === 'workspace' ? workspaceNewValues(commit.effects as WorkspaceEffects) : playerNewValues(log, commit)

export const workspaceNewValues = (effects: WorkspaceEffects): NewValue[] =>
  Object.entries(workspaceValues)
    .flatMap(([member, values]) => {
      const value = effects[member as keyof WorkspaceEffects]
      return value === undefined ? [] : (values as (value: unknown) => NewValue[])(value)
    })
    .map(({ entity, after }) => ({ entity, after: shown(entity.kind, after) }))

/** The values that these changes are about to replace, in their order. */
export const workspaceBefores = (effects: WorkspaceEffects, view: WorkspaceView): unknown[] =>
  workspaceNewValues(effects).map(({ entity }) => shown(entity.kind, valueIn(view, entity)))

function valueIn(view: WorkspaceView, { kind, id }: EntityRef): unknown {
  switch (kind) {
    case 'workspace':
      return view.workspace()
    case 'runtime-leaderboard':
      return view.series().find(({ seriesId }) => seriesId === id)
    case 'user':
      return toldOf(view.user(id))
    case 'session':
    case 'activity-log':
      return null
    case 'client':
    case 'throttle':
    case 'policy':
      return view.access(kind, id) satisfies AccessValues[AccessKind] | null
    case 'media':
      return view.media(id)
    case 'blob':
      return view.blob(id)
    default:
      return view.resource(kind, id)
  }
}

/** The same for a commit of a user. */
export const playerBefores = (effects: PlayerEffects, view: Pick<PlayerView, 'profile' | 'deleted' | 'sessions'>): unknown[] => [
  ...(effects.profile || effects.deleted ? [view.deleted() ? null : shown('user', view.profile())] : []),
  ...(effects.sessions ?? []).map((change) =>
    shown(
      'session',
      view.sessions().find(({ sessionId }) => sessionId === change.sessionId),
    ),
  ),
]

/** What is told of a user by the workspace, which keeps a hash of the address too; null for one that is deleted. */
function toldOf(entry: DirectoryEntry | null): unknown {
  if (entry === null || entry.deleted) return null
  const { userId, externalId, role } = entry
  return { userId, ...(externalId !== undefined && { externalId }), ...(role !== undefined && { role }) }
}

function playerNewValues(log: LogRef, { command, effects: all }: Commit): NewValue[] {
  const effects = all as PlayerEffects
  const values: NewValue[] = []
  if (effects.profile || effects.deleted)
    values.push({ entity: ref('user', log.entityId), after: effects.deleted ? null : shown('user', effects.profile) })
  for (const { sessionId, value } of effects.sessions ?? [])
    values.push({ entity: ref('session', sessionId), after: shown('session', value) })
  const logged = Object.entries(effects).filter(([member]) => playerMembers[member as keyof PlayerEffects] === 'activity-log')
  if (logged.length > 0)
    values.push({ entity: entityOf(log, command), after: shown('activity-log', activityAfter(Object.fromEntries(logged))) })
  return values
}

/** Amounts as clients see them. */
function activityAfter({ lines, balances, ...rest }: PlayerEffects): object {
  return {
    ...rest,
    ...(lines && { lines: lines.map((line) => ({ ...line, amount: fromAmount(line.amount) })) }),
    ...(balances && { balances: balances.map((balance) => balanceAt(balance, [])) }),
  }
}

/** Nothing is kept for an event: its balances before are those after, without its own lines. */
export const activityBefore = ({ lines = [], balances }: PlayerEffects): unknown =>
  balances === undefined ? null : { balances: balances.map((balance) => balanceAt(balance, lines)) }

function balanceAt({ virtualCurrencyId, amount, availableAmount }: Balance, without: LedgerLine[]) {
  const own = without.filter((line) => line.virtualCurrencyId === virtualCurrencyId)
  const sum = (lines: LedgerLine[]) => lines.reduce((all, line) => all + (line.direction === 'CREDIT' ? line.amount : -line.amount), 0)
  return {
    virtualCurrencyId,
    amount: fromAmount(amount - sum(own)),
    availableAmount: fromAmount(availableAmount - sum(own.filter(({ state }) => state === 'COMPLETED'))),
  }
}
