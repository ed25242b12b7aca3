// A page of a list that the index answers: one row more than asked for is read, to know whether there is a next page.

import type { ListPage } from '../../d1/index-store.ts'
import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Call } from './route.ts'

export interface IndexPage<T> {
  items: T[]
  nextToken: string | null
}

export async function indexPage<T>(
  call: Call,
  read: (page: ListPage) => Promise<T[]>,
  keyOf: (row: T) => { updatedAtMs: number; id: string },
): Promise<Result<IndexPage<T>>> {
  const page = call.page()
  if (!page.ok) return page
  const { limit, order, after } = page.value
  const key = after === undefined ? ok(undefined) : readKey(after)
  if (!key.ok) return key
  const rows = await read({ limit: limit + 1, order, after: key.value })
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return ok({ items, nextToken: null })
  const { updatedAtMs, id } = keyOf(last)
  return ok({ items, nextToken: call.nextToken(JSON.stringify([updatedAtMs, id])) })
}

/** Signed by us, so only another version of this code could have written it otherwise. */
function readKey(after: string): Result<{ updatedAtMs: number; id: string }> {
  const [updatedAtMs, id] = JSON.parse(after) as unknown[]
  if (typeof updatedAtMs === 'number' && typeof id === 'string') return ok({ updatedAtMs, id })
  const detail = 'This nextToken does not belong to this list.'
  return fail(failure('validation/invalid_input', detail, { errors: [{ parameter: 'nextToken', detail }] }))
}
