// The synchronous SQL that a log needs, small enough that a Durable Object's storage and node:sqlite both fit behind
// it: the same engine runs in workerd and under the property test that kills it thousands of times.

export type SqlValue = string | number | null

export interface Sql {
  all<Row>(query: string, ...bindings: SqlValue[]): Row[]
  /** All or nothing; nothing in `run` may await. */
  transaction<T>(run: () => T): T
}

export const durableSql = (storage: DurableObjectStorage): Sql => ({
  all: <Row>(query: string, ...bindings: SqlValue[]) => storage.sql.exec(query, ...bindings).toArray() as Row[],
  transaction: (run) => storage.transactionSync(run),
})

/** Brings the tables to the newest version: each step runs once, in order, in its own transaction. Steps are never edited, only added. */
export function migrate(sql: Sql, room: string, steps: string[][]): void {
  sql.all('CREATE TABLE IF NOT EXISTS schema_version (room TEXT PRIMARY KEY, version INTEGER NOT NULL)')
  const [row] = sql.all<{ version: number }>('SELECT version FROM schema_version WHERE room = ?', room)
  for (let version = row?.version ?? 0; version < steps.length; version++) {
    sql.transaction(() => {
      for (const statement of steps[version] ?? []) sql.all(statement)
      sql.all('INSERT OR REPLACE INTO schema_version (room, version) VALUES (?, ?)', room, version + 1)
    })
  }
}
