// One workspace's configuration. Thin: the log engine keeps the promises, the entity knows what the log means.

import * as platform from 'cloudflare:workers'
import type { AccessKind, AccessValues } from '../../domain/access/types.ts'
import { buildAccess } from '../../domain/access/workspace-access.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import { failure } from '../../domain/failures.ts'
import { digestOfAll } from '../../domain/log/fold.ts'
import type { LogRef, Position } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { DirectoryHolders, DirectoryQuestion } from '../../domain/sign-in/import-plan.ts'
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
import { ownRef } from '../log/own-ref.ts'
import type { CommandReply, CommandRequest, LogStatus } from '../log/rpc.ts'
import { durableSql } from '../log/sql.ts'
import type { ObjectTracing } from '../log/tracing.ts'
import type { OutboxReceipt } from '../player/rpc.ts'
import type { WorkspaceEdge, WorkspaceInspection, WorkspaceRpc } from './rpc.ts'
import { WorkspaceEntity, waitingCommands } from './workspace-entity.ts'
import { type WorkspaceTables, workspaceTables } from './workspace-tables.ts'

const logRefOf = (workspaceId: string): LogRef => ({ workspaceId, kind: 'workspace', entityId: workspaceId })

interface Opened {
  log: CommitLog<WorkspaceCommand, WorkspaceEffects>
  tables: WorkspaceTables
  tracing: ObjectTracing
}

const missing = (what: string) => fail(failure('resource/not_found', `There is no such ${what}.`))

function ruleSetOf({ log, tables }: Opened, number?: number): Result<RuleSet> {
  const rules = tables.ruleSet(log.durableThrough(), number)
  if (rules) return ok(rules)
  return number === undefined ? ok(buildRuleSet(tables.view, 0)) : missing('rule set')
}

export class Workspace extends platform.DurableObject<Env> implements WorkspaceRpc {
  #opened: Opened | undefined

  execute(workspaceId: string, requests: CommandRequest<WorkspaceCommand>[]): Promise<CommandReply[]> {
    const { log, tracing } = this.#open(workspaceId)
    return tracing.serve(requests, () => log.execute(requests))
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

  auditRecord(workspaceId: string, at: Position): Promise<Result<AuditRecord>> {
    return this.#read(workspaceId, ({ log, tables }) => auditRecordAt(tables.audit, logRefOf(workspaceId), at, log.durableThrough()))
  }

  republish(workspaceId: string): Promise<Result<void>> {
    return this.#read(workspaceId, ({ log }) => ok(log.republish()))
  }

  async confirm(workspaceId: string, rows: OutboxReceipt[]): Promise<void> {
    const { log } = this.#open(workspaceId)
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
        commitsDigest: digestOfAll(log.tables.commitTexts()),
        ruleSet: tables.view.ruleSetNumber(),
        users: tables.countUsers(),
      })
    })
  }

  async settle(workspaceId: string): Promise<LogStatus> {
    const { log } = this.#open(workspaceId)
    await log.ready()
    await log.drain.settle()
    return log.status()
  }

  override async alarm(): Promise<void> {
    const ref = ownRef(durableSql(this.ctx.storage)).read()
    if (!ref) return
    const { log } = this.#open(ref.workspaceId)
    await log.alarm()
  }

  #open(workspaceId: string): Opened {
    if (this.#opened) return this.#opened
    const ports = logPorts(this.ctx, this.env, logRefOf(workspaceId), { kind: 'workspace' })
    ownRef(ports.sql).write({ workspaceId, userId: '' })
    const tables = workspaceTables(ports.sql)
    const log: CommitLog<WorkspaceCommand, WorkspaceEffects> = new CommitLog(ports, new WorkspaceEntity(tables, () => log.commits()))
    this.#opened = { log, tables, tracing: ports.tracing }
    tables.audit.catchUp(ports.log)
    return this.#opened
  }

  async #read<T>(workspaceId: string, read: (opened: Opened) => Result<T>): Promise<Result<T>> {
    const opened = this.#open(workspaceId)
    const ready = await opened.log.ready()
    return ready.ok ? read(opened) : ready
  }
}
