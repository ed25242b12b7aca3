// The Workspace object: one per workspace, the single writer of its configuration and the keeper of what must be
// unique in it. Reached by idFromName(workspaceId).

import type { Series } from '../../domain/boards/types.ts'
import type { Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
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
  resource(workspaceId: string, type: ResourceType, id: string): Promise<Result<StoredResource>>
  userByExternalId(workspaceId: string, externalId: string): Promise<Result<DirectoryEntry>>
  /** What was decided about this user and its own object has not confirmed, in order. */
  userCommands(workspaceId: string, userId: string): Promise<Result<UserCommand[]>>
  /** Users in id order, deleted ones included. */
  directory(workspaceId: string, after: string | null, limit: number): Promise<Result<DirectoryEntry[]>>
  /** Queues every index row again. */
  republish(workspaceId: string): Promise<Result<void>>
  confirm(workspaceId: string, rows: OutboxReceipt[]): Promise<void>
  inspect(workspaceId: string): Promise<Result<WorkspaceInspection>>
  settle(workspaceId: string): Promise<LogStatus>
}

export interface WorkspaceInspection {
  status: LogStatus
  workspace: WorkspaceDocument
  resources: StoredResource[]
  series: Series[]
  /** Of every commit that the object holds, in order. */
  commitsDigest: string
  /** Newest rule set's number. */
  ruleSet: number
  users: number
}
