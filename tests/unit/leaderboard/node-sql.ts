// A board's storage on node:sqlite: the same engine as a Durable Object's, without the object.

import { DatabaseSync } from 'node:sqlite'
import type { Sql, SqlValue } from '../../../durable-objects/log/sql.ts'

export function nodeSql(path = ':memory:'): Sql & { close(): void } {
  const database = new DatabaseSync(path)
  let depth = 0
  return {
    all: <Row>(query: string, ...bindings: SqlValue[]) => database.prepare(query).all(...bindings) as Row[],
    transaction(run) {
      const name = `step${depth++}`
      database.exec(`SAVEPOINT ${name}`)
      try {
        const value = run()
        database.exec(`RELEASE ${name}`)
        return value
      } catch (error) {
        database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`)
        throw error
      } finally {
        depth--
      }
    },
    close: () => database.close(),
  }
}
