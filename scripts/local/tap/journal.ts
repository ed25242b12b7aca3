// What a tap must not forget: which writes it is about to forward (intents), when each item was last written (stamps),
// and which items the other region has yet to be sent (unsent). SQLite in WAL mode with synchronous=NORMAL: it survives
// a kill of the process at any instant; a power cut may lose the last moments, which is fine for a developer's machine.

import { DatabaseSync } from 'node:sqlite'
import type { ItemRef, Write } from './items.ts'

export interface Stamp {
  atMs: number
  region: string
}

export interface PlannedWrite extends Write {
  stamp: Stamp
  /** Of an update: the item's hash before it, '' where there was none. How a write of unknown outcome is judged. */
  before?: string
}

export interface Intent {
  id: number
  writes: PlannedWrite[]
}

export interface Unsent extends ItemRef {
  stamp: Stamp
  /** It was deleted. An item that is not there and was not deleted is one that the engine has lost. */
  isDeleted: boolean
}

export interface Journal {
  stampOf(name: string): Stamp | undefined
  setStamp(name: string, stamp: Stamp): void
  begin(writes: PlannedWrite[]): Intent
  /** The intent's writes are in the engine: stamps, queue and the end of the intent, in one transaction. */
  landed(intent: Intent, writes: PlannedWrite[], token?: { value: string; atMs: number }): void
  abandon(intent: Intent): void
  intents(): Intent[]
  unsent(): Unsent[]
  /** Removes it from the queue unless a newer write has queued it again. */
  sent(name: string, stamp: Stamp): void
  hasToken(value: string, sinceMs: number): boolean
  close(): void
}

export const isNewer = (a: Stamp, b: Stamp | undefined) => !b || a.atMs > b.atMs || (a.atMs === b.atMs && a.region > b.region)

const schema = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS intents (id INTEGER PRIMARY KEY, writes TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS stamps (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, region TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS unsent (name TEXT PRIMARY KEY, tbl TEXT NOT NULL, key TEXT NOT NULL, at_ms INTEGER NOT NULL, region TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE IF NOT EXISTS tokens (value TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;`

/** `path` may be `:memory:`. */
export function openJournal(path: string): Journal {
  const db = new DatabaseSync(path)
  db.exec(schema)
  // A journal of an earlier version.
  const columns = db.prepare("SELECT name FROM pragma_table_info('unsent')").all()
  if (!columns.some(({ name }) => name === 'deleted')) db.exec('ALTER TABLE unsent ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0')
  const selectStamp = db.prepare('SELECT at_ms AS atMs, region FROM stamps WHERE name = ?')
  const upsertStamp = db.prepare('INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)')
  const insertIntent = db.prepare('INSERT INTO intents (writes) VALUES (?)')
  const deleteIntent = db.prepare('DELETE FROM intents WHERE id = ?')
  const upsertUnsent = db.prepare('INSERT OR REPLACE INTO unsent VALUES (?, ?, ?, ?, ?, ?)')
  const deleteUnsent = db.prepare('DELETE FROM unsent WHERE name = ? AND at_ms = ? AND region = ?')
  const upsertToken = db.prepare('INSERT OR REPLACE INTO tokens VALUES (?, ?)')
  const selectToken = db.prepare('SELECT at_ms FROM tokens WHERE value = ? AND at_ms >= ?')
  const dropTokens = db.prepare('DELETE FROM tokens WHERE at_ms < ?')
  const begin = db.prepare('BEGIN')
  const commit = db.prepare('COMMIT')
  let landings = 0

  return {
    stampOf: (name) => selectStamp.get(name) as Stamp | undefined,
    setStamp: (name, stamp) => void upsertStamp.run(name, stamp.atMs, stamp.region),
    begin(writes) {
      const id = Number(insertIntent.run(JSON.stringify(writes)).lastInsertRowid)
      return { id, writes }
    },
    landed(intent, writes, token) {
      begin.run()
      for (const w of writes) {
        upsertStamp.run(w.name, w.stamp.atMs, w.stamp.region)
        upsertUnsent.run(w.name, w.table, JSON.stringify(w.key), w.stamp.atMs, w.stamp.region, w.kind === 'delete' ? 1 : 0)
      }
      deleteIntent.run(intent.id)
      if (token) {
        upsertToken.run(token.value, token.atMs)
        if (landings++ % 1000 === 0) dropTokens.run(token.atMs - tokenLifeMs)
      }
      commit.run()
    },
    abandon: (intent) => void deleteIntent.run(intent.id),
    intents() {
      const rows = db.prepare('SELECT id, writes FROM intents ORDER BY id').all() as Array<{ id: number; writes: string }>
      return rows.map((row) => ({ id: row.id, writes: JSON.parse(row.writes) as PlannedWrite[] }))
    },
    unsent() {
      const rows = db.prepare('SELECT name, tbl, key, at_ms, region, deleted FROM unsent').all() as unknown as UnsentRow[]
      return rows.map((r) => ({
        name: r.name,
        table: r.tbl,
        key: JSON.parse(r.key),
        stamp: { atMs: r.at_ms, region: r.region },
        isDeleted: r.deleted === 1,
      }))
    },
    sent: (name, stamp) => void deleteUnsent.run(name, stamp.atMs, stamp.region),
    hasToken: (value, sinceMs) => selectToken.get(value, sinceMs) !== undefined,
    close: () => db.close(),
  }
}

/** DynamoDB answers a repeat of a ClientRequestToken without writing again for ten minutes. */
export const tokenLifeMs = 10 * 60 * 1000

interface UnsentRow {
  name: string
  tbl: string
  key: string
  at_ms: number
  region: string
  deleted: number
}
