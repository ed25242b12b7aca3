// An alarm does not say whose object it woke, so the object writes its own name down.

import type { Sql } from './sql.ts'

export interface OwnRef {
  workspaceId: string
  /** Empty for a workspace's own object. */
  userId: string
}

export function ownRef(sql: Sql) {
  sql.all('CREATE TABLE IF NOT EXISTS own_ref (id INTEGER PRIMARY KEY CHECK (id = 0), workspace_id TEXT NOT NULL, user_id TEXT NOT NULL)')
  return {
    read: (): OwnRef | null => {
      const [row] = sql.all<{ workspace_id: string; user_id: string }>('SELECT workspace_id, user_id FROM own_ref')
      return row ? { workspaceId: row.workspace_id, userId: row.user_id } : null
    },
    write: (ref: OwnRef) =>
      sql.all('INSERT OR IGNORE INTO own_ref (id, workspace_id, user_id) VALUES (0, ?, ?)', ref.workspaceId, ref.userId),
  }
}
