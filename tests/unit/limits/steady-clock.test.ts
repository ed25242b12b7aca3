import { expect, test } from 'vitest'
import { steadyClock } from '../../../domain/limits/steady-clock.ts'

test('a little behind is not set back; an hour is', () => {
  const times = [1_000_000, 999_990, 1_000_005, 999_760, 999_755, 999_800, 100, 99, 101]
  const clock = steadyClock(() => times.shift() ?? 0)
  const seen = Array.from({ length: 9 }, clock)
  expect(seen).toEqual([1_000_000, 1_000_000, 1_000_005, 1_000_005, 999_755, 999_800, 100, 100, 101])
})
