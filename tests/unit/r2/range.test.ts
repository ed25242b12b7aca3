// RFC 9110, section 14: the table (range-cases.ts) against the pure functions.

import { expect, test } from 'vitest'
import { planRange } from '../../../r2/range.ts'
import { answerOf } from './answer-of.ts'
import { rangeRows } from './range-cases.ts'

test.each(rangeRows.map((row) => ({ ...row, asked: row.request.range?.slice(0, 60) })))(
  '$section $says: $method $asked of $size is answered $status',
  (row) => {
    expect(answerOf(row)).toEqual({ status: row.status, fields: row.fields })
  },
)

test('a field as long as one may be is read at once', () => {
  const blanks = ' '.repeat(8000)
  const fields = [
    `bytes=0-0${blanks},${blanks}x`,
    `bytes=${',1-1'.repeat(4000)}`,
    `bytes=${'9'.repeat(8000)}-${'8'.repeat(8000)}`,
    `bytes=${blanks}`,
  ]
  const startedAtMs = performance.now()
  for (const field of fields) planRange(field, 10_000)
  expect(performance.now() - startedAtMs).toBeLessThan(200)
})
