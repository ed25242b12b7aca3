// A workspace's configuration in SQLite, applied from commits: its document, resources, series, the directory of users
// with what must be unique in it, and every published rule set. Media are beside (media-tables.ts).

import type { AccessEntry, AccessKind, AccessValues } from '../../domain/access/types.ts'
import type { Series } from '../../domain/boards/types.ts'
import type { Role } from '../../domain/identity.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { DirectoryEntry, StoredResource, WorkspaceDocument, WorkspaceView } from '../../domain/workspace/types.ts'
import { auditTable } from '../audit/audit-table.ts'
import { migrate, type Sql } from '../log/sql.ts'
import { mediaEmptied, mediaSteps, mediaTables } from './media-tables.ts'
import { reservationTable } from './reservation-table.ts'

const steps = [
  [
    'CREATE TABLE self (id INTEGER PRIMARY KEY CHECK (id = 0), body TEXT NOT NULL)',
    'CREATE TABLE resources (type TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (type, id))',
    'CREATE TABLE series (series_id TEXT PRIMARY KEY, body TEXT NOT NULL)',
    'CREATE TABLE directory (user_id TEXT PRIMARY KEY, external_id TEXT, deleted INTEGER NOT NULL)',
    'CREATE INDEX directory_by_external_id ON directory (external_id) WHERE external_id IS NOT NULL',
    'CREATE TABLE rule_sets (number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, body TEXT NOT NULL)',
  ],
  // A body of null is an entry that was removed: its sequence still counts for the version.
  ['CREATE TABLE access (kind TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, body TEXT, PRIMARY KEY (kind, id))'],
  // `made` is the sequence of the commit that made the user: of several with one address, the first signs in.
  [
    'ALTER TABLE directory ADD COLUMN email_hash TEXT',
    'ALTER TABLE directory ADD COLUMN role TEXT',
    'ALTER TABLE directory ADD COLUMN made INTEGER NOT NULL DEFAULT 0',
    'CREATE INDEX directory_by_email ON directory (email_hash, made) WHERE email_hash IS NOT NULL',
    'CREATE INDEX directory_by_role ON directory (role) WHERE role IS NOT NULL',
  ],
  mediaSteps,
]

const emptied = ['self', 'resources', 'series', 'directory', 'rule_sets', 'access', ...mediaEmptied]

interface DirectoryRow {
  user_id: string
  external_id: string | null
  email_hash: string | null
  role: Role | null
  deleted: number
}

const toEntry = (row: DirectoryRow | undefined): DirectoryEntry | null =>
  row
    ? {
        userId: row.user_id,
        ...(row.external_id !== null && { externalId: row.external_id }),
        ...(row.email_hash !== null && { emailHash: row.email_hash }),
        ...(row.role !== null && { role: row.role }),
        ...(row.deleted === 1 && { deleted: true as const }),
      }
    : null

const accessVersionQuery = 'SELECT MAX(sequence) AS value FROM access'

export type WorkspaceTables = ReturnType<typeof workspaceTables>

