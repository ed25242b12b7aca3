// What the benchmark makes of what it measured: percentiles, processor time, shares of a pool, medians and ratios.

import { expect, test } from 'vitest'
import { reportOf, tableOf } from '../../../bench/edge/report.ts'
import { readTicks } from '../../../bench/process-cpu.ts'
import { median, percentile } from '../../../bench/quantiles.ts'
import type { Pace, Round } from '../../../bench/rounds.ts'
import { shareOf, type Variant } from '../../../bench/variant.ts'

test('a percentile is the nearest rank, a value that was seen', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1)
  expect([1, 50, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([1, 50, 99, 100])
  expect(percentile([3], 99)).toBe(3)
  expect(percentile([1, 2, 3, 4, 5], 50)).toBe(3)
  expect(percentile([1, 2, 3, 4], 99)).toBe(4)
  expect(percentile([], 50)).toBeNaN()
})

test('a median is the middle, or the mean of the two in the middle, whatever the order', () => {
  expect(median([5, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNaN()
})

test('ticks are user and system time, also of a process whose name looks like fields', () => {
  const after = (name: string) => `42 (${name}) S 1 42 42 0 -1 4194304 100 0 0 0 250 30 9 9 20 0 1 0 143743`
  expect(readTicks(after('workerd'))).toBe(280)
  expect(readTicks(after('a) R 1 (b'))).toBe(280)
})

test('connections share out a pool without overlap, and share one where there are fewer', () => {
  const pool = Array.from({ length: 10 }, (_, i) => i)
  const shares = [0, 1, 2].map((connection) => shareOf(pool, connection, 3))
  expect(shares.flat().sort((a, b) => a - b)).toEqual(pool)
  expect(shareOf(['only'], 7, 32)).toEqual(['only'])
})

const pace: Pace = { rounds: 3, connections: 32, firstWarmUpMs: 0, warmUpMs: 0, windowMs: 1_000, referenceEvery: 3 }
const variant = (name: string, over: Partial<Variant> = {}): Variant => ({
  name,
  url: '',
  pids: [],
  expects: [200],
  requests: () => [{}],
  ...over,
})
const round = (requests: number, ofBare: number): Round => ({
  requests,
  ofBare,
  windowMs: 1_000,
  statuses: { 200: requests },
  errors: 0,
  p50Ms: 1,
  p99Ms: 2,
  cpuMicrosecondsARequest: 1e6 / requests,
  generatorBusy: 0.5,
})

test('a report has medians of rounds, and ratios of what was measured in the same round', () => {
  const variants = [
    variant('bare'),
    variant('empty object call'),
    variant('rank read'),
    variant('batch', { things: 100, note: () => 'noted' }),
  ]
  const rounds = new Map([
    ['bare', [round(10_000, 1), round(5_000, 1), round(9_000, 1)]],
    // The machine was slow in the second round, for both alike.
    ['empty object call', [round(4_000, 0.4), round(2_000, 0.4), round(3_600, 0.4)]],
    ['rank read', [round(3_600, 0.36), round(1_800, 0.36), round(3_240, 0.36)]],
    ['batch', [round(10, 0.001), round(30, 0.006), round(20, 0.002)]],
  ])
  const report = reportOf(variants, rounds, pace, 0)
  expect(report.lines.map(({ name, requestsASecond, ofBare }) => [name, requestsASecond, ofBare])).toEqual([
    ['bare', 9_000, 1],
    ['empty object call', 3_600, 0.4],
    ['rank read', 3_240, 0.36],
    ['batch', 20, 0.002],
  ])
  expect(report.lines.at(-1)).toMatchObject({ thingsASecond: 2_000, note: 'noted' })
  expect(report.aims).toEqual([{ what: 'rank read, of an empty object call', aim: 0.95, reached: expect.closeTo(0.9) }])
  const table = tableOf(report)
  expect(table).toMatch(/^rank read +3,240 /m)
  expect(table).toMatch(/^batch .* noted; 2,000 logs\/s$/m)
  expect(table).toContain('missed   0.90 (aim 0.95)')
})
