// node:sqlite behind the log's Sql port, as a Durable Object's storage would stand there. `kill()` is a process that
// dies: nothing that still runs can write any more, and what was written stays.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Sql, SqlValue } from '../../../durable-objects/log/sql.ts'

export class Killed extends Error {}

export function nodeSql(database = new DatabaseSync(':memory:')): {
  sql: Sql
  database: DatabaseSync
  kill: () => void
  copy: () => DatabaseSync
} {
  let alive = true
  let depth = 0
  const guard = () => {
    if (!alive) throw new Killed('this object was killed')
  }
  const sql: Sql = {
    all: <Row>(query: string, ...bindings: SqlValue[]) => {
      guard()
      return database.prepare(query).all(...bindings) as Row[]
    },
    transaction: (run) => {
      guard()
      if (depth > 0) throw new Error('transactions do not nest')
      database.exec('BEGIN')
      depth += 1
      try {
        const value = run()
        database.exec('COMMIT')
        return value
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      } finally {
        depth -= 1
      }
    },
  }
  return {
    sql,
    database,
    kill: () => {
      alive = false
    },
    copy: () => {
      const directory = mkdtempSync(join(tmpdir(), 'laurel-copy-'))
      const file = join(directory, 'copy.sqlite')
      database.exec(`VACUUM INTO '${file}'`)
      const copy = new DatabaseSync(':memory:')
      copy.exec(`ATTACH '${file}' AS kept`)
      const objects = copy.prepare("SELECT name, sql FROM kept.sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index'").all()
      for (const { sql } of objects) copy.exec(String(sql))
      for (const { name, sql } of objects)
        if (/^CREATE TABLE/i.test(String(sql))) copy.exec(`INSERT INTO main."${name}" SELECT * FROM kept."${name}"`)
      copy.exec('DETACH kept')
      rmSync(directory, { recursive: true })
      return copy
    },
  }
}
