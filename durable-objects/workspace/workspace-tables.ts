// A workspace's configuration in SQLite, applied from commits: its document, resources, series, the directory of users
// with what must be unique in it, and every published rule set.

import type { Series } from '../../domain/boards/types.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { DirectoryEntry, StoredResource, WorkspaceDocument, WorkspaceView } from '../../domain/workspace/types.ts'
import { migrate, type Sql } from '../log/sql.ts'

const steps = [
  [
    'CREATE TABLE self (id INTEGER PRIMARY KEY CHECK (id = 0), body TEXT NOT NULL)',
    'CREATE TABLE resources (type TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (type, id))',
    'CREATE TABLE series (series_id TEXT PRIMARY KEY, body TEXT NOT NULL)',
    'CREATE TABLE directory (user_id TEXT PRIMARY KEY, external_id TEXT, deleted INTEGER NOT NULL)',
    'CREATE INDEX directory_by_external_id ON directory (external_id) WHERE external_id IS NOT NULL',
    'CREATE TABLE rule_sets (number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, body TEXT NOT NULL)',
  ],
]

const emptied = ['self', 'resources', 'series', 'directory', 'rule_sets']

interface DirectoryRow {
  user_id: string
  external_id: string | null
  deleted: number
}

const toEntry = (row: DirectoryRow | undefined): DirectoryEntry | null =>
  row
    ? {
        userId: row.user_id,
        ...(row.external_id !== null && { externalId: row.external_id }),
        ...(row.deleted === 1 && { deleted: true as const }),
      }
    : null

export type WorkspaceTables = ReturnType<typeof workspaceTables>

export function workspaceTables(sql: Sql) {
  const bodies = <T>(query: string, ...bindings: (string | number)[]): T[] =>
    sql.all<{ body: string }>(query, ...bindings).map((row) => JSON.parse(row.body))
  const entry = (query: string, binding: string) => toEntry(sql.all<DirectoryRow>(query, binding)[0])
  const view: WorkspaceView = {
    workspace: () => bodies<WorkspaceDocument>('SELECT body FROM self')[0] ?? null,
    resource: (type, id) => bodies<StoredResource>('SELECT body FROM resources WHERE type = ? AND id = ?', type, id)[0] ?? null,
    resources: (type) => bodies<StoredResource>('SELECT body FROM resources WHERE type = ? ORDER BY id', type),
    series: () => bodies<Series>('SELECT body FROM series ORDER BY series_id'),
    user: (userId) => entry('SELECT * FROM directory WHERE user_id = ?', userId),
    userByExternalId: (externalId) => entry('SELECT * FROM directory WHERE external_id = ? AND deleted = 0', externalId),
    ruleSetNumber: () => sql.all<{ number: number | null }>('SELECT MAX(number) AS number FROM rule_sets')[0]?.number ?? 0,
  }
  return {
    view,
    migrate: () => migrate(sql, 'workspace', steps),
    clear: () => {
      for (const table of emptied) sql.all(`DELETE FROM ${table}`)
    },
    setWorkspace: (workspace: WorkspaceDocument) =>
      sql.all('INSERT OR REPLACE INTO self (id, body) VALUES (0, ?)', JSON.stringify(workspace)),
    setResource: (resource: StoredResource) =>
      sql.all('INSERT OR REPLACE INTO resources (type, id, body) VALUES (?, ?, ?)', resource.type, resource.id, JSON.stringify(resource)),
    allResources: (): StoredResource[] => bodies('SELECT body FROM resources ORDER BY type, id'),
    setSeries: (series: Series) =>
      sql.all('INSERT OR REPLACE INTO series (series_id, body) VALUES (?, ?)', series.seriesId, JSON.stringify(series)),
    setEntry: ({ userId, externalId, deleted }: DirectoryEntry) =>
      sql.all(
        'INSERT OR REPLACE INTO directory (user_id, external_id, deleted) VALUES (?, ?, ?)',
        userId,
        externalId ?? null,
        deleted ? 1 : 0,
      ),
    entries: (after: string | null, limit: number): DirectoryEntry[] =>
      sql
        .all<DirectoryRow>('SELECT * FROM directory WHERE user_id > ? ORDER BY user_id LIMIT ?', after ?? '', limit)
        .map((row) => toEntry(row))
        .filter((row) => row !== null),
    countUsers: (): number => sql.all<{ count: number }>('SELECT COUNT(*) AS count FROM directory WHERE deleted = 0')[0]?.count ?? 0,
    addRuleSet: (rules: RuleSet, sequence: number) =>
      sql.all('INSERT OR REPLACE INTO rule_sets (number, sequence, body) VALUES (?, ?, ?)', rules.number, sequence, JSON.stringify(rules)),
    /** The newest set at or before a place in the log, or one by number: none is shown before it is durable. */
    ruleSet: (through: number, number?: number): RuleSet | null =>
      (number === undefined
        ? bodies<RuleSet>('SELECT body FROM rule_sets WHERE sequence <= ? ORDER BY number DESC LIMIT 1', through)
        : bodies<RuleSet>('SELECT body FROM rule_sets WHERE sequence <= ? AND number = ?', through, number))[0] ?? null,
  }
}
