// One workspace's configuration. Thin: the log engine keeps the promises, the entity knows what the log means.

import { DurableObject } from 'cloudflare:workers'
import { failure } from '../../domain/failures.ts'
import { digestOfAll } from '../../domain/log/fold.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
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
import { CommitLog } from '../log/commit-log.ts'
import { logPorts } from '../log/environment.ts'
import { ownRef } from '../log/own-ref.ts'
import type { CommandReply, CommandRequest, LogStatus } from '../log/rpc.ts'
import { durableSql } from '../log/sql.ts'
import type { OutboxReceipt } from '../player/rpc.ts'
import type { WorkspaceInspection, WorkspaceRpc } from './rpc.ts'
import { WorkspaceEntity, waitingCommands } from './workspace-entity.ts'
import { type WorkspaceTables, workspaceTables } from './workspace-tables.ts'

interface Opened {
  log: CommitLog<WorkspaceCommand, WorkspaceEffects>
  tables: WorkspaceTables
}

const missing = (what: string) => fail(failure('resource/not_found', `There is no such ${what}.`))

export class Workspace extends DurableObject<Env> implements WorkspaceRpc {
  #opened: Opened | undefined

  execute(workspaceId: string, requests: CommandRequest<WorkspaceCommand>[]): Promise<CommandReply[]> {
    return this.#open(workspaceId).log.execute(requests)
  }

  document(workspaceId: string): Promise<Result<WorkspaceDocument>> {
    return this.#read(workspaceId, ({ tables }) => {
      const workspace = tables.view.workspace()
      return workspace ? ok(workspace) : missing('workspace')
    })
  }

  ruleSet(workspaceId: string, number?: number): Promise<Result<RuleSet>> {
    return this.#read(workspaceId, ({ log, tables }) => {
      const rules = tables.ruleSet(log.durableThrough(), number)
      if (rules) return ok(rules)
      return number === undefined ? ok(buildRuleSet(tables.view, 0)) : missing('rule set')
    })
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

  userCommands(workspaceId: string, userId: string): Promise<Result<UserCommand[]>> {
    return this.#read(workspaceId, ({ log }) => ok(waitingCommands(log.tables, userId, log.durableThrough())))
  }

  directory(workspaceId: string, after: string | null, limit: number): Promise<Result<DirectoryEntry[]>> {
    return this.#read(workspaceId, ({ tables }) => ok(tables.entries(after, limit)))
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
    const ports = logPorts(this.ctx, this.env, { workspaceId, kind: 'workspace', entityId: workspaceId }, { kind: 'workspace' })
    ownRef(ports.sql).write({ workspaceId, userId: '' })
    const tables = workspaceTables(ports.sql)
    const log: CommitLog<WorkspaceCommand, WorkspaceEffects> = new CommitLog(ports, new WorkspaceEntity(tables, () => log.commits()))
    this.#opened = { log, tables }
    return this.#opened
  }

  async #read<T>(workspaceId: string, read: (opened: Opened) => Result<T>): Promise<Result<T>> {
    const opened = this.#open(workspaceId)
    const ready = await opened.log.ready()
    return ready.ok ? read(opened) : ready
  }
}
