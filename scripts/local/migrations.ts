// Applies d1/migrations/*.sql in order, each once and whole, and keeps the list as `wrangler d1 migrations` does, so that
// either may go on where the other left off.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

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
