// RFC 9110, sections 13 and 14, on the Worker itself: the tables of tests/unit/r2, row by row over HTTP.

import { beforeAll, expect, test } from 'vitest'
import { modifiedMs, type Row, selective, sha256, size } from '../unit/r2/case.ts'
import { conditionalRows } from '../unit/r2/conditional-cases.ts'
import { rangeRows } from '../unit/r2/range-cases.ts'
import { ask, bytesFrom, type Placed, place } from './support/media.ts'

const placed = new Map<number, Placed>()

beforeAll(async () => {
  for (const length of [size, 1, 0])
    placed.set(length, await place(bytesFrom(0, length), { sha256, createdAtMs: modifiedMs, originalFileName: 'film.mp4' }))
})

/** What a range-set of one element names, for checking what came; the table says whether it should have. */
function spanOf(headers: Headers, length: number): [number, number] {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(headers.get('content-range') ?? '') ?? []
  return first === undefined ? [0, length] : [Number(first), Number(last) + 1]
}

const rows: Row[] = [...conditionalRows, ...rangeRows]

test.each(rows.map((row) => ({ ...row, asked: JSON.stringify(row.request).slice(0, 100) })))(
  '$section $says: $method $asked is answered $status',
  async ({ method = 'GET', request, size: length = size, status, fields }) => {
    const media = placed.get(length)
    const answer = await ask(media?.path ?? '', { method, headers: request })
    expect(answer.status).toBe(status)
    const isRefusal = status === 412 || status === 416
    const held = isRefusal ? ['content-range', 'etag', 'last-modified', 'accept-ranges', 'vary'] : selective
    const got = held.flatMap((name) => (answer.headers.get(name) === null ? [] : [[name, answer.headers.get(name)]]))
    expect(Object.fromEntries(got)).toEqual(fields)
    if (isRefusal) expect(answer.headers.get('content-type')).toBe('application/problem+json')
    else if (method === 'HEAD' || status === 304) expect(answer.bytes.length).toBe(0)
    else expect(Buffer.compare(answer.bytes, bytesFrom(0, length).subarray(...spanOf(answer.headers, length)))).toBe(0)
  },
)

test('a 304 has no field that begins with Content-, a policy for content neither', async () => {
  const { headers, status } = await ask(placed.get(size)?.path ?? '', { headers: { 'if-none-match': '"xyzzy"' } })
  expect(status).toBe(304)
  expect([...headers.keys()].filter((name) => name.startsWith('content-'))).toEqual([])
})
