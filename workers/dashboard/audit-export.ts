// The audit records of a workspace as NDJSON, oldest first. Records that the index has without their large members are read
// from their logs, so an export leaves nothing out.
//
// Trade-off: an invocation may ask D1 1,000 times, so some 190,000 records is what one export holds; more is asked for in
// spans of time.

import { type AuditFilter, type AuditKey, auditKeyOf } from '../../domain/audit/query.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import type { Result } from '../../domain/result.ts'
import type { LogLine } from '../../domain/telemetry/request-log.ts'
import { mapBounded } from '../concurrency.ts'
import type { Turn } from '../edge/limits/turn.ts'
import type { Services } from '../services.ts'
import { auditView } from './audit-view.ts'
import { linesOf, ndjsonExport } from './ndjson-export.ts'

export interface Export {
  services: Pick<Services, 'index' | 'now'>
  log: LogLine
  workspaceId: string
  filter: AuditFilter
  /** The record with everything that its list leaves out. */
  whole: (record: AuditRecord) => Promise<Result<AuditRecord>>
}

export function auditExport(asked: Export, turn: Turn, pageSize = 200): ReadableStream<Uint8Array> {
  const { services, log, workspaceId } = asked
  return ndjsonExport(pagesOf(asked, pageSize), turn, { now: services.now, log, event: 'audit/export_failed', workspaceId })
}

async function* pagesOf({ services, workspaceId, filter, whole }: Export, limit: number): AsyncGenerator<string> {
  for (let after: AuditKey | undefined; ; ) {
    const rows = await services.index.listAuditRecords(workspaceId, { limit, order: 'asc', after }, filter)
    const records = await mapBounded(rows, async (record) => {
      if (!record.cut) return record
      const found = await whole(record)
      if (!found.ok) throw new Error(`${record.auditRecordId}: ${found.error.code}`)
      return found.value
    })
    if (records.length > 0) yield linesOf(records.map((record) => auditView(record, workspaceId)))
    const last = rows.at(-1)
    if (rows.length < limit || !last) return
    after = auditKeyOf(last)
  }
}
