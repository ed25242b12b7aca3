// An audit record as the API and the export show it.

import type { AuditRecord } from '../../domain/audit/types.ts'
import { iso } from './shown.ts'

export function auditView({ auditRecordId, atMs, ...record }: AuditRecord, workspaceId: string) {
  return { auditRecordId, workspaceId, at: iso(atMs), ...record }
}
