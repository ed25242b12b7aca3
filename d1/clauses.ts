// The SQL that every table of the index shares.

import { type AnyColumn, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { ListPage } from './index-store.ts'
import type { media, resources, users } from './schema.ts'

/** D1 binds at most 100 parameters a statement. */
const maxParameters = 100

export const rowsPerStatement = (table: SQLiteTable): number => Math.floor(maxParameters / Object.keys(getTableColumns(table)).length)

export function chunksOf<T>(all: T[], size: number): T[][] {
  const chunks: T[][] = []
  for (let i = 0; i < all.length; i += size) chunks.push(all.slice(i, i + size))
  return chunks
}

/** ON CONFLICT: every column takes the new value, but never from an earlier place in the log. The same place writes again: a rebuild mends a row that was damaged. */
export function ifNewer(table: typeof users | typeof resources | typeof media) {
  const { primaryKeys } = getTableConfig(table)
  const key = primaryKeys[0]?.columns ?? []
  const others = Object.entries(getTableColumns(table)).filter(([, column]) => !key.some(({ name }) => name === column.name))
  return {
    target: key,
    set: Object.fromEntries(others.map(([member, column]) => [member, sql`excluded.${sql.identifier(column.name)}`])),
    setWhere: sql`(excluded.incarnation, excluded.sequence) >= (${table}.incarnation, ${table}.sequence)`,
  }
}

/** Keyset paging: what comes behind the last row of the page before, whatever was written since. */
export function pageOf({ after, order }: ListPage, updatedAtMs: AnyColumn, id: AnyColumn): SQL | undefined {
  if (!after) return undefined
  return order === 'asc'
    ? sql`(${updatedAtMs}, ${id}) > (${after.updatedAtMs}, ${after.id})`
    : sql`(${updatedAtMs}, ${id}) < (${after.updatedAtMs}, ${after.id})`
}
