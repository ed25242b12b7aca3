// The Workspace object: one per workspace, the single writer of its configuration and the keeper of what must be
// unique in it. Reached by idFromName(workspaceId).

import type { AccessEntry, AccessKind, AccessValues, WorkspaceAccess } from '../../domain/access/types.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import type { Series } from '../../domain/boards/types.ts'
import type { Asker } from '../../domain/identity.ts'
import type { Position } from '../../domain/log/types.ts'
import type { BlobEntry, MediaEntry, MediaUsage, ReservedMedia, StoredMedia } from '../../domain/media/types.ts'
import type { Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { DirectoryHolders, DirectoryQuestion } from '../../domain/sign-in/import-plan.ts'
import type { Needed } from '../../domain/workspace/asker.ts'
import type { DirectoryEntry, ResourceType, StoredResource, WorkspaceCommand, WorkspaceDocument } from '../../domain/workspace/types.ts'
import type { UserCommand } from '../../domain/workspace/user-command.ts'
import type { RefilledPage, RefillPlace } from '../log/refill-regions.ts'
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
  /** For what the user's own object is told directly: may this asker reach this user now (domain/workspace/asker.ts)? */
  reach(workspaceId: string, userId: string, by: Asker, needed: Needed): Promise<Result<void>>
  /** Who holds what each of these asks for, in their order. */
  holders(workspaceId: string, asked: DirectoryQuestion[]): Promise<Result<DirectoryHolders[]>>
  /** What was decided about this user and its own object has not confirmed, in order. */
  userCommands(workspaceId: string, userId: string): Promise<Result<UserCommand[]>>
  /** Users in id order, deleted ones included. */
  directory(workspaceId: string, after: string | null, limit: number): Promise<Result<DirectoryEntry[]>>
  /** Deleted ones that can still be brought back included. */
  media(workspaceId: string, mediaId: string): Promise<Result<StoredMedia>>
  /** What is kept, what is kept free for unfinished uploads, and the plan that says how much may be. */
  mediaUsage(workspaceId: string): Promise<Result<MediaUsage & { reserved: ReservedMedia; plan: WorkspaceDocument['plan'] }>>
  /**
   * Keeps room for an attempt at an upload, before any byte of it comes. Again is no mistake. `business/precondition_failed`
   * where there is none, or too many are unfinished.
   */
  reserveUpload(workspaceId: string, reservation: UploadReservation): Promise<Result<void>>
  /** The attempt has ended without a media; without `blobId`, the whole upload has. Again is no mistake. */
  releaseUpload(workspaceId: string, uploadId: string, blobId?: string): Promise<Result<void>>
  /** What a sweep has to do now, a bounded number of each: once it is done and asked again, it comes to nothing. */
  mediaChores(workspaceId: string, nowMs: number): Promise<Result<MediaChores>>
  /**
   * A look at these blobs of the bucket, each `named` by a media, `marked` as an orphan (now, or less than a day ago), or
   * `due`: an orphan for a day, or released a day ago. Naming one takes its mark away. What is due may be released
   * (`blob.release`).
   */
  lookAtBlobs(workspaceId: string, blobIds: string[], nowMs: number): Promise<Result<BlobStanding[]>>
  /** One commit of the workspace's log, told whole. */
  auditRecord(workspaceId: string, at: Position): Promise<Result<AuditRecord>>
  /** Queues every index row again. */
  republish(workspaceId: string): Promise<Result<void>>
  confirm(workspaceId: string, rows: OutboxReceipt[]): Promise<void>
  inspect(workspaceId: string): Promise<Result<WorkspaceInspection>>
  settle(workspaceId: string): Promise<LogStatus>
  /** One page of making every region's copy of the log whole; null for the first. */
  refill(workspaceId: string, from: RefillPlace | null): Promise<Result<RefilledPage>>
}

export interface UploadReservation {
  uploadId: string
  /** Names the attempt. */
  blobId: string
  bytes: number
  /** When the upload is over, whoever forgets to say so. */
  expiresAtMs: number
}

export type BlobStanding = 'named' | 'marked' | 'due'

export interface MediaChores {
  /** Media whose time to be brought back is over. */
  expired: string[]
  /** Blobs to look at: those that no media names any more and nobody has marked, and those whose mark is a day old. */
  unnamed: string[]
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
  media: MediaEntry[]
  blobs: BlobEntry[]
  mediaUsage: MediaUsage
  /** Of every commit that the object holds, in order. */
  commitsDigest: string
  /** Newest rule set's number. */
  ruleSet: number
  users: number
}
