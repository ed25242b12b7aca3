// What travels from an object's outbox to its consumers, over a queue that may lose, repeat and reorder it. Each row
// is absolute and versioned by its place in the log, so a consumer applies it only if newer. A message stays far below
// the queue's 128 KB; the sender splits.

import type { AuditRecord } from './audit/types.ts'
import type { ScorePush } from './boards/types.ts'
import type { Trail } from './identity.ts'
import type { StoredMedia } from './media/types.ts'
import type { PlayerCommand, UserProfile } from './player/types.ts'
import type { StoredResource } from './workspace/types.ts'

export interface OutboxRow {
  /** Unique in its object, and stable for what it is about: `user`, `score:{seriesId}:{periodId}`, `resource:{type}:{id}`. */
  id: string
  sequence: number
  body: OutboxBody
}

export type OutboxBody =
  | { kind: 'user'; userId: string; incarnation: number; profile: UserProfile | null }
  | { kind: 'score'; seriesId: string; periodId: string; push: ScorePush }
  | { kind: 'resource'; incarnation: number; resource: StoredResource }
  | { kind: 'series'; incarnation: number; seriesId: string }
  | { kind: 'backfill'; seriesId: string; after: string | null }
  /** `trail` is of the request that the workspace decided: the user's own log names who asked, whoever brings it. */
  | { kind: 'player'; userId: string; eventId: string; command: PlayerCommand; trail?: Trail }
  /** `media` is null for one that is deleted, recoverable or not. */
  | { kind: 'media'; incarnation: number; mediaId: string; media: StoredMedia | null }
  /** Bytes that the second origin is to have too. */
  | { kind: 'blob-copy'; blobId: string; sha256: string; size: number; contentType: string }
  /** Released: nothing names it, and nothing ever will. */
  | { kind: 'blob-delete'; blobId: string }
  /** The record of one commit; never changes, so it has no version. */
  | { kind: 'audit'; record: AuditRecord }
  /** From a reader that found a board lost, not from an outbox: nothing is confirmed, the next reader asks again. */
  | { kind: 'refill'; seriesId: string; periodId: string; after: string | null }
  /** From an upload whose time is over, or that is done: what it left in R2 is looked at. Confirmed by the upload itself. */
  | { kind: 'upload-sweep'; uploadId: string }
  /** From a workspace's alarm: what was deleted long ago is purged, and orphans are looked for. Nothing is confirmed. */
  | { kind: 'media-sweep'; after: string | null }

export interface OutboxMessage {
  version: 1
  workspaceId: string
  source: { kind: 'player'; userId: string } | { kind: 'workspace' }
  rows: OutboxRow[]
  /** W3C: the span that sent it, where that is recorded. Not stored with the rows: what is sent again later may have none. */
  traceparent?: string
}
