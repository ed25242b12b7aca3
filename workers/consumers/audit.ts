// Audit records on their way into the index. A decision of the workspace about a user is told by the user's own commit;
// where the user's object refused it for good there is none, and the workspace's own record is listed instead, so that
// no commit is missing from the list.

import { listedRecord } from '../../domain/audit/record.ts'
import { userCommandPlace } from '../../domain/audit/record-id.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import { mapBounded } from '../concurrency.ts'
import type { Services } from '../services.ts'
import { type Incoming, ofKind, together } from './rows.ts'

/** To be called when the batch's commands for users have been carried out or refused. */
export async function consumeAudit(services: Services, rows: Incoming[]): Promise<void> {
  await together(ofKind(rows, 'audit'), (records) =>
    services.index.putAuditRecords(records.map(({ workspaceId, body: { record } }) => ({ workspaceId, record }))),
  )
  const refused = ofKind(rows, 'player').filter(({ state, error }) => state === 'done' && error !== undefined)
  await mapBounded(refused, async (row) => {
    try {
      const { workspaceId } = row
      const record = await decisionOf(services, row)
      if (record) await services.index.putAuditRecords([{ workspaceId, record: listedRecord(record) }])
    } catch (thrown) {
      row.state = 'open'
      row.error = thrown
    }
  })
}

/** Null for a command that no workspace decided. */
async function decisionOf(services: Services, { workspaceId, body }: Incoming<'player'>): Promise<AuditRecord | null> {
  const at = userCommandPlace(body.eventId)
  if (at === null) return null
  const record = await services.workspace(workspaceId).auditRecord(workspaceId, at)
  if (!record.ok) throw new Error(`auditRecord: ${record.error.code}`)
  return record.value
}
