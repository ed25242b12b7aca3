// The Workspace object: one per workspace, the single writer of its configuration and the keeper of what must be
// unique in it. Reached by idFromName(workspaceId).

import type { AccessEntry, AccessKind, AccessValues, WorkspaceAccess } from '../../domain/access/types.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import type { Series } from '../../domain/boards/types.ts'
import type { Position } from '../../domain/log/types.ts'
import type { Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { DirectoryHolders, DirectoryQuestion } from '../../domain/sign-in/import-plan.ts'
import type { DirectoryEntry, ResourceType, StoredResource, WorkspaceCommand, WorkspaceDocument } from '../../domain/workspace/types.ts'
import type { UserCommand } from '../../domain/workspace/user-command.ts'
import type { CommandReply, CommandRequest, LogStatus } from '../log/rpc.ts'
import type { OutboxReceipt } from '../player/rpc.ts'

export interface WorkspaceRpc {
  execute(workspaceId: string, requests: CommandRequest<WorkspaceCommand>[]): Promise<CommandReply[]>
  /** `resource/not_found` where no such workspace was created. */
  document(workspaceId: string): Promise<Result<WorkspaceDocument>>
  /** The newest rule set, or the numbered one: immutable. */
  ruleSet(workspaceId: string, number?: number): Promise<Result<RuleSet>>
  /** What the edge needs of a workspace for each request: the newest rule set and who may come. */
  edge(workspaceId: string): Promise<Result<WorkspaceEdge>>
  accessEntry<Kind extends AccessKind>(workspaceId: string, kind: Kind, id: string): Promise<Result<AccessValues[Kind]>>
  /** All of a kind, in the order of their ids; there are few (domain/workspace/decide-access.ts). */
  accessEntries<Kind extends AccessKind>(workspaceId: string, kind: Kind): Promise<Result<AccessValues[Kind][]>>
  resource(workspaceId: string, type: ResourceType, id: string): Promise<Result<StoredResource>>
  userByExternalId(workspaceId: string, externalId: string): Promise<Result<DirectoryEntry>>
  /** By domain/sign-in/email-hash.ts; the live user that was made first, where several have the address. */
  userByEmail(workspaceId: string, emailHash: string): Promise<Result<DirectoryEntry>>
  /** Deleted ones included. */
  directoryEntry(workspaceId: string, userId: string): Promise<Result<DirectoryEntry>>
  /** Who holds what each of these asks for, in their order. */
  holders(workspaceId: string, asked: DirectoryQuestion[]): Promise<Result<DirectoryHolders[]>>
  /** What was decided about this user and its own object has not confirmed, in order. */
  userCommands(workspaceId: string, userId: string): Promise<Result<UserCommand[]>>
  /** Users in id order, deleted ones included. */
  directory(workspaceId: string, after: string | null, limit: number): Promise<Result<DirectoryEntry[]>>
  /** One commit of the workspace's log, told whole. */
  auditRecord(workspaceId: string, at: Position): Promise<Result<AuditRecord>>
  /** Queues every index row again. */
  republish(workspaceId: string): Promise<Result<void>>
  confirm(workspaceId: string, rows: OutboxReceipt[]): Promise<void>
  inspect(workspaceId: string): Promise<Result<WorkspaceInspection>>
  settle(workspaceId: string): Promise<LogStatus>
}

export interface WorkspaceEdge {
  ruleSet: RuleSet
  access: WorkspaceAccess
}

export interface WorkspaceInspection {
  status: LogStatus
  workspace: WorkspaceDocument
  resources: StoredResource[]
  series: Series[]
  access: AccessEntry[]
  /** Of every commit that the object holds, in order. */
  commitsDigest: string
  /** Newest rule set's number. */
  ruleSet: number
  users: number
}
