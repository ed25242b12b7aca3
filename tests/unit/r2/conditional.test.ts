// RFC 9110, section 13: the table (conditional-cases.ts) against the pure functions.

import { describe, expect, test } from 'vitest'
import { evaluateConditions, ifRangeHolds } from '../../../r2/conditional.ts'
import { answerOf } from './answer-of.ts'
import { modified, modifiedMs, nowMs, tag } from './case.ts'
import { conditionalRows, otherMethods } from './conditional-cases.ts'

test.each(conditionalRows.map((row) => ({ ...row, asked: JSON.stringify(row.request) })))(
  '$section $says: $method $asked is answered $status',
  (row) => {
    expect(answerOf(row)).toEqual({ status: row.status, fields: row.fields })
  },
)

test.each(otherMethods)('$section: $method $request comes to $verdict', ({ method, request, verdict }) => {
  const conditions = { method, headers: new Headers(request), nowMs }
  expect(evaluateConditions(conditions, { etag: tag, lastModifiedMs: modifiedMs })).toBe(verdict)
})

test('13.1.5: a date that other bytes may share never holds, a tag does', () => {
  const current = { etag: tag, lastModifiedMs: modifiedMs, isDateWeak: true }
  const holds = (field: string) => ifRangeHolds({ method: 'GET', headers: new Headers({ 'if-range': field }), nowMs }, current)
  expect([holds(modified), holds(tag)]).toEqual([false, true])
})

describe('what is finer than a second', () => {
  const current = { etag: tag, lastModifiedMs: modifiedMs + 999 }
  const verdict = (request: Record<string, string>) => evaluateConditions({ method: 'GET', headers: new Headers(request), nowMs }, current)

  test('is not seen by a date', () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
    expect([verdict({ 'if-modified-since': date }), verdict({ 'if-unmodified-since': date })]).toEqual(['not_modified', 'go_on'])
  })
})

test('a list as long as a field may be is read at once', () => {
  const blanks = ' '.repeat(8000)
  const fields = [`"a"${blanks}"b"`, `${'"a", '.repeat(3000)}x`, ','.repeat(16_000), `"${'a'.repeat(16_000)}`, `"a"${blanks},${blanks}"b`]
  const startedAtMs = performance.now()
  for (const field of fields) answerOf({ section: '', says: '', request: { 'if-none-match': field }, status: 200, fields: {} })
  expect(performance.now() - startedAtMs).toBeLessThan(200)
})
