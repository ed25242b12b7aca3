// A workspace's whole log in one process: its entity on a real SQLite, over a region and R2 that outlive it, so that it can
// lose its storage and come back.

import type { AuditRecord } from '../../../domain/audit/types.ts'
import type { Trail } from '../../../domain/identity.ts'
import type { Commit, LogRef } from '../../../domain/log/types.ts'
import type { OutboxRow } from '../../../domain/outbox.ts'
import type { WorkspaceCommand, WorkspaceEffects } from '../../../domain/workspace/types.ts'
import { auditPage, auditRecordAt } from '../../../durable-objects/audit/audit-reads.ts'
import { CommitLog } from '../../../durable-objects/log/commit-log.ts'
import { WorkspaceEntity } from '../../../durable-objects/workspace/workspace-entity.ts'
import { workspaceTables } from '../../../durable-objects/workspace/workspace-tables.ts'
import { MemoryPending } from '../log/memory-pending.ts'
import { nodeSql } from '../log/node-sql.ts'
import { SimRegion } from '../log/sim-region.ts'
import { document } from '../workspace/state.ts'

export const { workspaceId } = document
export const workspaceRef: LogRef = { workspaceId, kind: 'workspace', entityId: workspaceId }
export const trail: Trail = {
  subject: 'someone',
  platform: 'web',
  userId: 'ada',
  requestId: 'request-1',
  operation: 'things/change',
  policies: ['policy0'],
  from: { address: '192.0.2.1', country: 'IE' },
}

export class WorkspaceLog {
  nowMs = 1_000_000
  readonly sent: OutboxRow[] = []
  log!: CommitLog<WorkspaceCommand, WorkspaceEffects>
  tables!: ReturnType<typeof workspaceTables>
  storage!: ReturnType<typeof nodeSql>
  #stamp = 0
  #keys = 0
  readonly #region = new SimRegion('eu-west-1', () => ++this.#stamp)
  readonly #pending = new MemoryPending()

  constructor() {
    this.loseStorage()
  }

  loseStorage(): void {
    this.open(nodeSql())
  }

  open(storage: ReturnType<typeof nodeSql>): void {
    this.storage = storage
    const { sql } = storage
    this.tables = workspaceTables(sql)
    this.log = new CommitLog(
      {
        log: workspaceRef,
        sql,
        regions: [this.#region],
        pending: this.#pending,
        now: () => this.nowMs,
        newId: () => `id-${++this.#stamp}`,
        random: () => 0.5,
        after: () => new Promise(() => {}),
        setAlarm: () => {},
        send: async (rows) => {
          this.sent.push(...rows)
          for (const { id, sequence } of rows) this.log.tables.confirmOutbox(id, sequence)
        },
        report: () => {},
        limits: { answerDeadlineMs: 4000, repairAfterMs: 960_000, resendAfterMs: 30_000, retryAfterMs: 1000 },
      },
      new WorkspaceEntity(this.tables, () => this.log.commits()),
    )
  }

  /** With a key of the client's own: a refusal is kept too. */
  async decide(command: WorkspaceCommand, by: Trail = trail): Promise<AuditRecord> {
    const key = `key-${++this.#keys}`
    await this.log.execute([{ command, trail: by, idempotency: { key, fingerprint: key, expiresAtMs: this.nowMs + 1e9 } }])
    return this.record(this.log.tables.lastSequence())
  }

  record(sequence: number): AuditRecord {
    const found = auditRecordAt(this.tables.audit, workspaceRef, this.log.tables.positionAt(sequence), this.log.durableThrough())
    if (!found.ok) throw new Error(found.error.detail)
    return found.value
  }

  records(): AuditRecord[] {
    return auditPage(this.tables.audit, workspaceRef, { limit: 1000, order: 'asc' }, this.log.durableThrough()).items
  }

  commits(): Commit[] {
    return [...this.log.commits()]
  }
}

export async function founded(): Promise<WorkspaceLog> {
  const log = new WorkspaceLog()
  await log.decide({ kind: 'workspace.create', workspace: document })
  return log
}
