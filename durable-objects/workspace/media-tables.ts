// A workspace's media and blobs in SQLite, applied from commits, and what a sweep has to remember beside them.
//
//   media     every id that was ever given; a body of null is one that is gone for good
//   blobs     sha256 → blob, for those that are kept; a hash of null is one that was released. An orphan is one that no
//             media names: 1 while nobody has marked it, then 2
//   usage     what is kept, counted as it changes: a quota is checked without reading a million rows
//   orphan_marks, media_sweeps   of this object alone: not in the log, and lost with the storage. A mark that is lost makes
//             an orphan wait a day more; it is taken away by naming the blob, and by releasing it.

import {
  type BlobEntry,
  type MediaEntry,
  type MediaUsage,
  orphanGraceMs,
  retentionMs,
  type StoredBlob,
  type StoredMedia,
} from '../../domain/media/types.ts'
import type { WorkspaceView } from '../../domain/workspace/types.ts'
import type { Sql } from '../log/sql.ts'
import type { BlobStanding, MediaChores } from './rpc.ts'

export const mediaSteps = [
  'CREATE TABLE media (media_id TEXT PRIMARY KEY, blob_id TEXT, deleted_at_ms INTEGER, body TEXT)',
  'CREATE INDEX media_by_blob ON media (blob_id) WHERE blob_id IS NOT NULL',
  'CREATE INDEX media_by_deletion ON media (deleted_at_ms) WHERE deleted_at_ms IS NOT NULL',
  'CREATE TABLE blobs (blob_id TEXT PRIMARY KEY, sha256 TEXT, size INTEGER NOT NULL, orphan INTEGER NOT NULL, written_at_ms INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE UNIQUE INDEX blobs_by_hash ON blobs (sha256) WHERE sha256 IS NOT NULL',
  'CREATE INDEX blobs_to_mark ON blobs (blob_id) WHERE orphan = 1',
  'CREATE TABLE media_usage (id INTEGER PRIMARY KEY CHECK (id = 0), bytes INTEGER NOT NULL, items INTEGER NOT NULL)',
  'CREATE TABLE orphan_marks (blob_id TEXT PRIMARY KEY, marked_at_ms INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE INDEX orphan_marks_by_age ON orphan_marks (marked_at_ms)',
  'CREATE TABLE media_sweeps (id INTEGER PRIMARY KEY CHECK (id = 0), asked_at_ms INTEGER NOT NULL)',
]

export const mediaEmptied = ['media', 'blobs', 'media_usage', 'orphan_marks', 'media_sweeps']

/** Of each, so many at once. */
const choresAtOnce = 100
/** A sweep that was asked for has so long to do what was due, before it is asked for again. */
const sweepAgainMs = 60 * 60 * 1000
/** Bytes that an upload left behind are known to nobody: where anything is kept the bucket is looked through so often. */
const sweepEveryMs = 7 * 24 * 60 * 60 * 1000

interface MediaRow {
  media_id: string
  body: string | null
}

interface BlobRow {
  blob_id: string
  sha256: string | null
  size: number
}

const toBlob = ({ blob_id, sha256, size }: BlobRow): StoredBlob | null => (sha256 === null ? null : { blobId: blob_id, sha256, size })
const toMedia = ({ body }: MediaRow): StoredMedia | null => (body === null ? null : JSON.parse(body))

export type MediaTables = ReturnType<typeof mediaTables>

