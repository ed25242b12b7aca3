// What a workspace's log means. Rule sets are not in the commits: each is a pure function of the state after its commit.

import { listing, workspaceBefores } from '../../domain/audit/changes.ts'
import { auditRecordOf } from '../../domain/audit/record.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import type { Commit, Position } from '../../domain/log/types.ts'
import type { BlobEntry, MediaEntry } from '../../domain/media/types.ts'
import type { OutboxBody } from '../../domain/outbox.ts'
import type { Result } from '../../domain/result.ts'
import { decideWorkspace } from '../../domain/workspace/decide.ts'
import { buildRuleSet } from '../../domain/workspace/rule-set.ts'
import type { StoredResource, WorkspaceCommand, WorkspaceEffects } from '../../domain/workspace/types.ts'
import { commandSequence, type UserCommand, userCommandEventId, userCommandPrefix } from '../../domain/workspace/user-command.ts'
import { auditRow, auditRowRecord } from '../audit/audit-table.ts'
import type { Decision, Entity, Outgoing } from '../log/entity.ts'
import type { LogTables } from '../log/tables.ts'
import type { WorkspaceTables } from './workspace-tables.ts'

type WorkspaceCommit = Commit<WorkspaceCommand, WorkspaceEffects>

const isListed = (commit: WorkspaceCommit): boolean => listing({ kind: 'workspace' }, commit) === 'listed'

export class WorkspaceEntity implements Entity<WorkspaceCommand, WorkspaceEffects> {
  readonly #tables: WorkspaceTables
  readonly #commits: () => Iterable<WorkspaceCommit>

  /** `commits` reads the whole log again, for a new life. */
  constructor(tables: WorkspaceTables, commits: () => Iterable<WorkspaceCommit>) {
    this.#tables = tables
    this.#commits = commits
  }

  migrate(): void {
    this.#tables.migrate()
  }

  clear(): void {
    this.#tables.clear()
  }

  isBirth(command: WorkspaceCommand): boolean {
    return command.kind === 'workspace.create'
  }

  exists(): boolean {
    return this.#tables.view.workspace() !== null
  }

