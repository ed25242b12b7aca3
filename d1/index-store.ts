// The port to the D1 index: lists and look-ups across entities of one workspace. Every row says which place in which
// log it comes from; an upsert applies only if newer, a delete is a versioned tombstone. workspaceId always comes first.

import type { AuditFilter, AuditListPage } from '../domain/audit/query.ts'
import type { AuditRecord } from '../domain/audit/types.ts'
import type { BoardRef } from '../domain/boards/types.ts'
import type { Position } from '../domain/log/types.ts'
import type { FileType, MediaScope, StoredMedia } from '../domain/media/types.ts'
import type { UserProfile } from '../domain/player/types.ts'
import type { ResourceType, StoredResource } from '../domain/workspace/types.ts'

export interface ListPage {
  limit: number
  /** (updatedAtMs, id) of the last row of the page before. */
  after?: { updatedAtMs: number; id: string }
  order: 'asc' | 'desc'
}

/** A board's row: everything a list shows, so that it is read without waking the board. */
export interface BoardRow extends BoardRef {
  runtimeLeaderboardConfigurationId: string
  timeframeType: 'PERMANENT' | 'RECURRING'
  recurrence?: 'MONTHLY'
  timezoneType: 'FIXED' | 'USER'
  timezone: string
  startsAtMs: number
  endsAtMs?: number
  createdAtMs: number
  updatedAtMs: number
}

/** What rows of the index are of. */
export type IndexKind = 'user' | ResourceType | 'board' | 'media' | 'audit-record'

export interface IdRange {
  after?: string
  through?: string
}

export interface IndexStore {
  putUsers(rows: { workspaceId: string; userId: string; at: Position; profile: UserProfile | null }[]): Promise<void>
  putResources(rows: { workspaceId: string; at: Position; resource: StoredResource }[]): Promise<void>
  /** True for each row that was not there before. */
  putBoards(rows: BoardRow[]): Promise<boolean[]>
  listUsers(workspaceId: string, page: ListPage): Promise<UserProfile[]>
  listResources(workspaceId: string, type: ResourceType, page: ListPage): Promise<StoredResource[]>
  /** `state` is decided by the clock that is passed in. */
  listBoards(workspaceId: string, page: ListPage, filter: { state?: 'PENDING' | 'ACTIVE' | 'ENDED'; nowMs: number }): Promise<BoardRow[]>
  board(workspaceId: string, boardId: string): Promise<BoardRow | null>
  /** `media` is null for one that is deleted. */
  putMedia(rows: { workspaceId: string; mediaId: string; at: Position; media: StoredMedia | null }[]): Promise<void>
  listMedia(workspaceId: string, page: ListPage, filter: { scope?: MediaScope; fileType?: FileType }): Promise<StoredMedia[]>
  media(workspaceId: string, mediaId: string): Promise<StoredMedia | null>
  /** Records as lists have them. One that is there already stays as it is: nothing changes a record. */
  putAuditRecords(rows: { workspaceId: string; record: AuditRecord }[]): Promise<void>
  listAuditRecords(workspaceId: string, page: AuditListPage, filter: AuditFilter): Promise<AuditRecord[]>
  /** Every row of a kind with its version, in id order, for verify and rebuild. An audit record's row is its columns with the record; a media's likewise. */
  scan(
    workspaceId: string,
    kind: IndexKind,
    after: string | null,
    limit: number,
  ): Promise<{ id: string; at: Position; deleted: boolean; row: unknown }[]>
  /**
   * Removes rows of a kind that are not named and were last written before `beforeMs`: the end of a rebuild. `within`
   * holds it to ids above `after` and up to `through`, so that what is kept can be named in parts.
   */
  prune(workspaceId: string, kind: IndexKind, keep: string[], beforeMs: number, within?: IdRange): Promise<number>
  ping(): Promise<boolean>
}
