// Room that a workspace keeps for uploads that have begun and are not finished: a row for each attempt at one, by the blob that
// it writes.
//
// Guarantees: a row is there before a byte comes; it goes with the commit that makes the media, in the same transaction, or
// when the attempt has ended, and says so by its name: so twice is once, and no attempt takes away another's. One that nobody takes
// away runs out when its upload would.
// Trade-off: of this object alone: not in the log, and lost with the storage. Then more may be begun than there is room for; what
// may be kept is judged again with each media.

import type { ReservedMedia } from '../../domain/media/types.ts'
import { migrate, type Sql } from '../log/sql.ts'
import type { UploadReservation } from './rpc.ts'

const steps = [
  [
    `CREATE TABLE upload_reservations (
       upload_id TEXT NOT NULL, blob_id TEXT NOT NULL, bytes INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL,
       PRIMARY KEY (upload_id, blob_id)
     ) WITHOUT ROWID`,
    'CREATE INDEX upload_reservations_by_expiry ON upload_reservations (expires_at_ms)',
  ],
]

export type ReservationTable = ReturnType<typeof reservationTable>

export function reservationTable(sql: Sql) {
  return {
    migrate: () => migrate(sql, 'upload_reservations', steps),

    /** An upload takes its room once, however many attempts at it there are. */
    reserved(nowMs: number, exceptUploadId?: string): ReservedMedia {
      const each = 'SELECT MAX(bytes) AS bytes FROM upload_reservations WHERE expires_at_ms > ? AND upload_id <> ? GROUP BY upload_id'
      const query = `SELECT COALESCE(SUM(bytes), 0) AS bytes, COUNT(*) AS uploads FROM (${each})`
      return sql.all<ReservedMedia>(query, nowMs, exceptUploadId ?? '')[0] ?? { bytes: 0, uploads: 0 }
    },

    reserve({ uploadId, blobId, bytes, expiresAtMs }: UploadReservation, nowMs: number): void {
      sql.all('DELETE FROM upload_reservations WHERE expires_at_ms <= ?', nowMs)
      sql.all(
        'INSERT OR REPLACE INTO upload_reservations (upload_id, blob_id, bytes, expires_at_ms) VALUES (?, ?, ?, ?)',
        uploadId,
        blobId,
        bytes,
        expiresAtMs,
      )
    },

    /** Without a blob: all attempts at it. */
    release(uploadId: string, blobId?: string): void {
      if (blobId === undefined) sql.all('DELETE FROM upload_reservations WHERE upload_id = ?', uploadId)
      else sql.all('DELETE FROM upload_reservations WHERE upload_id = ? AND blob_id = ?', uploadId, blobId)
    },
  }
}
