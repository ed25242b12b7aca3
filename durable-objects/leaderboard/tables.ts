// What a board keeps in its object's SQLite. A member's row carries the place in the user's log that its score is as
// of, and is only ever replaced by a later one; who left the board stays as a tombstone, so that a push that was held
// up cannot bring them back.
//
// There is no index on the order: it would double the writes, and a million rows are sorted in memory in less than
// the second that an index would save on the first read.

import type { BoardRef, ScorePush } from '../../domain/boards/types.ts'
import { migrate, type Sql } from '../log/sql.ts'
import type { Member } from './order.ts'

const steps = [
  [
    'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
    `CREATE TABLE members (
      entity_id TEXT PRIMARY KEY, name TEXT NOT NULL, image_url TEXT, score INTEGER NOT NULL,
      incarnation INTEGER NOT NULL, sequence INTEGER NOT NULL, removed INTEGER NOT NULL, applied_at_ms INTEGER NOT NULL
    ) WITHOUT ROWID`,
  ],
]

const columns = 'entity_id, name, image_url, score, incarnation, sequence, removed'
const loadPage = 5_000

interface Row {
  entity_id: string
  name: string
  image_url: string | null
  score: number
  incarnation: number
  sequence: number
  removed: number
}

const toPush = (row: Row): ScorePush => ({
  entityId: row.entity_id,
  name: row.name,
  ...(row.image_url === null ? {} : { imageUrl: row.image_url }),
  score: row.score,
  incarnation: row.incarnation,
  sequence: row.sequence,
  ...(row.removed ? { removed: true as const } : {}),
})

export const toMember = (push: ScorePush): Member => ({
  id: push.entityId,
  name: push.name,
  ...(push.imageUrl === undefined ? {} : { imageUrl: push.imageUrl }),
  score: push.score,
})

export type BoardTables = ReturnType<typeof boardTables>

export function boardTables(sql: Sql) {
  const membersAfter = (after: string | null, limit: number): ScorePush[] =>
    sql
      .all<Row>(`SELECT ${columns} FROM members WHERE entity_id > ? AND removed = 0 ORDER BY entity_id LIMIT ?`, after ?? '', limit)
      .map(toPush)

  return {
    migrate: () => migrate(sql, 'leaderboard', steps),
    transaction: sql.transaction,

    opened: (): boolean => sql.all("SELECT 1 FROM meta WHERE key = 'opened'").length > 0,
    open(board: BoardRef, nowMs: number) {
      sql.transaction(() => {
        sql.all("INSERT OR IGNORE INTO meta (key, value) VALUES ('opened', ?)", String(nowMs))
        sql.all("INSERT OR IGNORE INTO meta (key, value) VALUES ('board', ?)", JSON.stringify(board))
      })
    },

    /** True when the push was later than what was there. */
    apply: (push: ScorePush, nowMs: number): boolean =>
      sql.all(
        `INSERT INTO members (${columns}, applied_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (entity_id) DO UPDATE SET name = excluded.name, image_url = excluded.image_url, score = excluded.score,
           incarnation = excluded.incarnation, sequence = excluded.sequence, removed = excluded.removed, applied_at_ms = excluded.applied_at_ms
         WHERE (excluded.incarnation, excluded.sequence) > (incarnation, sequence)
         RETURNING 1`,
        push.entityId,
        push.name,
        push.imageUrl ?? null,
        push.score,
        push.incarnation,
        push.sequence,
        push.removed ? 1 : 0,
        nowMs,
      ).length > 0,

    /** Ids are never empty, so '' comes before them all. In the order of ids, without tombstones. */
    membersAfter,

    *load(): Generator<Member> {
      let after: string | null = null
      for (;;) {
        const page: ScorePush[] = membersAfter(after, loadPage)
        for (const push of page) yield toMember(push)
        if (page.length < loadPage) return
        after = page.at(-1)?.entityId ?? null
      }
    },

    /** Forgets a member, tombstone and all; false when it was written at or after `beforeMs`. */
    forget: (entityId: string, beforeMs: number): boolean =>
      sql.all('DELETE FROM members WHERE entity_id = ? AND applied_at_ms < ? RETURNING 1', entityId, beforeMs).length > 0,
  }
}
