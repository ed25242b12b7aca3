// A record of the audit trail: one commit of a log, told to an administrator. It says who, for whom, what, when, from
// where, and what it was before and after. It is made from the commit and never stored as the truth: the log is.

import type { AccessKind } from '../access/types.ts'
import type { FailureCode } from '../failures.ts'
import type { Trail } from '../identity.ts'
import type { ResourceType } from '../workspace/types.ts'

export type EntityKind =
  | 'workspace'
  | 'user'
  | 'session'
  | 'activity-log'
  | 'runtime-leaderboard'
  | 'media'
  /** Bytes: told apart from the media that name them, since they are deleted at another time, and by nobody who asked. */
  | 'blob'
  | ResourceType
  | AccessKind

/** What a commit is about, by the names that the APIs use. */
export interface EntityRef {
  kind: EntityKind
  id: string
}

/** Whole values, as they may be shown. null: there was, or is, no such thing. */
export interface Change {
  entity: EntityRef
  before: unknown
  after: unknown
}

export interface AuditRecord {
  /** `workspace:{workspaceId}:{incarnation}.{sequence}` or `user:{userId}:{incarnation}.{sequence}`: a place in a log, so it never changes. */
  auditRecordId: string
  atMs: number
  /** As the token proved it; `userId` where a person acted as the user they are. */
  who: { subject: string; platform: Trail['platform']; userId?: string }
  /** The user that a machine acted for. */
  forUserId?: string
  /** The declared operation, and the command's kind in commits that do not know it. */
  operation: string
  /** Ids of the policies that let it pass. */
  policies?: string[]
  requestId: string
  traceparent?: string
  from?: Trail['from']
  entity: EntityRef
  /** The user whose log it is from, or whom the workspace decided about. */
  aboutUserId?: string
  /** Absent, as `after` is, where the commit changed nothing of the entity. */
  before?: unknown
  after?: unknown
  /** What else the same commit changed. */
  also?: Change[]
  /** The code of the refusal where it was refused, and the refusal kept for its idempotency key's sake. */
  outcome: 'done' | FailureCode
  /** The workspace's record of the decision that this commit of a user carried out. */
  causedBy?: string
  /** SHA-256 (hex) of the commit's JSON: holds an exported record against the log. */
  digest: string
  /** Members left out of a list because they are large; the record itself, by its id, has them. */
  cut?: Cuttable[]
}

export type Cuttable = 'before' | 'after' | 'also'
