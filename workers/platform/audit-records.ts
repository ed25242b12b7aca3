// What the index of audit records must hold of one log, from the record alone: each row by its digest, since rows are
// large and a comparison needs no more. Pure.

import { listableRecords } from '../../domain/audit/fold.ts'
import { auditColumnsOf } from '../../domain/audit/query.ts'
import { listedRecord } from '../../domain/audit/record.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import { digestOf } from '../../domain/log/fold.ts'
import type { Commit, LogRef } from '../../domain/log/types.ts'
import { canonicalJson } from '../edge/canonical.ts'

export interface ExpectedRecord {
  id: string
  /** Of the row that a scan of the index gives. */
  row: string
  /** It may be there, and may as well not: the user's own log tells the same. */
  isOptional?: true
}

export const digestOfRow = (row: unknown): string => digestOf(canonicalJson(row))

export const expectedRecords = (log: LogRef, commits: Iterable<Commit>): ExpectedRecord[] =>
  Array.from(listableRecords(log, commits), ({ record, isOptional }) => ({
    id: record.auditRecordId,
    row: digestOfRow(rowOf(listedRecord(record))),
    ...(isOptional && { isOptional: true as const }),
  }))

const rowOf = (record: AuditRecord) => ({ record, ...auditColumnsOf(record) })
