// Ten thousand ranges of files of awkward sizes: what is planned, read from a source, is what a slice of the file would be.
// The source makes each byte from its offset, so that 200 MB need not be held.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Span } from '../../../domain/media/blobs.ts'
import { contentRange, planRange } from '../../../r2/range.ts'

const mib = 1024 * 1024
const sizes = [0, 1, 8 * mib - 1, 8 * mib, 8 * mib + 1, 200_000_000]
const runsEach = 10_000 / sizes.length + 1

const byteAt = (offset: number): number => (offset * 31 + (offset >>> 8) * 17 + (offset >>> 16) * 7) & 255

/** As R2 has it: a span within the file, and never more. */
function read(size: number, { offset, length }: Span): Uint8Array {
  if (offset < 0 || length < 1 || offset + length > size) throw new Error(`outside: ${offset}+${length} of ${size}`)
  // Of a long span its ends, and places between them.
  const places = length <= 4096 ? Array.from({ length }, (_, i) => i) : [0, 1, length >> 2, length >> 1, length - 2, length - 1]
  return Uint8Array.from(places, (place) => byteAt(offset + place))
}

type Asked = { first: number; last?: number } | { suffix: number }

/** A file as an array would answer: from, to (exclusive), or that there is nothing there. */
function sliceOf(asked: Asked, size: number): [from: number, to: number] | 'outside' | 'ignored' {
  if ('suffix' in asked) {
    if (asked.suffix === 0) return 'outside'
    return size === 0 ? 'ignored' : [size - Math.min(asked.suffix, size), size]
  }
  if (asked.last !== undefined && asked.last < asked.first) return 'ignored'
  if (asked.first > size - 1) return 'outside'
  return [asked.first, asked.last === undefined || asked.last >= size ? size : asked.last + 1]
}

const written = (asked: Asked): string => ('suffix' in asked ? `bytes=-${asked.suffix}` : `bytes=${asked.first}-${asked.last ?? ''}`)

function positionIn(size: number): fc.Arbitrary<number> {
  const edges = [0, 1, size - 1, size, size + 1].filter((edge) => edge >= 0)
  return fc.oneof(fc.integer({ min: 0, max: size + 10 }), fc.constantFrom(...edges), fc.maxSafeNat())
}

const asking = (size: number): fc.Arbitrary<Asked> =>
  fc.oneof(
    fc.record({ first: positionIn(size), last: positionIn(size) }),
    // As a player asks: a piece from somewhere.
    fc.tuple(fc.integer({ min: 0, max: Math.max(0, size - 1) }), fc.nat(100_000)).map(([first, more]) => ({ first, last: first + more })),
    fc.record({ first: positionIn(size) }),
    fc.record({ suffix: positionIn(size) }),
  )

describe.each(sizes)('of %i bytes', (size) => {
  test('every range is the slice it names', () => {
    let spans = 0
    fc.assert(
      fc.property(asking(size), (asked) => {
        const plan = planRange(written(asked), size)
        const slice = sliceOf(asked, size)
        if (slice === 'ignored') return void expect(plan).toEqual({ kind: 'whole' })
        if (slice === 'outside') return void expect(plan).toEqual({ kind: 'unsatisfiable' })
        const [from, to] = slice
        expect(plan).toEqual({ kind: 'span', span: { offset: from, length: to - from } })
        expect(contentRange({ offset: from, length: to - from }, size)).toBe(`bytes ${from}-${to - 1}/${size}`)
        if (plan.kind === 'span') expect(read(size, plan.span)).toEqual(read(size, { offset: from, length: to - from }))
        spans += 1
      }),
      { numRuns: Math.ceil(runsEach) },
    )
    // Of nothing no range can be had; of anything else most can.
    expect(spans > 0).toBe(size > 0)
  })
})
