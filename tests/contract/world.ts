// The whole edge over entities in memory and a real D1: what a handler answers, without the machinery of durability.

import type { RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import { d1IndexStore } from '../../d1/d1-index-store.ts'
import { buildAccess } from '../../domain/access/workspace-access.ts'
import type { BoardRef } from '../../domain/boards/types.ts'
import { failure } from '../../domain/failures.ts'
import type { Role } from '../../domain/identity.ts'
import { unknownStanding } from '../../domain/log/region-standing.ts'
import { fail, ok } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import { buildRuleSet } from '../../domain/workspace/rule-set.ts'
import { userCommandEventId } from '../../domain/workspace/user-command.ts'
import type { LeaderboardRpc } from '../../durable-objects/leaderboard/rpc.ts'
import { PlayerEntity } from '../../durable-objects/player/player-entity.ts'
import { playerTables } from '../../durable-objects/player/player-tables.ts'
import type { PlayerRef, PlayerRpc } from '../../durable-objects/player/rpc.ts'
import type { WorkspaceRpc } from '../../durable-objects/workspace/rpc.ts'
import { WorkspaceEntity } from '../../durable-objects/workspace/workspace-entity.ts'
import { workspaceTables } from '../../durable-objects/workspace/workspace-tables.ts'
import { laurelApp } from '../../workers/app-of.ts'
import type { AccessClaims } from '../../workers/edge/auth/claims.ts'
import { ObjectUnavailable } from '../../workers/edge/object-unavailable.ts'
import { pageTokens } from '../../workers/edge/page-token.ts'
import { rememberedStandings } from '../../workers/edge/standings.ts'
import { newMediaMemory } from '../../workers/media/media-memory.ts'
import type { Services } from '../../workers/services.ts'
import { doors } from '../unit/edge/doors.ts'
import { nodeSql } from '../unit/log/node-sql.ts'
import { document } from '../unit/workspace/state.ts'
import { localLog } from './local-log.ts'

const missing = () => fail(failure('resource/not_found', 'There is no such thing.'))
const found = <T>(value: T | null) => (value === null ? missing() : ok(value))

/** Bytes come and go elsewhere: tests/workers has R2, and what is made of it. */
function noBytes(): Pick<Services, 'upload' | 'blobs' | 'origin' | 'copies' | 'edgeCache' | 'images' | 'mediaMemory' | 'pause'> {
  const refuse = (what: string) => () => {
    throw new Error(`${what} is not here`)
  }
  const nothing = <T extends object>(what: string) => new Proxy({} as T, { get: refuse(what) })
  return {
    upload: refuse('an upload'),
    blobs: nothing('R2'),
    origin: nothing('R2'),
    copies: null,
    edgeCache: {
      match: async () => null,
      put: async () => {},
      matchJson: async () => null,
      putJson: async () => {},
      delete: async () => {},
    },
    images: nothing('the Images binding'),
    mediaMemory: newMediaMemory(),
    pause: async () => {},
  }
}

export function dashboardWorld(database: D1Database) {
  let clock = Date.parse('2026-11-21T12:00:00Z')
  let ids = 0
  const settled: number[] = []
  const opened: BoardRef[] = []
  const lines: string[] = []
  /** Users whose own object takes no command, `*` for all: requests end between the workspace's object and theirs. */
  const unreachable = new Set<string>()
  const now = () => clock
  const newId = () => `id-${String(++ids).padStart(18, '0')}`

  const workspaces = new Map<string, ReturnType<typeof makeWorkspace>>()
  function makeWorkspace() {
    const tables = workspaceTables(nodeSql().sql)
    return { tables, log: localLog(new WorkspaceEntity(tables, () => []), now, newId) }
  }
  const players = new Map<string, ReturnType<typeof makePlayer>>()
  function makePlayer() {
    const tables = playerTables(nodeSql().sql)
    const entity = new PlayerEntity(tables, 'eu-west-1')
    return { tables, entity, log: localLog(entity, now, newId) }
  }
  const kept = <T>(all: Map<string, T>, key: string, make: () => T): T => {
    const value = all.get(key) ?? make()
    all.set(key, value)
    return value
  }
  const workspaceAt = (id: string) => kept(workspaces, id, makeWorkspace)
  const playerAt = ({ workspaceId, userId }: PlayerRef) => kept(players, `${workspaceId}:${userId}`, makePlayer)
  const rulesOf = (id: string): RuleSet => {
    const { view } = workspaceAt(id).tables
    return buildRuleSet(view, view.ruleSetNumber())
  }

  const workspace: Partial<WorkspaceRpc> = {
    execute: (id, requests) => workspaceAt(id).log.execute(requests),
    document: async (id) => found(workspaceAt(id).tables.view.workspace()),
    ruleSet: async (id) => ok(rulesOf(id)),
    resource: async (id, type, resourceId) => found(workspaceAt(id).tables.view.resource(type, resourceId)),
    // Nothing is ever confirmed here: whoever brings a command brings them all.
    userCommands: async (id, userId) =>
      ok(
        workspaceAt(id).log.commits.flatMap(({ incarnation, sequence, effects: { player } }) =>
          player?.userId === userId ? [{ eventId: userCommandEventId({ incarnation, sequence }), sequence, command: player.command }] : [],
        ),
      ),
    media: async (id, mediaId) => found(workspaceAt(id).tables.view.media(mediaId) ?? null),
    async mediaUsage(id) {
      const { view } = workspaceAt(id).tables
      const workspace = view.workspace()
      return workspace ? ok({ ...view.mediaUsage(), reserved: view.reservedMedia(now()), plan: workspace.plan }) : missing()
    },
    userByExternalId: async (id, externalId) => found(workspaceAt(id).tables.view.userByExternalId(externalId)),
  }
  const player: Partial<PlayerRpc> = {
    async execute(ref, _ruleSet, requests) {
      if (unreachable.has(ref.userId) || unreachable.has('*')) throw new ObjectUnavailable(new Error('as the test says'))
      const { entity, log } = playerAt(ref)
      entity.use(rulesOf(ref.workspaceId))
      return log.execute(requests)
    },
    async profile(ref) {
      const { tables } = playerAt(ref)
      return tables.deleted() ? missing() : found(tables.profile())
    },
  }
  const leaderboard: Partial<LeaderboardRpc> = {
    async open(ref) {
      opened.push(ref)
    },
  }
  const services: Services = {
    now,
    newId,
    workspace: () => workspace as WorkspaceRpc,
    player: () => player as PlayerRpc,
    leaderboard: () => leaderboard as LeaderboardRpc,
    forgetMiss: () => {},
    workspaceEdge: async (id) => {
      const { view, accessVersion } = workspaceAt(id).tables
      return view.workspace() ? ok({ ruleSet: rulesOf(id), access: buildAccess(view, accessVersion(), clock) }) : missing()
    },
    ruleSet: async (id) => (workspaceAt(id).tables.view.workspace() ? ok(rulesOf(id)) : missing()),
    async settleRules() {
      settled.push(clock)
    },
    index: d1IndexStore(database, now),
    regions: [{ region: 'eu-west-1' } as RegionLog],
    pingPending: async () => true,
    regionStandings: { read: async () => ok(unknownStanding), change: async () => ok(unknownStanding) },
    regionMarks: [],
    livedLogs: { list: async () => ok({ logs: [], next: null }) },
    enqueue: async () => {},
    signIn: () => {
      throw new Error('nobody signs in here')
    },
    rateLimiter: () => {
      throw new Error('nobody is counted here')
    },
    mailer: { send: async () => {} },
    ...noBytes(),
  }

  const { app, edge } = laurelApp({
    services,
    ...doors,
    ownOrigin: 'http://laurel.test',
    standings: rememberedStandings({
      now,
      rememberMs: 0,
      directoryEntry: async ({ workspaceId, userId }) => found(workspaceAt(workspaceId).tables.view.user(userId)),
      life: async () => ok('live'),
    }),
    // A token says what it claims: proving tokens is tested where it is done.
    verifier: { verify: async (token) => ok(JSON.parse(Buffer.from(token, 'base64url').toString()) as AccessClaims) },
    pages: pageTokens('a key for tests only'),
    operatorKey: '',
    log: (line) => lines.push(line),
  })

  const caller = {
    workspaceId: document.workspaceId,
    accountId: document.accountId,
    context: 'dashboard',
    platform: 'web',
    role: 'admin' as Role,
  }

  async function call(
    method: string,
    path: string,
    body?: unknown,
    claims: Partial<AccessClaims> = {},
    headers: Record<string, string> = {},
  ) {
    const token = Buffer.from(JSON.stringify({ sub: 'someone', ...caller, ...claims })).toString('base64url')
    const response = await app.request(`http://laurel.test/dashboard/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    // biome-ignore lint/suspicious/noExplicitAny: an answer is held against the contract, not against a type
    return { status: response.status, headers: response.headers, body: (text === '' ? undefined : JSON.parse(text)) as any }
  }

  async function foundWorkspace(workspaceId: string, accountId = document.accountId) {
    const trail = { subject: 'test', platform: 'system', requestId: 'r' } as const
    const command = { kind: 'workspace.create', workspace: { ...document, workspaceId, accountId } } as const
    await workspaceAt(workspaceId).log.execute([{ command, trail }])
  }

  return {
    app,
    edge,
    call,
    caller,
    services,
    settled,
    opened,
    unreachable,
    lines,
    playerAt,
    foundWorkspace,
    workspaceAt,
    now,
    advance: (ms: number) => {
      clock += ms
    },
  }
}

export type DashboardWorld = ReturnType<typeof dashboardWorld>
