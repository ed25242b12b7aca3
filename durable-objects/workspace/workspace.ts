// One workspace's configuration. Thin: the log engine keeps the promises, the entity knows what the log means.

import * as platform from 'cloudflare:workers'
import type { AccessKind, AccessValues } from '../../domain/access/types.ts'
import { buildAccess } from '../../domain/access/workspace-access.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import { failure } from '../../domain/failures.ts'
import type { Asker } from '../../domain/identity.ts'
import { digestOfAll } from '../../domain/log/fold.ts'
import type { LogRef, Position } from '../../domain/log/types.ts'
import { refuseUpload } from '../../domain/media/quota.ts'
import type { MediaUsage, ReservedMedia, StoredMedia } from '../../domain/media/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { DirectoryHolders, DirectoryQuestion } from '../../domain/sign-in/import-plan.ts'
import { type Needed, reachFor } from '../../domain/workspace/asker.ts'
import { buildRuleSet } from '../../domain/workspace/rule-set.ts'
import type {
  DirectoryEntry,
  ResourceType,
  StoredResource,
  WorkspaceCommand,
  WorkspaceDocument,
  WorkspaceEffects,
} from '../../domain/workspace/types.ts'
import type { UserCommand } from '../../domain/workspace/user-command.ts'
import { auditRecordAt } from '../audit/audit-reads.ts'
import { CommitLog } from '../log/commit-log.ts'
import { logPorts } from '../log/environment.ts'
import { ownRef, Room } from '../log/own-ref.ts'
import type { RefilledPage, RefillPlace } from '../log/refill-regions.ts'
import type { CommandReply, CommandRequest, LogStatus } from '../log/rpc.ts'
import { durableSql } from '../log/sql.ts'
import type { ObjectTracing } from '../log/tracing.ts'
import { inTurn } from '../log/wake-in-turn.ts'
import type { OutboxReceipt } from '../player/rpc.ts'
import type { BlobStanding, MediaChores, UploadReservation, WorkspaceEdge, WorkspaceInspection, WorkspaceRpc } from './rpc.ts'
import { SweepClock } from './sweep-clock.ts'
import { WorkspaceEntity, waitingCommands } from './workspace-entity.ts'
import { type WorkspaceTables, workspaceTables } from './workspace-tables.ts'

const logRefOf = (workspaceId: string): LogRef => ({ workspaceId, kind: 'workspace', entityId: workspaceId })

interface Opened {
  log: CommitLog<WorkspaceCommand, WorkspaceEffects>
  tables: WorkspaceTables
  sweeps: SweepClock
}

const missing = (what: string) => fail(failure('resource/not_found', `There is no such ${what}.`))

function ruleSetOf({ log, tables }: Opened, number?: number): Result<RuleSet> {
  const rules = tables.ruleSet(log.durableThrough(), number)
  if (rules) return ok(rules)
  return number === undefined ? ok(buildRuleSet(tables.view, 0)) : missing('rule set')
}

export class Workspace extends platform.DurableObject<Env> implements WorkspaceRpc {
  #its: { room: Room<Opened>; tracing: ObjectTracing } | undefined

  execute(workspaceId: string, requests: CommandRequest<WorkspaceCommand>[]): Promise<CommandReply[]> {
    const { room, tracing } = this.#of(workspaceId)
    return tracing.serve(requests, async () => {
      const isBirth = requests.some(({ command }) => command.kind === 'workspace.create')
      const opened = isBirth ? ok(room.open()) : await room.enter()
      return opened.ok ? opened.value.log.execute(requests) : requests.map(() => opened)
    })
  }

