// What rebuild and verify ask of the index: every row with its version, and the removal of what nothing accounts for.
// Ids are in SQLite's order, by UTF-8 bytes.

import { and, asc, eq, gt, lt, lte, type SQL, sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import type { IdRange, IndexKind, IndexStore } from './index-store.ts'
import { auditRecords, boards, media, resources, users } from './schema.ts'

type Scanned = Awaited<ReturnType<IndexStore['scan']>>[number]

export async function scanKind(
  db: DrizzleD1Database,
  workspaceId: string,
  kind: IndexKind,
  after: string | null,
  limit: number,
): Promise<Scanned[]> {
  const { table, id, own } = rowsOf(workspaceId, kind)
  const where = after === null ? own : and(own, gt(id, after))
  const found = await db
    .select({
      id: sql<string>`${id}`,
      incarnation: kind === 'board' ? sql<number>`0` : sql<number>`incarnation`,
      sequence: kind === 'board' ? sql<number>`0` : sql<number>`sequence`,
      deleted: kind === 'board' || kind === 'audit-record' ? sql<number>`0` : sql<number>`deleted`,
      row: kind === 'audit-record' ? auditRow : kind === 'media' ? mediaRow : sql<string | null>`"row"`,
    })
    .from(table)
    .where(where)
    .orderBy(asc(id))
    .limit(limit)
  return found.map(({ id, incarnation, sequence, deleted, row }) => ({
    id,
    at: { incarnation, sequence },
    deleted: deleted === 1,
    row: row === null ? null : JSON.parse(row),
  }))
}

/** Asked of the rows themselves, page by page, since a list of what to keep may be longer than a statement can be. */
export async function pruneKind(
  db: DrizzleD1Database,
  workspaceId: string,
  kind: IndexKind,
  keep: string[],
  beforeMs: number,
  { after: first = '', through }: IdRange = {},
): Promise<number> {
  const { table, id, own: all, indexedAtMs } = rowsOf(workspaceId, kind)
  const own = and(all, through === undefined ? undefined : lte(id, through))
  const kept = new Set(keep)
  let removed = 0
  for (let after = first; ; ) {
    const page = await db
      .select({ id: sql<string>`${id}` })
      .from(table)
      .where(and(own, gt(id, after)))
      .orderBy(asc(id))
      .limit(500)
    const unaccounted = page.map((found) => found.id).filter((found) => !kept.has(found))
    if (unaccounted.length > 0) {
      const named = sql`${id} IN (SELECT value FROM json_each(${JSON.stringify(unaccounted)}))`
      const gone = await db
        .delete(table)
        .where(and(own, lt(indexedAtMs, beforeMs), named))
        .returning({ id: sql<string>`${id}` })
      removed += gone.length
    }
    const last = page.at(-1)
    if (!last) return removed
    after = last.id
  }
}

/** What the columns say is held against the record too: lists are found by them. */
const auditRow = sql<string | null>`json_object('record', json("row"), 'auditRecordId', audit_record_id, 'incarnation', incarnation,
  'sequence', sequence, 'atMs', at_ms, 'subject', subject, 'userId', user_id, 'aboutUserId', about_user_id, 'entityKind', entity_kind, 'entityId', entity_id,
  'operation', operation)`

const mediaRow = sql<
  string | null
>`iif("row" IS NULL, NULL, json_object('media', json("row"), 'scope', scope, 'fileType', file_type, 'updatedAtMs', updated_at_ms))`

function rowsOf(workspaceId: string, kind: IndexKind) {
  if (kind === 'user')
    return { table: users, id: users.userId, indexedAtMs: users.indexedAtMs, own: eq(users.workspaceId, workspaceId) as SQL }
  if (kind === 'board')
    return { table: boards, id: boards.boardId, indexedAtMs: boards.indexedAtMs, own: eq(boards.workspaceId, workspaceId) as SQL }
  if (kind === 'media')
    return { table: media, id: media.mediaId, indexedAtMs: media.indexedAtMs, own: eq(media.workspaceId, workspaceId) as SQL }
  if (kind === 'audit-record') {
    const { auditRecordId: id, indexedAtMs } = auditRecords
    return { table: auditRecords, id, indexedAtMs, own: eq(auditRecords.workspaceId, workspaceId) as SQL }
  }
  const own = and(eq(resources.workspaceId, workspaceId), eq(resources.type, kind)) as SQL
  return { table: resources, id: resources.id, indexedAtMs: resources.indexedAtMs, own }
}
