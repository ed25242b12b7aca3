// What each commit replaced, beside the log's own commits: enough to make an audit record without reading the log from
// its start, and which of them the workspace lists. A row for each commit that changes configuration, users or access;
// none for users' events, whose path stays as short as it was. Refilled from the record with everything else, since applying commits is a fold.

import { listing } from '../../domain/audit/changes.ts'
import { withBefores } from '../../domain/audit/fold.ts'
import { listedRecord } from '../../domain/audit/record.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import type { Commit, LogRef } from '../../domain/log/types.ts'
import { migrate, type Sql } from '../log/sql.ts'

const steps = [['CREATE TABLE audit (sequence INTEGER PRIMARY KEY, listed INTEGER NOT NULL, before TEXT NOT NULL)']]

export interface Audited {
  commit: Commit
  befores: unknown[]
}

interface Row {
  body: string
  before: string | null
}

const toAudited = ({ body, before }: Row): Audited => ({ commit: JSON.parse(body), befores: before === null ? [] : JSON.parse(before) })

export type AuditTable = ReturnType<typeof auditTable>

export function auditTable(sql: Sql) {
  const note = (sequence: number, isListed: boolean, befores: unknown[]) =>
    sql.all('INSERT OR REPLACE INTO audit (sequence, listed, before) VALUES (?, ?, ?)', sequence, isListed ? 1 : 0, JSON.stringify(befores))

  return {
    migrate: () => migrate(sql, 'audit', steps),
    clear: () => sql.all('DELETE FROM audit'),
    note,
    /** Places of all commits that the workspace lists. */
    listed: (): number[] =>
      sql.all<{ sequence: number }>('SELECT sequence FROM audit WHERE listed = 1 ORDER BY sequence').map(({ sequence }) => sequence),
    /** Any commit, with a row or without. */
    at: (sequence: number): Audited | null => {
      const [row] = sql.all<Row>('SELECT body, before FROM commits LEFT JOIN audit USING (sequence) WHERE sequence = ?', sequence)
      return row ? toAudited(row) : null
    },
    /** Every commit up to `through`, from behind `after`. */
    page: (limit: number, after: number | null, order: 'asc' | 'desc', through: number): Audited[] => {
      const side =
        order === 'asc' ? 'sequence > ? AND sequence <= ? ORDER BY sequence' : 'sequence < ? AND sequence <= ? ORDER BY sequence DESC'
      const query = `SELECT body, before FROM commits LEFT JOIN audit USING (sequence) WHERE ${side} LIMIT ?`
      return sql.all<Row>(query, after ?? (order === 'asc' ? 0 : Number.MAX_SAFE_INTEGER), through, limit).map(toAudited)
    },
    /** For storage that is older than this table: its commits are folded once, events apart (there may be millions, and they replace nothing). */
    catchUp(log: LogRef): void {
      if (sql.all('SELECT 1 FROM audit LIMIT 1').length > 0) return
      const query = "SELECT body FROM commits WHERE json_extract(body, '$.command.kind') <> 'activity.log' ORDER BY sequence"
      const commits = sql.all<{ body: string }>(query).map(({ body }) => JSON.parse(body) as Commit)
      sql.transaction(() => {
        for (const { commit, befores } of withBefores(log, commits)) note(commit.sequence, listing(log, commit) === 'listed', befores)
      })
    },
  }
}

const prefix = 'audit:'

/** The outbox row that brings a commit's record to the index; its body is made when it is sent, so the outbox holds nothing twice. */
export const auditRow = (sequence: number): { id: string } => ({ id: `${prefix}${sequence}` })

/** The record of an outbox row, as the index has it; undefined for a row of another kind. */
export function auditRowRecord(id: string, make: (sequence: number) => AuditRecord | null): AuditRecord | null | undefined {
  if (!id.startsWith(prefix)) return undefined
  const record = make(Number(id.slice(prefix.length)))
  return record && listedRecord(record)
}
