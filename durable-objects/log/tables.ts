// What a log keeps in its object's SQLite. Everything here but `meta.incarnation`, cursors and the outbox can be
// refilled from the record.
//
// Commits are kept for ever, so that any region can be repaired from here without reading the other. The trade-off is
// bytes: an object holds 10 GB, some ten million events of one user.
// A packing is stored as its borders and digest; its bytes are the stored commit texts joined, so they cannot change.

import { digestOf } from '../../domain/log/fold.ts'
import type { Commit, IdempotencyClaim, PackedItem, Position } from '../../domain/log/types.ts'
import { migrate, type Sql } from './sql.ts'

const steps = [
  [
    'CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL)',
    'CREATE TABLE commits (sequence INTEGER PRIMARY KEY, incarnation INTEGER NOT NULL, body TEXT NOT NULL)',
    'CREATE TABLE items (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, writer INTEGER NOT NULL, digest TEXT NOT NULL)',
    'CREATE TABLE events (event_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID',
    'CREATE TABLE idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, sequence INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL) WITHOUT ROWID',
    'CREATE INDEX idempotency_expiry ON idempotency (expires_at_ms)',
    'CREATE TABLE cursors (region TEXT PRIMARY KEY, sequence INTEGER NOT NULL)',
    'CREATE TABLE outbox (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, body TEXT, sent_at_ms INTEGER NOT NULL DEFAULT 0)',
    'CREATE INDEX outbox_due ON outbox (sent_at_ms, sequence)',
  ],
  [
    // When a row goes out next, and how often it went: what nobody confirms is sent again less and less often.
    'DROP INDEX outbox_due',
    'ALTER TABLE outbox DROP COLUMN sent_at_ms',
    'ALTER TABLE outbox ADD COLUMN due_at_ms INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE outbox ADD COLUMN sends INTEGER NOT NULL DEFAULT 0',
    'CREATE INDEX outbox_due_at ON outbox (due_at_ms, sequence)',
  ],
]

const emptied = ['meta', 'commits', 'items', 'events', 'idempotency', 'cursors', 'outbox']

export type MetaKey = 'incarnation' | 'pending_through' | 'pending_tried' | 'repair_at_ms' | `lost:${string}`

export interface ItemRow {
  first: number
  last: number
  writer: number
  digest: string
}

export interface StoredOutboxRow {
  id: string
  sequence: number
  body: string | null
  /** How often it was sent. */
  sends: number
}

export type LogTables = ReturnType<typeof logTables>

