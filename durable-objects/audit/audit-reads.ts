// Audit records from an object's own log: whole, never behind, and never of a commit that is durable nowhere yet.

import { auditRecordOf, listedRecord } from '../../domain/audit/record.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import { failure } from '../../domain/failures.ts'
import type { LogRef, Position } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { AuditTable } from './audit-table.ts'

export interface AuditPage {
  items: AuditRecord[]
  /** The place behind which the next page begins. */
  next: string | null
}

/** `resource/not_found` where no commit stands at that very place. */
export function auditRecordAt(table: AuditTable, log: LogRef, at: Position, durableThrough: number): Result<AuditRecord> {
  const found = at.sequence <= durableThrough ? table.at(at.sequence) : null
  if (found?.commit.incarnation !== at.incarnation) return fail(failure('resource/not_found', 'There is no such audit record.'))
  return ok(auditRecordOf(found.commit, log, found.befores))
}

/** Every commit of the log, users' events too, as lists have records. */
export function auditPage(
  table: AuditTable,
  log: LogRef,
  { limit, after, order }: { limit: number; after?: string; order: 'asc' | 'desc' },
  durableThrough: number,
): AuditPage {
  const rows = table.page(limit + 1, after === undefined ? null : Number(after), order, durableThrough)
  const shown = rows.slice(0, limit)
  return {
    items: shown.map(({ commit, befores }) => listedRecord(auditRecordOf(commit, log, befores))),
    next: rows.length > limit ? String(shown.at(-1)?.commit.sequence ?? '') : null,
  }
}
