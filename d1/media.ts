// Media in the index: one row each, tombstones for what is deleted. Lists are of one shelf, whole or by type, each from an
// index of its own in the list's order; a list of both shelves is the two, merged.

import { and, asc, desc, eq } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { type FileType, type MediaScope, mediaScopes, type StoredMedia } from '../domain/media/types.ts'
import { chunksOf, ifNewer, pageOf, rowsPerStatement } from './clauses.ts'
import type { IndexStore, ListPage } from './index-store.ts'
import { media as table } from './schema.ts'

type MediaRows = Parameters<IndexStore['putMedia']>[0]

export async function putMedia(db: DrizzleD1Database, rows: MediaRows, indexedAtMs: number): Promise<void> {
  const values = rows.map(({ workspaceId, mediaId, at, media }) => ({
    workspaceId,
    mediaId,
    ...at,
    updatedAtMs: media?.updatedAtMs ?? 0,
    scope: media?.scope ?? null,
    fileType: media?.fileType ?? null,
    deleted: media === null ? 1 : 0,
    indexedAtMs,
    row: media === null ? null : JSON.stringify(media),
  }))
  const [first, ...rest] = chunksOf(values, rowsPerStatement(table)).map((some) =>
    db.insert(table).values(some).onConflictDoUpdate(ifNewer(table)),
  )
  if (first) await db.batch([first, ...rest])
}

export async function listMedia(
  db: DrizzleD1Database,
  workspaceId: string,
  page: ListPage,
  { scope, fileType }: { scope?: MediaScope; fileType?: FileType },
): Promise<StoredMedia[]> {
  const of = (shelf: MediaScope) =>
    db
      .select({ row: table.row })
      .from(table)
      .where(
        and(
          eq(table.workspaceId, workspaceId),
          eq(table.deleted, 0),
          eq(table.scope, shelf),
          fileType && eq(table.fileType, fileType),
          pageOf(page, table.updatedAtMs, table.mediaId),
        ),
      )
      .orderBy(...[table.updatedAtMs, table.mediaId].map((column) => (page.order === 'asc' ? asc(column) : desc(column))))
      .limit(page.limit)
  const read = (found: { row: string | null }[]) => found.map(({ row }) => JSON.parse(row ?? 'null') as StoredMedia)
  if (scope !== undefined) return read(await of(scope))
  const [workspace, common] = await db.batch([of(mediaScopes[0]), of(mediaScopes[1])])
  return merged(read([...workspace, ...common]), page)
}

export async function mediaRow(db: DrizzleD1Database, workspaceId: string, mediaId: string): Promise<StoredMedia | null> {
  const where = and(eq(table.workspaceId, workspaceId), eq(table.mediaId, mediaId), eq(table.deleted, 0))
  const [found] = await db.select({ row: table.row }).from(table).where(where).limit(1)
  return found ? (JSON.parse(found.row ?? 'null') as StoredMedia) : null
}

/** Ids are ASCII, so code units sort as SQLite's bytes do. */
function merged(media: StoredMedia[], { order, limit }: ListPage): StoredMedia[] {
  const direction = order === 'asc' ? 1 : -1
  return media.sort((a, b) => direction * (a.updatedAtMs - b.updatedAtMs || (a.mediaId < b.mediaId ? -1 : 1))).slice(0, limit)
}
