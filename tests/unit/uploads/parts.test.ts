import fc from 'fast-check'
import { expect, test } from 'vitest'
import { missingParts, partBytes, partCountOf, partSizeFor, tusPartSize } from '../../../workers/uploads/parts.ts'

const mib = 1024 ** 2

test.each([
  [0, 8, 0],
  [1, 8, 1],
  [8 * mib, 8, 1],
  [8 * mib + 1, 8, 2],
  [80_000 * mib, 8, 10_000],
  [80_000 * mib + 1, 9, 8889],
])('%i bytes are cut into parts of %i MiB, %i of them', (size, partMib, count) => {
  expect(partSizeFor(size)).toBe(partMib * mib)
  expect(partCountOf(size, partSizeFor(size))).toBe(count)
})

test('whatever the size: parts that R2 takes, which are the file together', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 * 1024 ** 4 }), fc.constantFrom(partSizeFor, tusPartSize), (size, cut) => {
      const partSize = cut(size)
      const count = partCountOf(size, partSize)
      expect(partSize).toBeGreaterThanOrEqual(5 * mib)
      expect(count).toBeLessThanOrEqual(10_000)
      const last = partBytes(size, partSize, count)
      expect(last).toBeGreaterThan(0)
      expect((count - 1) * partSize + last).toBe(size)
      if (count > 1) expect(partBytes(size, partSize, 1)).toBe(partSize)
    }),
  )
})

test('the parts that are missing are named', () => {
  expect(missingParts(20 * mib, 8 * mib, [{ partNumber: 2 }])).toEqual([1, 3])
  expect(missingParts(20 * mib, 8 * mib, [{ partNumber: 3 }, { partNumber: 1 }, { partNumber: 2 }])).toEqual([])
  expect(missingParts(0, 8 * mib, [])).toEqual([])
})
