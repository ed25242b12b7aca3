// Random ranges of random files, through the Worker and R2: every answer is the slice that it names. What is planned for ten
// thousand of them is in tests/unit/r2/range.property.test.ts.

import fc from 'fast-check'
import { nanoid } from 'nanoid'
import { beforeAll, describe, expect, test } from 'vitest'
import { blobKey } from '../../r2/keys.ts'
import { ask, bytesFrom, type Placed, place, services } from './support/media.ts'

const mib = 1024 * 1024
const sizes = [0, 1, 8 * mib - 1, 8 * mib, 8 * mib + 1, 200_000_000]
/** Bytes of a repeated megabyte are told apart by where they are in it, and quickly made. */
const pattern = bytesFrom(0, mib + 1)

const placed = new Map<number, Placed>()

function madeOf(size: number): ReadableStream<Uint8Array> {
  const known = new FixedLengthStream(size)
  const write = async () => {
    const writer = known.writable.getWriter()
    for (let at = 0; at < size; at += pattern.length) await writer.write(pattern.subarray(0, Math.min(pattern.length, size - at)))
    await writer.close()
  }
  void write()
  return known.readable
}

/** From anywhere in the file; up to the pattern's length at a time. */
function expected(offset: number, length: number): Buffer {
  const start = offset % pattern.length
  const twice = Buffer.concat([pattern, pattern])
  return length <= pattern.length
    ? twice.subarray(start, start + length)
    : Buffer.concat([twice.subarray(start, start + pattern.length), expected(offset + pattern.length, length - pattern.length)])
}

beforeAll(async () => {
  const workspaceId = nanoid(10)
  for (const size of sizes) {
    const blobId = nanoid()
    await services.blobs.put(blobKey(workspaceId, blobId), madeOf(size), { contentType: 'video/mp4' })
    placed.set(size, await place(null, { workspaceId, blobId, size, sha256: `tag-${size}` }))
  }
})

const asking = (size: number): fc.Arbitrary<{ range: string; offset: number; length: number }> => {
  const last = Math.max(0, size - 1)
  const pieces = fc.tuple(fc.integer({ min: 0, max: last }), fc.integer({ min: 1, max: 150_000 }))
  return fc.oneof(
    pieces.map(([first, length]) => ({
      range: `bytes=${first}-${first + length - 1}`,
      offset: first,
      length: Math.min(length, size - first),
    })),
    fc.integer({ min: 1, max: 150_000 }).map((suffix) => {
      const length = Math.min(suffix, size)
      return { range: `bytes=-${suffix}`, offset: size - length, length }
    }),
    fc
      .integer({ min: 0, max: Math.min(last, 150_000) })
      .map((back) => ({ range: `bytes=${last - back}-`, offset: last - back, length: size - (last - back) })),
  )
}

describe.each(sizes)('of %i bytes', (size) => {
  test('every range is the slice that it names', async () => {
    const { path } = placed.get(size) as Placed
    const check = fc.asyncProperty(asking(size), async ({ range, offset, length }) => {
      const answer = await ask(path, { headers: { range } })
      if (size === 0) {
        const isEnd = range.startsWith('bytes=-')
        expect([answer.status, answer.headers.get('content-range')]).toEqual(isEnd ? [200, null] : [416, 'bytes */0'])
        return
      }
      expect([answer.status, answer.headers.get('content-range'), answer.headers.get('content-length')]).toEqual([
        206,
        `bytes ${offset}-${offset + length - 1}/${size}`,
        String(length),
      ])
      expect(Buffer.compare(answer.bytes, expected(offset, length))).toBe(0)
    })
    await fc.assert(check, { numRuns: size > 1 ? 60 : 10 })
  })

  test('and so is the whole, to its last byte', async () => {
    const { path } = placed.get(size) as Placed
    const { status, headers, bytes } = await ask(path)
    expect([status, headers.get('content-length'), bytes.length]).toEqual([200, String(size), size])
    const ends = Math.min(size, 1000)
    expect(Buffer.compare(bytes.subarray(0, ends), expected(0, ends))).toBe(0)
    expect(Buffer.compare(bytes.subarray(size - ends), expected(size - ends, ends))).toBe(0)
  })
})