  decide(command: WorkspaceCommand, nowMs: number, newId: () => string): Result<Decision<WorkspaceEffects>> {
    return decideWorkspace(this.#tables.view, command, { nowMs, newId })
  }

  apply(commit: WorkspaceCommit): void {
    const { effects, sequence } = commit
    this.#tables.audit.note(sequence, isListed(commit), workspaceBefores(effects, this.#tables.view))
    if (effects.workspace) {
      this.#tables.setWorkspace(effects.workspace)
      this.#tables.touchAccess(sequence)
    }
    for (const entry of effects.access ?? []) this.#tables.setAccess(entry, sequence)
    for (const resource of effects.resources ?? []) this.#tables.setResource(resource)
    for (const series of effects.series ?? []) this.#tables.setSeries(series)
    for (const entry of effects.directory ?? []) this.#tables.setEntry(entry, sequence)
    for (const entry of effects.blobs ?? []) this.#tables.media.setBlob(entry, commit.decidedAtMs)
    for (const entry of effects.media ?? []) this.#tables.media.setMedia(entry)
    // What was kept for it is what it takes now.
    const { command } = commit
    if (command.kind === 'media.create' && command.uploadId !== undefined && effects.media)
      this.#tables.reservations.release(command.uploadId)
    if (effects.ruleSet !== undefined) this.#tables.addRuleSet(buildRuleSet(this.#tables.view, effects.ruleSet), sequence)
  }

  outgoing(commit: WorkspaceCommit): Outgoing[] {
    const { effects, incarnation, sequence, trail } = commit
    const outgoing = (effects.resources ?? []).map((resource) => resourceRow(resource, incarnation))
    outgoing.push(...(effects.series ?? []).map(({ seriesId }) => seriesRow(seriesId, incarnation)))
    if (effects.backfill) outgoing.push(backfillRow(effects.backfill.seriesId))
    if (effects.player) {
      const { userId, command } = effects.player
      const eventId = userCommandEventId({ incarnation, sequence })
      outgoing.push({ id: `${userCommandPrefix(userId)}${sequence}`, body: { kind: 'player', userId, eventId, command, trail } })
    }
    outgoing.push(...(effects.media ?? []).map((entry) => mediaRow(entry, incarnation)))
    outgoing.push(...(effects.blobs ?? []).map((entry) => blobRow(entry, this.#tables.media.contentTypeOf)))
    if (isListed(commit)) outgoing.push(auditRow(sequence))
    return outgoing
  }

  /**
   * Users' commands too: one of them may have been lost with the outbox. Their event ids make the rest harmless. And what is
   * gone: the index must forget it, and the bucket.
   */
  everything(head: Position): Outgoing[] {
    const series = this.#tables.view.series()
    return [
      ...this.#tables.allResources().map((resource) => resourceRow(resource, head.incarnation)),
      ...series.flatMap(({ seriesId }) => [seriesRow(seriesId, head.incarnation), backfillRow(seriesId)]),
      ...[...this.#commits()].flatMap((commit) =>
        commit.effects.player ? this.outgoing({ ...commit, effects: { player: commit.effects.player } }) : [],
      ),
      ...this.#tables.media.allMedia().map((entry) => mediaRow(entry, head.incarnation)),
      ...this.#tables.media.allBlobs().map((entry) => blobRow(entry, this.#tables.media.contentTypeOf)),
      ...this.#tables.audit.listed().map(auditRow),
    ]
  }

  /** Every other row is stored with its body. */
  materialize(id: string): OutboxBody | null {
    const record = auditRowRecord(id, (sequence) => this.#auditRecord(sequence))
    return record ? { kind: 'audit', record } : null
  }

  ruleSetNumber(): number {
    return this.#tables.view.ruleSetNumber()
  }

  strict(): boolean {
    return this.#tables.view.workspace()?.settings.strict ?? false
  }

  #auditRecord(sequence: number): AuditRecord | null {
    const found = this.#tables.audit.at(sequence)
    const workspaceId = this.#tables.view.workspace()?.workspaceId
    if (!found || workspaceId === undefined) return null
    return auditRecordOf(found.commit, { workspaceId, kind: 'workspace', entityId: workspaceId }, found.befores)
  }
}

/** The commands that wait in the outbox for a user, in the order they were decided, as far as the log is durable. */
export function waitingCommands(tables: LogTables, userId: string, durableThrough: number): UserCommand[] {
  const waiting: UserCommand[] = []
  for (const { id, sequence, body } of tables.outboxOf(userCommandPrefix(userId))) {
    const row: OutboxBody | null = body === null ? null : JSON.parse(body)
    // An id may hold the separator, so another's rows can lie in between.
    if (row?.kind !== 'player' || row.userId !== userId || sequence > durableThrough) continue
    // A rebuild queues every command once more at the log's end: its own place stays in its id.
    waiting.push({ eventId: row.eventId, sequence: commandSequence(id), command: row.command, ...(row.trail && { trail: row.trail }) })
  }
  return waiting.sort((a, b) => a.sequence - b.sequence)
}

const resourceRow = (resource: StoredResource, incarnation: number): Outgoing => ({
  id: `resource:${resource.type}:${resource.id}`,
  body: { kind: 'resource', incarnation, resource },
})

const mediaRow = ({ mediaId, value }: MediaEntry, incarnation: number): Outgoing => ({
  id: `media:${mediaId}`,
  body: { kind: 'media', incarnation, mediaId, media: value?.deletedAtMs === undefined ? value : null },
})

/** One row a blob, so that a release takes the place of a copy that nobody has made yet. */
const blobRow = ({ blobId, value }: BlobEntry, contentTypeOf: (blobId: string) => string): Outgoing => ({
  id: `blob:${blobId}`,
  body: value ? { kind: 'blob-copy', ...value, contentType: contentTypeOf(blobId) } : { kind: 'blob-delete', blobId },
})

const seriesRow = (seriesId: string, incarnation: number): Outgoing => ({
  id: `series:${seriesId}`,
  body: { kind: 'series', incarnation, seriesId },
})

const backfillRow = (seriesId: string): Outgoing => ({ id: `backfill:${seriesId}`, body: { kind: 'backfill', seriesId, after: null } })
