// IndexStore on D1. Writes are upserts that apply only if newer, so they can be lost, repeated and reordered and the
// rows still come to the newest. One call's statements are one transaction (D1's batch).
//
// Trade-off: `scan` and `prune` page by id and compare in code; they run in a rebuild, lists never wait for them.

import { and, asc, desc, eq, gt, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'
import type { UserProfile } from '../domain/player/types.ts'
import { closesAtMs, opensAtMs } from '../domain/timeframe/periods.ts'
import type { StoredResource } from '../domain/workspace/types.ts'
import { listAuditRecords, putAuditRecords } from './audit-records.ts'
import { chunksOf, ifNewer, pageOf, rowsPerStatement } from './clauses.ts'
import type { BoardRow, IndexStore, ListPage } from './index-store.ts'
import { listMedia, mediaRow, putMedia } from './media.ts'
import { boards, resources, users } from './schema.ts'
import { pruneKind, scanKind } from './upkeep.ts'

/** `now` stamps rows with when they were written here. Throws what D1 throws: a broken index is not an answer. */
export function d1IndexStore(database: D1Database, now: () => number): IndexStore {
  const db = drizzle(database)
  return {
    async putUsers(rows) {
      const values = rows.map(({ workspaceId, userId, at, profile }) => ({
        workspaceId,
        userId,
        ...at,
        updatedAtMs: profile?.updatedAtMs ?? 0,
        deleted: profile === null ? 1 : 0,
        indexedAtMs: now(),
        row: profile === null ? null : JSON.stringify(profile),
      }))
      await run(
        db,
        chunksOf(values, rowsPerStatement(users)).map((some) => db.insert(users).values(some).onConflictDoUpdate(ifNewer(users))),
      )
    },

    async putResources(rows) {
      const values = rows.map(({ workspaceId, at, resource }) => ({
        workspaceId,
        type: resource.type,
        id: resource.id,
        ...at,
        updatedAtMs: resource.updatedAtMs,
        deleted: 0,
        indexedAtMs: now(),
        row: JSON.stringify(resource),
      }))
      const chunks = chunksOf(values, rowsPerStatement(resources))
      await run(
        db,
        chunks.map((some) => db.insert(resources).values(some).onConflictDoUpdate(ifNewer(resources))),
      )
    },

    putBoards: (rows) => putBoards(db, rows, now()),

    async listUsers(workspaceId, page) {
      const where = and(eq(users.workspaceId, workspaceId), eq(users.deleted, 0), pageOf(page, users.updatedAtMs, users.userId))
      const found = await db
        .select({ row: users.row })
        .from(users)
        .where(where)
        .orderBy(...ordered(page, users.updatedAtMs, users.userId))
        .limit(page.limit)
      return found.map(({ row }) => JSON.parse(row ?? 'null') as UserProfile)
    },

    async listResources(workspaceId, type, page) {
      const own = and(eq(resources.workspaceId, workspaceId), eq(resources.type, type), eq(resources.deleted, 0))
      const where = and(own, pageOf(page, resources.updatedAtMs, resources.id))
      const order = ordered(page, resources.updatedAtMs, resources.id)
      const found = await db
        .select({ row: resources.row })
        .from(resources)
        .where(where)
        .orderBy(...order)
        .limit(page.limit)
      return found.map(({ row }) => JSON.parse(row ?? 'null') as StoredResource)
    },

    async listBoards(workspaceId, page, filter) {
      const own = and(eq(boards.workspaceId, workspaceId), inState(filter))
      const where = and(own, pageOf(page, boards.updatedAtMs, boards.boardId))
      const order = ordered(page, boards.updatedAtMs, boards.boardId)
      const found = await db
        .select({ row: boards.row })
        .from(boards)
        .where(where)
        .orderBy(...order)
        .limit(page.limit)
      return found.map(({ row }) => JSON.parse(row) as BoardRow)
    },

    async board(workspaceId, boardId) {
      const where = and(eq(boards.workspaceId, workspaceId), eq(boards.boardId, boardId))
      const [found] = await db.select({ row: boards.row }).from(boards).where(where).limit(1)
      return found ? (JSON.parse(found.row) as BoardRow) : null
    },

    putMedia: (rows) => putMedia(db, rows, now()),
    listMedia: (workspaceId, page, filter) => listMedia(db, workspaceId, page, filter),
    media: (workspaceId, mediaId) => mediaRow(db, workspaceId, mediaId),

    putAuditRecords: (rows) => putAuditRecords(db, rows, now()),
    listAuditRecords: (workspaceId, page, filter) => listAuditRecords(db, workspaceId, page, filter),

    scan: (workspaceId, kind, after, limit) => scanKind(db, workspaceId, kind, after, limit),
    prune: (workspaceId, kind, keep, beforeMs, within) => pruneKind(db, workspaceId, kind, keep, beforeMs, within),

    async ping() {
      const [answer] = await db.all<{ one: number }>(sql`SELECT 1 AS one`)
      return answer?.one === 1
    },
  }
}

async function putBoards(db: DrizzleD1Database, rows: BoardRow[], indexedAtMs: number): Promise<boolean[]> {
  if (rows.length === 0) return []
  const reads = chunksOf(rows, 40).map((some) =>
    db
      .select({ workspaceId: boards.workspaceId, boardId: boards.boardId })
      .from(boards)
      .where(or(...some.map((row) => and(eq(boards.workspaceId, row.workspaceId), eq(boards.boardId, row.boardId))))),
  )
  const values = rows.map((row) => ({
    workspaceId: row.workspaceId,
    boardId: row.boardId,
    updatedAtMs: row.updatedAtMs,
    opensAtMs: opensAtMs(row, row),
    closesAtMs: closesAtMs(row, row) ?? null,
    indexedAtMs,
    row: JSON.stringify(row),
  }))
  const writes = chunksOf(values, rowsPerStatement(boards)).map((some) =>
    db
      .insert(boards)
      .values(some)
      .onConflictDoUpdate({
        target: [boards.workspaceId, boards.boardId],
        set: {
          updatedAtMs: sql`excluded.updated_at_ms`,
          opensAtMs: sql`excluded.opens_at_ms`,
          closesAtMs: sql`excluded.closes_at_ms`,
          indexedAtMs: sql`excluded.indexed_at_ms`,
          row: sql`excluded.row`,
        },
        setWhere: sql`excluded.updated_at_ms > boards.updated_at_ms`,
      }),
  )
  // Read and written in one transaction, so that of two callers one is told that the row is new.
  const results = await run(db, [...reads, ...writes])
  const known = new Set((results.slice(0, reads.length) as { workspaceId: string; boardId: string }[][]).flat().map(keyOf))
  return rows.map((row) => {
    const isNew = !known.has(keyOf(row))
    known.add(keyOf(row))
    return isNew
  })
}

const keyOf = ({ workspaceId, boardId }: { workspaceId: string; boardId: string }): string => JSON.stringify([workspaceId, boardId])

async function run(db: DrizzleD1Database, statements: BatchItem<'sqlite'>[]): Promise<unknown[]> {
  const [first, ...rest] = statements
  return first ? ((await db.batch([first, ...rest])) as unknown[]) : []
}

const ordered = ({ order }: ListPage, ...columns: Parameters<typeof asc>[0][]): SQL[] =>
  columns.map((column) => (order === 'asc' ? asc(column) : desc(column)))

function inState({ state, nowMs }: { state?: 'PENDING' | 'ACTIVE' | 'ENDED'; nowMs: number }): SQL | undefined {
  if (state === 'PENDING') return gt(boards.opensAtMs, nowMs)
  if (state === 'ENDED') return lte(boards.closesAtMs, nowMs)
  if (state === 'ACTIVE') return and(lte(boards.opensAtMs, nowMs), or(isNull(boards.closesAtMs), gt(boards.closesAtMs, nowMs)))
  return undefined
}
