// The parts of an upload, and those that are sent again, after the first attempt or beside it.

import { expect, test } from 'vitest'
import type { UploadGrant } from '../../../domain/media/grant.ts'
import type { Result } from '../../../domain/result.ts'
import type { Kept } from '../../../durable-objects/upload/upload-life.ts'
import { beginPart, markAssembled, notePart, openUpload, readUpload } from '../../../durable-objects/upload/upload-state.ts'

function object() {
  let { kept } = openUpload(
    null,
    {
      grant: { size: 2, expiresAtMs: 1000 } as UploadGrant,
      mode: 'multipart',
      multipart: { blobId: 'blob', r2UploadId: 'r2', partSize: 1 },
    },
    0,
  )
  function step(next: { kept: Kept; result: Result<unknown> }): string {
    kept = next.kept
    return next.result.ok ? 'ok' : next.result.error.code
  }
  return {
    begin: (attempt: string, partNumber = 1) => step(beginPart(kept, { partNumber, attempt }, 0)),
    end: (attempt: string, partNumber = 1) => step(notePart(kept, { partNumber, etag: attempt, size: 1 }, attempt, 0)),
    assembled: () => step(markAssembled(kept, 0)),
    parts() {
      const { result } = readUpload(kept, 0)
      return result.ok && result.value.parts.map(({ partNumber, etag }) => `${partNumber}${etag}`)
    },
  }
}

test('parts are kept in order, the last of each number', () => {
  const one = object()
  for (const [number, attempt] of [
    [3, 'c'],
    [1, 'a'],
    [3, 'd'],
  ] as const) {
    one.begin(attempt, number)
    one.end(attempt, number)
  }
  expect(one.parts()).toEqual(['1a', '3d'])
})

test('a part that is being written again does not count', () => {
  const one = object()
  for (const number of [1, 2]) one.begin('a', number)
  for (const number of [1, 2]) expect(one.end('a', number)).toBe('ok')
  one.begin('b')
  expect(one.parts()).toEqual(['2a'])
  expect(one.end('b')).toBe('ok')
  expect(one.parts()).toEqual(['1b', '2a'])
})

test.each([
  ['the older ends last', ['b', 'a'], ['ok', 'resource/conflict'], []],
  ['the older ends first', ['a', 'b'], ['resource/conflict', 'resource/conflict'], []],
  ['the older never ends', ['b'], ['ok'], ['1b']],
])('of two attempts at once neither is believed: %s', (_, ends, said, parts) => {
  const one = object()
  for (const attempt of ['a', 'b']) one.begin(attempt)
  expect(ends.map((attempt) => one.end(attempt))).toEqual(said)
  expect(one.parts()).toEqual(parts)
  one.begin('c')
  expect([one.end('c'), one.parts()]).toEqual(['ok', ['1c']])
})

test('none is taken once they are put together', () => {
  const one = object()
  one.begin('a')
  one.assembled()
  expect([one.begin('b'), one.end('a')]).toEqual(['resource/conflict', 'resource/conflict'])
})