export function workspaceTables(sql: Sql) {
  const bodies = <T>(query: string, ...bindings: (string | number)[]): T[] =>
    sql.all<{ body: string }>(query, ...bindings).map((row) => JSON.parse(row.body))
  const entry = (query: string, binding: string) => toEntry(sql.all<DirectoryRow>(query, binding)[0])
  const media = mediaTables(sql)
  const reservations = reservationTable(sql)
  const view: WorkspaceView = {
    workspace: () => bodies<WorkspaceDocument>('SELECT body FROM self')[0] ?? null,
    resource: (type, id) => bodies<StoredResource>('SELECT body FROM resources WHERE type = ? AND id = ?', type, id)[0] ?? null,
    resources: (type) => bodies<StoredResource>('SELECT body FROM resources WHERE type = ? ORDER BY id', type),
    series: () => bodies<Series>('SELECT body FROM series ORDER BY series_id'),
    user: (userId) => entry('SELECT * FROM directory WHERE user_id = ?', userId),
    userByExternalId: (externalId) => entry('SELECT * FROM directory WHERE external_id = ? AND deleted = 0', externalId),
    userByEmail: (emailHash) => entry('SELECT * FROM directory WHERE email_hash = ? AND deleted = 0 ORDER BY made LIMIT 1', emailHash),
    countRole: (role) =>
      sql.all<{ count: number }>('SELECT COUNT(*) AS count FROM directory WHERE role = ? AND deleted = 0', role)[0]?.count ?? 0,
    ruleSetNumber: () => sql.all<{ number: number | null }>('SELECT MAX(number) AS number FROM rule_sets')[0]?.number ?? 0,
    access: <Kind extends AccessKind>(kind: Kind, id: string) =>
      bodies<AccessValues[Kind]>('SELECT body FROM access WHERE kind = ? AND id = ? AND body IS NOT NULL', kind, id)[0] ?? null,
    accessAll: <Kind extends AccessKind>(kind: Kind) =>
      bodies<AccessValues[Kind]>('SELECT body FROM access WHERE kind = ? AND body IS NOT NULL ORDER BY id', kind),
    ...media.view,
    reservedMedia: reservations.reserved,
  }
  const audit = auditTable(sql)
  return {
    view,
    audit,
    media,
    reservations,
    migrate: () => {
      migrate(sql, 'workspace', steps)
      audit.migrate()
      reservations.migrate()
    },
    /** Of what the log says. Reservations are not in it: they stay, and run out. */
    clear: () => {
      for (const table of emptied) sql.all(`DELETE FROM ${table}`)
      audit.clear()
    },
    setWorkspace: (workspace: WorkspaceDocument) =>
      sql.all('INSERT OR REPLACE INTO self (id, body) VALUES (0, ?)', JSON.stringify(workspace)),
    setResource: (resource: StoredResource) =>
      sql.all('INSERT OR REPLACE INTO resources (type, id, body) VALUES (?, ?, ?)', resource.type, resource.id, JSON.stringify(resource)),
    allResources: (): StoredResource[] => bodies('SELECT body FROM resources ORDER BY type, id'),
    setSeries: (series: Series) =>
      sql.all('INSERT OR REPLACE INTO series (series_id, body) VALUES (?, ?)', series.seriesId, JSON.stringify(series)),
    setEntry: ({ userId, externalId, emailHash, role, deleted }: DirectoryEntry, sequence: number) =>
      sql.all(
        `INSERT INTO directory (user_id, external_id, email_hash, role, deleted, made) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (user_id) DO UPDATE SET external_id = excluded.external_id, email_hash = excluded.email_hash,
           role = excluded.role, deleted = excluded.deleted`,
        userId,
        externalId ?? null,
        emailHash ?? null,
        role ?? null,
        deleted ? 1 : 0,
        sequence,
      ),
    setAccess: ({ kind, id, value }: AccessEntry, sequence: number) =>
      sql.all(
        'INSERT OR REPLACE INTO access (kind, id, sequence, body) VALUES (?, ?, ?, ?)',
        kind,
        id,
        sequence,
        value === null ? null : JSON.stringify(value),
      ),
    /** The newest commit that changed the workspace or who may come to it. */
    accessVersion: (): number => Number(sql.all<{ value: string | null }>(accessVersionQuery)[0]?.value ?? 0),
    /** Noted with the workspace's own document, whose settings are part of its access. */
    touchAccess: (sequence: number) =>
      sql.all("INSERT OR REPLACE INTO access (kind, id, sequence, body) VALUES ('self', '', ?, NULL)", sequence),
    allAccess: (): AccessEntry[] =>
      sql
        .all<{ kind: AccessKind; id: string; body: string }>('SELECT kind, id, body FROM access WHERE body IS NOT NULL ORDER BY kind, id')
        .map(({ kind, id, body }) => ({ kind, id, value: JSON.parse(body) }) as AccessEntry),
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