  document(workspaceId: string): Promise<Result<WorkspaceDocument>> {
    return this.#read(workspaceId, ({ tables }) => {
      const workspace = tables.view.workspace()
      return workspace ? ok(workspace) : missing('workspace')
    })
  }

  ruleSet(workspaceId: string, number?: number): Promise<Result<RuleSet>> {
    return this.#read(workspaceId, (opened) => ruleSetOf(opened, number))
  }

  edge(workspaceId: string): Promise<Result<WorkspaceEdge>> {
    return this.#read(workspaceId, (opened) => {
      const ruleSet = ruleSetOf(opened)
      const { tables } = opened
      return ruleSet.ok ? ok({ ruleSet: ruleSet.value, access: buildAccess(tables.view, tables.accessVersion(), Date.now()) }) : ruleSet
    })
  }

  accessEntry<Kind extends AccessKind>(workspaceId: string, kind: Kind, id: string): Promise<Result<AccessValues[Kind]>> {
    return this.#read(workspaceId, ({ tables }) => {
      const entry = tables.view.access(kind, id)
      return entry ? ok(entry) : missing(kind)
    })
  }

  accessEntries<Kind extends AccessKind>(workspaceId: string, kind: Kind): Promise<Result<AccessValues[Kind][]>> {
    return this.#read(workspaceId, ({ tables }) => ok(tables.view.accessAll(kind)))
  }

  resource(workspaceId: string, type: ResourceType, id: string): Promise<Result<StoredResource>> {
    return this.#read(workspaceId, ({ tables }) => {
      const resource = tables.view.resource(type, id)
      return resource ? ok(resource) : missing(type)
    })
  }

  userByExternalId(workspaceId: string, externalId: string): Promise<Result<DirectoryEntry>> {
    return this.#read(workspaceId, ({ tables }) => {
      const entry = tables.view.userByExternalId(externalId)
      return entry ? ok(entry) : missing('user')
    })
  }

  userByEmail(workspaceId: string, emailHash: string): Promise<Result<DirectoryEntry>> {
    return this.#read(workspaceId, ({ tables }) => {
      const entry = tables.view.userByEmail(emailHash)
      return entry ? ok(entry) : missing('user')
    })
  }

  directoryEntry(workspaceId: string, userId: string): Promise<Result<DirectoryEntry>> {
    return this.#read(workspaceId, ({ tables }) => {
      const entry = tables.view.user(userId)
      return entry ? ok(entry) : missing('user')
    })
  }

  reach(workspaceId: string, userId: string, by: Asker, needed: Needed): Promise<Result<void>> {
    return this.#read(workspaceId, ({ tables }) => reachFor(tables.view, userId, by, needed))
  }

  holders(workspaceId: string, asked: DirectoryQuestion[]): Promise<Result<DirectoryHolders[]>> {
    return this.#read(workspaceId, ({ tables: { view } }) =>
      ok(
        asked.map(({ emailHash, userId, externalId }) => ({
          byEmail: view.userByEmail(emailHash),
          byUserId: userId === undefined ? null : view.user(userId),
          byExternalId: externalId === undefined ? null : view.userByExternalId(externalId),
        })),
      ),
    )
  }

  userCommands(workspaceId: string, userId: string): Promise<Result<UserCommand[]>> {
    return this.#read(workspaceId, ({ log }) => ok(waitingCommands(log.tables, userId, log.durableThrough())))
  }

  directory(workspaceId: string, after: string | null, limit: number): Promise<Result<DirectoryEntry[]>> {
    return this.#read(workspaceId, ({ tables }) => ok(tables.entries(after, limit)))
  }

  media(workspaceId: string, mediaId: string): Promise<Result<StoredMedia>> {
    return this.#read(workspaceId, ({ tables }) => {
      const media = tables.view.media(mediaId)
      return media ? ok(media) : missing('media')
    })
  }

  mediaUsage(workspaceId: string): Promise<Result<MediaUsage & { reserved: ReservedMedia; plan: WorkspaceDocument['plan'] }>> {
    return this.#read(workspaceId, ({ tables: { view } }) => {
      const workspace = view.workspace()
      const reserved = view.reservedMedia(Date.now())
      return workspace ? ok({ ...view.mediaUsage(), reserved, plan: workspace.plan }) : missing('workspace')
    })
  }

  reserveUpload(workspaceId: string, reservation: UploadReservation): Promise<Result<void>> {
    return this.#read(workspaceId, ({ tables: { view, reservations } }) => {
      const workspace = view.workspace()
      if (!workspace) return missing('workspace')
      const nowMs = Date.now()
      const reserved = view.reservedMedia(nowMs, reservation.uploadId)
      const refused = refuseUpload(workspace.plan, view.mediaUsage(), { size: reservation.bytes, reserved })
      if (refused) return fail(refused)
      reservations.reserve(reservation, nowMs)
      return ok(undefined)
    })
  }

  releaseUpload(workspaceId: string, uploadId: string, blobId?: string): Promise<Result<void>> {
    return this.#read(workspaceId, ({ tables: { reservations } }) => ok(reservations.release(uploadId, blobId)))
  }

  mediaChores(workspaceId: string, nowMs: number): Promise<Result<MediaChores>> {
    return this.#read(workspaceId, ({ tables }) => ok(tables.media.chores(nowMs)))
  }

  lookAtBlobs(workspaceId: string, blobIds: string[], nowMs: number): Promise<Result<BlobStanding[]>> {
    return this.#read(workspaceId, ({ tables, sweeps }) => {
      const standings = blobIds.map((blobId) => tables.media.look(blobId, nowMs))
      void sweeps.plan()
      return ok(standings)
    })
  }

  auditRecord(workspaceId: string, at: Position): Promise<Result<AuditRecord>> {
    return this.#read(workspaceId, ({ log, tables }) => auditRecordAt(tables.audit, logRefOf(workspaceId), at, log.durableThrough()))
  }

  republish(workspaceId: string): Promise<Result<void>> {
    return this.#read(workspaceId, ({ log }) => ok(log.republish()))
  }

  async confirm(workspaceId: string, rows: OutboxReceipt[]): Promise<void> {
    const { room } = this.#of(workspaceId)
    if (room.isBlank()) return
    const { log } = room.open()
    for (const { id, sequence } of rows) log.tables.confirmOutbox(id, sequence)
  }

  inspect(workspaceId: string): Promise<Result<WorkspaceInspection>> {
    return this.#read(workspaceId, ({ log, tables }) => {
      const workspace = tables.view.workspace()
      if (!workspace) return missing('workspace')
      return ok({
        status: log.status(),
        workspace,
        resources: tables.allResources(),
        series: tables.view.series(),
        access: tables.allAccess(),
        media: tables.media.allMedia(),
        blobs: tables.media.allBlobs(),
        mediaUsage: tables.view.mediaUsage(),
        commitsDigest: digestOfAll(log.tables.commitTexts()),
        ruleSet: tables.view.ruleSetNumber(),
        users: tables.countUsers(),
      })
    })
  }

  async settle(workspaceId: string): Promise<LogStatus> {
    const { log } = this.#of(workspaceId).room.open()
    await log.ready()
    await log.drain.settle()
    return log.status()
  }

  async refill(workspaceId: string, from: RefillPlace | null): Promise<Result<RefilledPage>> {
    const opened = await this.#of(workspaceId).room.enter()
    if (!opened.ok) return opened
    const ready = await opened.value.log.ready()
    return ready.ok ? opened.value.log.refill(from) : ready
  }

  override async alarm(): Promise<void> {
    const ref = ownRef(durableSql(this.ctx.storage)).read()
    if (!ref) return
    await inTurn(this.ctx.storage, this.#its?.room.opened?.log, async () => {
      const { log, sweeps } = this.#of(ref.workspaceId).room.open()
      await log.alarm()
      await sweeps.alarm()
    })
  }

  #of(workspaceId: string): { room: Room<Opened>; tracing: ObjectTracing } {
    if (this.#its) return this.#its
    const ports = logPorts(this.ctx, this.env, logRefOf(workspaceId), { kind: 'workspace' })
    const room = new Room(ports, (): Opened => {
      ownRef(ports.sql).write({ workspaceId, userId: '' })
      const tables = workspaceTables(ports.sql)
      const log: CommitLog<WorkspaceCommand, WorkspaceEffects> = new CommitLog(ports, new WorkspaceEntity(tables, () => log.commits()))
      tables.audit.catchUp(ports.log)
      const sweeps = new SweepClock(ports, log.drain.agenda, tables.media, () => this.ctx.storage.getAlarm())
      void sweeps.plan()
      return { log, tables, sweeps }
    })
    this.#its = { room, tracing: ports.tracing }
    return this.#its
  }

  async #read<T>(workspaceId: string, read: (opened: Opened) => Result<T>): Promise<Result<T>> {
    const opened = await this.#of(workspaceId).room.enter()
    if (!opened.ok) return opened
    const ready = await opened.value.log.ready()
    return ready.ok ? read(opened.value) : ready
  }
}
