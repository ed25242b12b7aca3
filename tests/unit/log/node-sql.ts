// node:sqlite behind the log's Sql port, as a Durable Object's storage would stand there. `kill()` is a process that
// dies: nothing that still runs can write any more, and what was written stays.

import { DatabaseSync } from 'node:sqlite'
import type { Sql, SqlValue } from '../../../durable-objects/log/sql.ts'

export class Killed extends Error {}

export function nodeSql(database = new DatabaseSync(':memory:')): { sql: Sql; database: DatabaseSync; kill: () => void } {
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
  }
}
