// Audit records in the index. Written once: a row that is there already stays as it is, whatever comes under its name, so
// no message can change what was said before. Only a rebuild takes away what the record does not give (upkeep.ts).

import { and, asc, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { type AuditFilter, type AuditListPage, auditColumnsOf, auditKeyOf } from '../domain/audit/query.ts'
import type { AuditRecord } from '../domain/audit/types.ts'
import { chunksOf, rowsPerStatement } from './clauses.ts'
import { auditRecords as table } from './schema.ts'

export async function putAuditRecords(
  db: DrizzleD1Database,
  rows: { workspaceId: string; record: AuditRecord }[],
  indexedAtMs: number,
): Promise<void> {
  const values = rows.map(({ workspaceId, record }) => ({
    workspaceId,
    ...auditColumnsOf(record),
    indexedAtMs,
    row: JSON.stringify(record),
  }))
  const [first, ...rest] = chunksOf(values, rowsPerStatement(table)).map((some) => db.insert(table).values(some).onConflictDoNothing())
  if (first) await db.batch([first, ...rest])
}

export async function listAuditRecords(
  db: DrizzleD1Database,
  workspaceId: string,
  page: AuditListPage,
  { userId, ...filter }: AuditFilter,
): Promise<AuditRecord[]> {
  const where = and(eq(table.workspaceId, workspaceId), ...conditions(filter), behind(page))
  const select = (more?: SQL) =>
    db
      .select({ row: table.row })
      .from(table)
      .where(and(where, more))
      .orderBy(...ordered(page))
      .limit(page.limit)
  const records = (found: { row: string }[]) => found.map(({ row }) => JSON.parse(row) as AuditRecord)
  if (userId === undefined) return records(await select())
  // Each side reads its own index in order; one statement with OR would have to sort.
  const [acting, about] = await db.batch([select(eq(table.userId, userId)), select(eq(table.aboutUserId, userId))])
  return merged([...records(acting), ...records(about)], page)
}

function conditions({ subject, entity, entityId, operation, fromMs, toMs }: Omit<AuditFilter, 'userId'>): (SQL | undefined)[] {
  return [
    subject === undefined ? undefined : eq(table.subject, subject),
    entity === undefined ? undefined : eq(table.entityKind, entity),
    entityId === undefined ? undefined : eq(table.entityId, entityId),
    operation === undefined ? undefined : eq(table.operation, operation),
    fromMs === undefined ? undefined : gte(table.atMs, fromMs),
    toMs === undefined ? undefined : lt(table.atMs, toMs),
  ]
}

function behind({ after, order }: AuditListPage): SQL | undefined {
  if (!after) return undefined
  const last = sql`(${after.atMs}, ${after.sequence}, ${after.auditRecordId})`
  const key = sql`(${table.atMs}, ${table.sequence}, ${table.auditRecordId})`
  return order === 'asc' ? sql`${key} > ${last}` : sql`${key} < ${last}`
}

const ordered = ({ order }: AuditListPage): SQL[] =>
  [table.atMs, table.sequence, table.auditRecordId].map((column) => (order === 'asc' ? asc(column) : desc(column)))

/** Two ordered lists as one, each record once. Ids are ASCII, so code units sort as SQLite's bytes do. */
function merged(records: AuditRecord[], { order, limit }: AuditListPage): AuditRecord[] {
  const once = [...new Map(records.map((record) => [record.auditRecordId, record])).values()]
  const direction = order === 'asc' ? 1 : -1
  return once.sort((a, b) => direction * compare(a, b)).slice(0, limit)
}

function compare(one: AuditRecord, other: AuditRecord): number {
  const [a, b] = [auditKeyOf(one), auditKeyOf(other)]
  return a.atMs - b.atMs || a.sequence - b.sequence || (a.auditRecordId < b.auditRecordId ? -1 : 1)
}
