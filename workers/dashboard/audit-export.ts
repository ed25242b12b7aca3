// The audit records of a workspace as NDJSON, oldest first: a page of the index is read when the receiver wants more, so
// neither the whole nor two pages are ever in memory. Records that the index has without their large members are read
// from their logs, so an export leaves nothing out.
//
// What cannot be read ends the stream with an error: a connection that breaks off, never an export that looks whole.
// Trade-off: an invocation may ask D1 1,000 times, so some 190,000 records is what one export holds; more is asked for in
// spans of time.

import { type AuditFilter, type AuditKey, auditKeyOf } from '../../domain/audit/query.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import type { Result } from '../../domain/result.ts'
import { describeError, eventLogLine, type LogLine } from '../../domain/telemetry/request-log.ts'
import { mapBounded } from '../concurrency.ts'
import type { Services } from '../services.ts'
import { auditView } from './audit-view.ts'

export interface Export {
  services: Pick<Services, 'index' | 'now'>
  log: LogLine
  workspaceId: string
  filter: AuditFilter
  /** The record with everything that its list leaves out. */
  whole: (record: AuditRecord) => Promise<Result<AuditRecord>>
}

export function auditExport(asked: Export, pageSize = 200): ReadableStream<Uint8Array> {
  const { services, log, workspaceId } = asked
  const encoder = new TextEncoder()
  const pages = pagesOf(asked, pageSize)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await pages.next()
          if (done) controller.close()
          else controller.enqueue(encoder.encode(value))
        } catch (thrown) {
          log(eventLogLine({ atMs: services.now(), event: 'audit/export_failed', workspaceId, error: describeError(thrown) }))
          controller.error(new Error('the export could not be finished'))
        }
      },
    },
    // Nothing is read ahead, and nothing at all for a HEAD.
    { highWaterMark: 0 },
  )
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
    if (records.length > 0) yield records.map((record) => `${JSON.stringify(auditView(record, workspaceId))}\n`).join('')
    const last = rows.at(-1)
    if (rows.length < limit || !last) return
    after = auditKeyOf(last)
  }
}