export function logTables(sql: Sql) {
  const one = <Row>(query: string, ...bindings: (string | number | null)[]): Row | undefined => sql.all<Row>(query, ...bindings)[0]

  const positionAt = (sequence: number): Position => {
    if (sequence === 0) return { incarnation: 0, sequence: 0 }
    const row = one<{ incarnation: number }>('SELECT incarnation FROM commits WHERE sequence = ?', sequence)
    if (!row) throw new Error(`no commit at ${sequence}`)
    return { incarnation: row.incarnation, sequence }
  }

  const bodyOf = (first: number, last: number): string =>
    `[${sql
      .all<{ body: string }>('SELECT body FROM commits WHERE sequence BETWEEN ? AND ? ORDER BY sequence', first, last)
      .map((row) => row.body)
      .join(',')}]`

  const toItem = (row: ItemRow): PackedItem => ({
    writer: row.writer,
    from: row.first,
    to: row.last,
    previous: positionAt(row.first - 1),
    head: positionAt(row.last),
    body: bodyOf(row.first, row.last),
    digest: row.digest,
  })

  return {
    sql,
    migrate: () => migrate(sql, 'log', steps),
    clear: () => {
      for (const table of emptied) sql.all(`DELETE FROM ${table}`)
    },

    meta: (key: MetaKey): number => one<{ value: number }>('SELECT value FROM meta WHERE key = ?', key)?.value ?? 0,
    setMeta: (key: MetaKey, value: number) => sql.all('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, value),

    lastSequence: (): number => one<{ last: number | null }>('SELECT MAX(sequence) AS last FROM commits')?.last ?? 0,
    positionAt,
    bodyOf,
    commit: (sequence: number): Commit =>
      JSON.parse(one<{ body: string }>('SELECT body FROM commits WHERE sequence = ?', sequence)?.body ?? 'null'),
    addCommit(commit: Commit, body: string) {
      sql.all('INSERT INTO commits (sequence, incarnation, body) VALUES (?, ?, ?)', commit.sequence, commit.incarnation, body)
      if (commit.eventId !== undefined) {
        sql.all(
          'INSERT INTO events (event_id, fingerprint, sequence) VALUES (?, ?, ?)',
          commit.eventId,
          commit.eventFingerprint ?? '',
          commit.sequence,
        )
      }
      const claim = commit.idempotency
      if (claim) {
        sql.all(
          'INSERT OR REPLACE INTO idempotency (key, fingerprint, sequence, expires_at_ms) VALUES (?, ?, ?, ?)',
          claim.key,
          claim.fingerprint,
          commit.sequence,
          claim.expiresAtMs,
        )
      }
    },
    *commitTexts(): Generator<string> {
      for (let after = 0, page: { sequence: number; body: string }[]; ; after = page.at(-1)?.sequence ?? 0) {
        page = sql.all('SELECT sequence, body FROM commits WHERE sequence > ? ORDER BY sequence LIMIT 1000', after)
        if (page.length === 0) return
        for (const { body } of page) yield body
      }
    },
    event: (eventId: string) =>
      one<{ fingerprint: string; sequence: number }>('SELECT fingerprint, sequence FROM events WHERE event_id = ?', eventId),
    events: (): number => one<{ count: number }>('SELECT COUNT(*) AS count FROM events')?.count ?? 0,
    claim: (claim: IdempotencyClaim, nowMs: number) =>
      one<{ fingerprint: string; sequence: number }>(
        'SELECT fingerprint, sequence FROM idempotency WHERE key = ? AND expires_at_ms > ?',
        claim.key,
        nowMs,
      ),
    purgeClaims: (nowMs: number) => sql.all('DELETE FROM idempotency WHERE expires_at_ms <= ?', nowMs),

    lastPacked: (): number => one<{ last: number | null }>('SELECT MAX(last) AS last FROM items')?.last ?? 0,
    unpacked: (after: number) =>
      sql.all<{ sequence: number; body: string }>(
        'SELECT sequence, body FROM commits WHERE sequence > ? ORDER BY sequence LIMIT 1000',
        after,
      ),
    addItem: (writer: number, first: number, last: number, digest = digestOf(bodyOf(first, last))) =>
      sql.all('INSERT INTO items (first, last, writer, digest) VALUES (?, ?, ?, ?)', first, last, writer, digest),
    /** The first packing that reaches past `sequence`. */
    itemAfter: (sequence: number): PackedItem | null => {
      const row = one<ItemRow>('SELECT * FROM items WHERE last > ? ORDER BY first LIMIT 1', sequence)
      return row ? toItem(row) : null
    },
    /** Borders of every packing that reaches past `sequence`, in order. */
    bordersAfter: (sequence: number) => sql.all<ItemRow>('SELECT * FROM items WHERE last > ? ORDER BY first', sequence),
    borderAt: (last: number) => one<ItemRow>('SELECT * FROM items WHERE last = ?', last),
    /** Borders of the first packings that reach past `sequence` and no further than `through`. */
    bordersBetween: (sequence: number, through: number, limit: number) =>
      sql.all<ItemRow>('SELECT * FROM items WHERE last > ? AND last <= ? ORDER BY first LIMIT ?', sequence, through, limit),
    /** Of one writer, behind `first`, no further than `through`. */
    bordersOf: (writer: number, first: number, through: number, limit: number) =>
      sql.all<ItemRow>(
        'SELECT * FROM items WHERE first > ? AND last <= ? AND writer = ? ORDER BY first LIMIT ?',
        first,
        through,
        writer,
        limit,
      ),
    /** The next that has packed anything up to `through`; null behind the last. */
    writerAfter: (writer: number, through: number): number | null =>
      one<{ writer: number | null }>('SELECT MIN(writer) AS writer FROM items WHERE writer > ? AND last <= ?', writer, through)?.writer ??
      null,
    /** The last packing that reaches no further than `through`. */
    lastBorder: (through: number) => one<ItemRow>('SELECT * FROM items WHERE last <= ? ORDER BY first DESC LIMIT 1', through),
    item: (first: number): PackedItem | null => {
      const row = one<ItemRow>('SELECT * FROM items WHERE first = ?', first)
      return row ? toItem(row) : null
    },

    cursor: (region: string): number => one<{ sequence: number }>('SELECT sequence FROM cursors WHERE region = ?', region)?.sequence ?? 0,
    setCursor: (region: string, sequence: number) =>
      sql.all('INSERT OR REPLACE INTO cursors (region, sequence) VALUES (?, ?)', region, sequence),

    enqueue: (id: string, sequence: number, body: string | null) =>
      sql.all('INSERT OR REPLACE INTO outbox (id, sequence, body, due_at_ms, sends) VALUES (?, ?, ?, 0, 0)', id, sequence, body),
    /** Rows whose id begins so, whatever became of them. */
    outboxOf: (prefix: string) =>
      sql.all<StoredOutboxRow>('SELECT id, sequence, body, sends FROM outbox WHERE id >= ? AND id < ?', prefix, `${prefix}\u{10ffff}`),
    /** Rows that the record has and that are due. */
    dueOutbox: (confirmed: number, nowMs: number, limit: number) =>
      sql.all<StoredOutboxRow>(
        'SELECT id, sequence, body, sends FROM outbox WHERE due_at_ms <= ? AND sequence <= ? ORDER BY sequence LIMIT ?',
        nowMs,
        confirmed,
        limit,
      ),
    /** When the first of the rows that the record has goes out; null where there is none. */
    outboxDueAtMs: (confirmed: number): number | null =>
      one<{ due: number | null }>('SELECT MIN(due_at_ms) AS due FROM outbox WHERE sequence <= ?', confirmed)?.due ?? null,
    /** `sends`: how often it will have gone out. A row that has changed meanwhile is another row, and due. */
    markSent: (id: string, sequence: number, dueAtMs: number, sends: number) =>
      sql.all('UPDATE outbox SET due_at_ms = ?, sends = ? WHERE id = ? AND sequence = ?', dueAtMs, sends, id, sequence),
    confirmOutbox: (id: string, sequence: number) => sql.all('DELETE FROM outbox WHERE id = ? AND sequence <= ?', id, sequence),
    outboxSize: (): number => one<{ count: number }>('SELECT COUNT(*) AS count FROM outbox')?.count ?? 0,
  }
}
