// A log's packings in the order of their keys in the record, page by page: how the object walks beside a region's copy
// without holding either whole. A page is of one writer, so that it is read by the primary key.

import type { ItemPlace } from '../../aws-core/dynamodb/region-log.ts'
import type { ItemRow, LogTables } from './tables.ts'

export interface OwnPage {
  rows: ItemRow[]
  /** Where the page ends; undefined for the last one, which covers whatever comes behind it. */
  through: ItemPlace | undefined
}

const lastFrom = 999_999_999_999

/** What comes behind `after`, of packings that reach no further than the commit `confirmed`. */
export function ownPage(tables: LogTables, after: ItemPlace | undefined, confirmed: number, limit: number): OwnPage {
  const rows = after ? tables.bordersOf(after.writer, after.from, confirmed, limit) : []
  if (after && rows.length > 0) return paged(tables, rows, after.writer, confirmed, limit)
  const writer = tables.writerAfter(after?.writer ?? -1, confirmed)
  if (writer === null) return { rows: [], through: undefined }
  return paged(tables, tables.bordersOf(writer, -1, confirmed, limit), writer, confirmed, limit)
}

function paged(tables: LogTables, rows: ItemRow[], writer: number, confirmed: number, limit: number): OwnPage {
  const last = rows.at(-1)
  if (last && rows.length === limit) return { rows, through: { writer, from: last.first } }
  return { rows, through: tables.writerAfter(writer, confirmed) === null ? undefined : { writer, from: lastFrom } }
}