export function mediaTables(sql: Sql) {
  const first = <Row>(query: string, ...bindings: (string | number | null)[]): Row | undefined => sql.all<Row>(query, ...bindings)[0]
  const count = (bytes: number, items: number) =>
    sql.all(
      `INSERT INTO media_usage (id, bytes, items) VALUES (0, ?, ?)
       ON CONFLICT (id) DO UPDATE SET bytes = bytes + excluded.bytes, items = items + excluded.items`,
      bytes,
      items,
    )
  const isNamed = (blobId: string): boolean => first('SELECT 1 FROM media WHERE blob_id = ? LIMIT 1', blobId) !== undefined
  const unmark = (blobId: string) => sql.all('DELETE FROM orphan_marks WHERE blob_id = ?', blobId)

  const ids = (query: string, ...bindings: number[]): string[] => sql.all<{ id: string }>(query, ...bindings).map(({ id }) => id)
  const unmarked = (limit: number): string[] => ids('SELECT blob_id AS id FROM blobs WHERE orphan = 1 LIMIT ?', limit)

  const view: Pick<WorkspaceView, 'media' | 'blob' | 'blobOf' | 'isNamed' | 'mediaUsage'> = {
    media: (mediaId) => {
      const row = first<MediaRow>('SELECT media_id, body FROM media WHERE media_id = ?', mediaId)
      return row && toMedia(row)
    },
    blob: (blobId) => {
      const row = first<BlobRow>('SELECT * FROM blobs WHERE blob_id = ?', blobId)
      return row && toBlob(row)
    },
    blobOf: (sha256) => {
      const row = first<BlobRow>('SELECT * FROM blobs WHERE sha256 = ?', sha256)
      return row ? toBlob(row) : null
    },
    isNamed,
    mediaUsage: () => first<MediaUsage>('SELECT bytes, items FROM media_usage') ?? { bytes: 0, items: 0 },
  }

  return {
    view,

    /** Before the media of the same commit, which name it. */
    setBlob({ blobId, value }: BlobEntry, atMs: number): void {
      const before = view.blob(blobId)
      sql.all(
        'INSERT OR REPLACE INTO blobs (blob_id, sha256, size, orphan, written_at_ms) VALUES (?, ?, ?, ?, ?)',
        blobId,
        value?.sha256 ?? null,
        value?.size ?? 0,
        value !== null && !isNamed(blobId) ? 1 : 0,
        atMs,
      )
      count((value?.size ?? 0) - (before?.size ?? 0), 0)
      unmark(blobId)
      // The first one: from now on there is something to look through.
      sql.all('INSERT OR IGNORE INTO media_sweeps (id, asked_at_ms) VALUES (0, ?)', atMs)
    },

    setMedia({ mediaId, value }: MediaEntry): void {
      const before = view.media(mediaId) ?? null
      sql.all(
        'INSERT OR REPLACE INTO media (media_id, blob_id, deleted_at_ms, body) VALUES (?, ?, ?, ?)',
        mediaId,
        value?.blobId ?? null,
        value?.deletedAtMs ?? null,
        value === null ? null : JSON.stringify(value),
      )
      count(0, (value ? 1 : 0) - (before ? 1 : 0))
      if (value) {
        sql.all('UPDATE blobs SET orphan = 0 WHERE blob_id = ? AND orphan > 0', value.blobId)
        unmark(value.blobId)
      } else if (before && !isNamed(before.blobId)) {
        sql.all('UPDATE blobs SET orphan = 1 WHERE blob_id = ? AND sha256 IS NOT NULL', before.blobId)
      }
    },

    allMedia: (): MediaEntry[] =>
      sql
        .all<MediaRow>('SELECT media_id, body FROM media ORDER BY media_id')
        .map((row) => ({ mediaId: row.media_id, value: toMedia(row) })),
    allBlobs: (): BlobEntry[] =>
      sql.all<BlobRow>('SELECT * FROM blobs ORDER BY blob_id').map((row) => ({ blobId: row.blob_id, value: toBlob(row) })),
    /** Of any media that names it; what nothing names is bytes. */
    contentTypeOf: (blobId: string): string => {
      const row = first<MediaRow>('SELECT media_id, body FROM media WHERE blob_id = ? LIMIT 1', blobId)
      return (row && toMedia(row)?.contentType) ?? 'application/octet-stream'
    },

    /** What waits for nothing but a sweep. Orphans that were marked and are not due are left out, so that a sweep comes to an end. */
    chores(nowMs: number): MediaChores {
      const marked = 'SELECT blob_id AS id FROM orphan_marks WHERE marked_at_ms <= ? ORDER BY marked_at_ms LIMIT ?'
      const deleted = 'SELECT media_id AS id FROM media WHERE deleted_at_ms <= ? ORDER BY deleted_at_ms LIMIT ?'
      const due = ids(marked, nowMs - orphanGraceMs, choresAtOnce)
      return { expired: ids(deleted, nowMs - retentionMs, choresAtOnce), unnamed: [...due, ...unmarked(choresAtOnce - due.length)] }
    },

    look(blobId: string, nowMs: number): BlobStanding {
      if (isNamed(blobId)) return 'named'
      const releasedAtMs = first<{ at: number }>('SELECT written_at_ms AS at FROM blobs WHERE blob_id = ? AND sha256 IS NULL', blobId)?.at
      // What is there of it is being deleted; a day later it is what has come since, and nobody's.
      if (releasedAtMs !== undefined) return releasedAtMs + orphanGraceMs <= nowMs ? 'due' : 'marked'
      const mark = first<{ at: number }>('SELECT marked_at_ms AS at FROM orphan_marks WHERE blob_id = ?', blobId)
      if (mark) return mark.at + orphanGraceMs <= nowMs ? 'due' : 'marked'
      sql.all('INSERT INTO orphan_marks (blob_id, marked_at_ms) VALUES (?, ?)', blobId, nowMs)
      sql.all('UPDATE blobs SET orphan = 2 WHERE blob_id = ? AND orphan = 1', blobId)
      return 'marked'
    },

    /** When a sweep has something to do; null where nothing is kept, or ever was. */
    nextSweepAtMs(): number | null {
      const asked = first<{ at: number }>('SELECT asked_at_ms AS at FROM media_sweeps')?.at
      if (asked === undefined) return null
      const deleted = first<{ at: number | null }>('SELECT MIN(deleted_at_ms) AS at FROM media WHERE deleted_at_ms IS NOT NULL')?.at
      const marked = first<{ at: number | null }>('SELECT MIN(marked_at_ms) AS at FROM orphan_marks')?.at
      const dueAtMs = Math.min(
        asked + sweepEveryMs,
        (deleted ?? Number.POSITIVE_INFINITY) + retentionMs,
        (marked ?? Number.POSITIVE_INFINITY) + orphanGraceMs,
        unmarked(1).length > 0 ? 0 : Number.POSITIVE_INFINITY,
      )
      return Math.max(dueAtMs, asked + sweepAgainMs)
    },

    sweepAsked: (nowMs: number) => sql.all('INSERT OR REPLACE INTO media_sweeps (id, asked_at_ms) VALUES (0, ?)', nowMs),
  }
}
