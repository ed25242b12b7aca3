// Pages over the index: one row more than asked for tells whether there is a next page, and the last row shown is
// where it goes on.

import type { ListPage } from '../../d1/index-store.ts'

interface Asked {
  limit: number
  order: 'asc' | 'desc'
  /** What `nextToken` held: JSON of a place, written below and proved by its signature. */
  after?: string
}

export const indexPage = ({ limit, order, after }: Asked): ListPage => ({
  limit: limit + 1,
  order,
  ...(after !== undefined && { after: JSON.parse(after) as ListPage['after'] }),
})

export function indexPosition<Row>(
  rows: Row[],
  limit: number,
  placeOf: (row: Row) => { updatedAtMs: number; id: string },
): { items: Row[]; after: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, after: rows.length > limit && last !== undefined ? JSON.stringify(placeOf(last)) : null }
}
