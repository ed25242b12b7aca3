// Applies d1/migrations/*.sql in order, each once and whole, and keeps the list as `wrangler d1 migrations` does, so that
// either may go on where the other left off.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StateDir } from './state-dir.ts'

/** The part of D1's binding that is needed here. */
export interface MigratedDatabase {
  prepare(sql: string): Statement
  batch(statements: Statement[]): Promise<unknown>
}
interface Statement {
  bind(...values: unknown[]): Statement
  all<T>(): Promise<{ results: T[] }>
  run(): Promise<unknown>
}

const table = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`

/** The names applied now. `split` cuts a file into statements. */
export async function applyMigrations(db: MigratedDatabase, dir: string, split: (sql: string) => string[]): Promise<string[]> {
  await db.prepare(table).run()
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const applied = new Set(results.map((row) => row.name))
  const missing = readdirSync(dir)
    .filter((name) => name.endsWith('.sql') && !applied.has(name))
    .sort()
  for (const name of missing) {
    const statements = split(readFileSync(join(dir, name), 'utf8')).map((sql) => db.prepare(sql))
    await db.batch([...statements, db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)])
  }
  return missing
}

type Apply = (db: MigratedDatabase, split: (sql: string) => string[]) => Promise<string[]>

/**
 * The names applied now. `open` opens the database, which takes the better part of a second: it is left out where a note
 * beside the database says that all there are were applied.
 */
export async function migrateIndex(state: StateDir, dir: string, open: (apply: Apply) => Promise<string[]>): Promise<string[]> {
  if (!existsSync(dir)) return []
  const note = join(state.worker, 'v3', 'd1', 'laurel-migrations.json')
  const wanted = JSON.stringify(
    readdirSync(dir)
      .filter((name) => name.endsWith('.sql'))
      .sort(),
  )
  if (existsSync(note) && readFileSync(note, 'utf8') === wanted) return []
  const applied = await open((db, split) => applyMigrations(db, dir, split))
  if (existsSync(dirname(note))) writeFileSync(note, wanted)
  return applied
}
