import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stricter, TokenBucket } from '../../../domain/limits/token-bucket.ts'
import { countMissing, vectorJson } from '../edge/vectors.ts'
import { mostAbove } from './admissions.ts'

type Step = [time: number, n: number, allowed: boolean]

interface RateTable {
  unitMs: number
  cases: { name: string; rate: number; burst: number; steps: Step[] }[]
  concurrency: { limit: number; burst: number; simultaneous: number; allowedExactly: number }
  longRun: { limit: number; burst: number; seconds: number; allowedMax: string; allowedMin: string; ideal: string }
}
interface GcraTable {
  ratePerSec: number
  limit: number
  cases: [nowMs: number, volume: number, remaining: number, resetMs: number, retryMs: number, limited: boolean][]
}

const rates = vectorJson<RateTable | null>('rate-limit/x_time_rate_allow.json', null)
const gcra = vectorJson<GcraTable | null>('rate-limit/throttled_gcra.json', null)
countMissing('rate-limit/x_time_rate_allow.json')
countMissing('rate-limit/throttled_gcra.json')

/** Both tables say a rate a second and a burst. */
const limitOf = (rate: number, burst: number) => ({ quota: burst, windowSeconds: burst / rate })

describe.runIf(rates)('golang.org/x/time/rate', () => {
  const { unitMs, cases, concurrency, longRun } = rates as RateTable

  test.each(cases)('$name, step by step', ({ rate, burst, steps }) => {
    const bucket = new TokenBucket(limitOf(rate, burst), 0)
    expect(steps.map(([time, n]) => [time, n, bucket.take(n, time * unitMs).allowed])).toEqual(steps)
  })

  test('as many as the burst of those that come at once', () => {
    const bucket = new TokenBucket(limitOf(concurrency.limit, concurrency.burst), 0)
    const allowed = Array.from({ length: concurrency.simultaneous }, () => bucket.take(1, 0).allowed).filter(Boolean)
    expect(allowed).toHaveLength(concurrency.allowedExactly)
  })

  test('no drift in the long run, however the time between two requests divides', () => {
    // The bounds are written in words there; these are those words.
    expect(longRun).toMatchObject({ ideal: 'burst+limit*elapsed', allowedMax: 'ideal+1', allowedMin: '0.999*ideal' })
    const ideal = longRun.burst + longRun.limit * longRun.seconds
    for (const stepMs of [1, 3, 7]) {
      const bucket = new TokenBucket(limitOf(longRun.limit, longRun.burst), 0)
      let allowed = 0
      const endMs = longRun.seconds * 1000
      for (let nowMs = 0; nowMs < endMs; nowMs += stepMs) if (bucket.take(1, nowMs).allowed) allowed += 1
      if (bucket.take(1, endMs).allowed) allowed += 1
      expect(allowed).toBeLessThanOrEqual(ideal + 1)
      expect(allowed).toBeGreaterThanOrEqual(0.999 * ideal)
    }
  })
})

test.runIf(gcra)('throttled (GCRA): remaining, reset and retry, step by step', () => {
  const { ratePerSec, limit, cases } = gcra as GcraTable
  const bucket = new TokenBucket(limitOf(ratePerSec, limit), 0)
  const found = cases.map(([nowMs, volume]) => {
    const { remaining, resetMs, retryMs, allowed } = bucket.take(volume, nowMs)
    return [nowMs, volume, remaining, resetMs, retryMs ?? -1, !allowed]
  })
  expect(found).toEqual(cases)
})

test('in any window never more than the quota and what the window refills, and all of it when asked for', () => {
  const limits = fc.record({ quota: fc.integer({ min: 1, max: 40 }), windowSeconds: fc.integer({ min: 1, max: 60 }) })
  const steps = fc.array(fc.tuple(fc.integer({ min: -2_000, max: 4_000 }), fc.integer({ min: 0, max: 12 })), { maxLength: 80 })
  fc.assert(
    fc.property(limits, steps, (limit, taken) => {
      const bucket = new TokenBucket(limit, 0)
      const admitted: number[] = []
      let nowMs = 0
      let elapsedMs = 0
      for (const [stepMs, n] of taken) {
        nowMs += stepMs
        elapsedMs += Math.max(0, stepMs)
        const before = bucket.take(0, nowMs).remaining
        // Nobody is refused what is there.
        expect(bucket.take(n, nowMs).allowed).toBe(n <= before)
        if (n <= before) admitted.push(...new Array(n).fill(elapsedMs))
      }
      expect(mostAbove(limit, admitted)).toBeLessThanOrEqual(0)
    }),
    { numRuns: 300 },
  )
})

test('what is held elsewhere leaves no room to refill', () => {
  const bucket = new TokenBucket({ quota: 10, windowSeconds: 1 }, 0)
  bucket.remove(10)
  bucket.advance(5_000, 4)
  expect(bucket.tokens).toBe(6)
  bucket.give(9, 3)
  expect(bucket.tokens).toBe(7)
})

test('another limit: whole tokens and the part of one stay, clamped to the new quota', () => {
  const bucket = new TokenBucket({ quota: 200, windowSeconds: 10 }, 0)
  bucket.remove(190)
  bucket.advance(25)
  bucket.change({ quota: 100, windowSeconds: 60 })
  expect(bucket.tokens).toBe(10)
  expect(bucket.waitMs(11)).toBe(300)
  bucket.change({ quota: 4, windowSeconds: 1 })
  expect(bucket.isFull).toBe(true)
  bucket.change({ quota: 1_000_000, windowSeconds: 3_600 })
  expect(bucket.tokens).toBe(4)
})

test('a quota of nothing lets nothing through and never will', () => {
  const bucket = new TokenBucket({ quota: 0, windowSeconds: 10 }, 0)
  expect(bucket.take(1, 1_000_000)).toEqual({ allowed: false, remaining: 0, resetMs: 0, retryMs: null })
})

test.each([-1, 0.5, Number.NaN])('%d tokens are no number of tokens', (n) => {
  expect(() => new TokenBucket({ quota: 1, windowSeconds: 1 }, 0).take(n, 0)).toThrow(RangeError)
})

test.each([
  { quota: 1.5, windowSeconds: 1 },
  { quota: -1, windowSeconds: 1 },
  { quota: 1, windowSeconds: 0 },
  { quota: 1e13, windowSeconds: 3_600 },
])('%o is no limit', (limit) => {
  expect(() => new TokenBucket(limit, 0)).toThrow(RangeError)
})

test('the stricter of two limits refills slower, or holds less', () => {
  const [slow, fast, small] = [
    { quota: 20, windowSeconds: 10 },
    { quota: 200, windowSeconds: 10 },
    { quota: 2, windowSeconds: 1 },
  ] as const
  expect(stricter(slow, fast)).toBe(slow)
  expect(stricter(fast, slow)).toBe(slow)
  expect(stricter(slow, small)).toBe(small)
})
