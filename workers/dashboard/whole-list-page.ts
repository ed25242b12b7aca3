// A page of a list that is at hand whole: the translations of one thing, its tags. They changed together, or have an order
// of their own, so their order is the one they come in and the page token is a place in it.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Call, Reply } from '../edge/route.ts'

export function wholeListPage(call: Call, all: unknown[]): Result<Reply> {
  const page = call.page()
  if (!page.ok) return page
  const start = Number(page.value.after ?? 0)
  if (!Number.isSafeInteger(start)) return fail(failure('validation/invalid_input', 'This nextToken does not belong to this list.'))
  const end = start + page.value.limit
  return ok({ status: 200, body: { items: all.slice(start, end), nextToken: call.nextToken(end < all.length ? String(end) : null) } })
}
