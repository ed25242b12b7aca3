import { describe, expect, test } from 'vitest'
import { answered, dropped, newAdaptiveLimit, placesOf, adaptiveLimitDefaults as settings } from '../../../domain/limits/adaptive-limit.ts'

/** A server that does `capacity` calls at once in `ms`; what is beyond waits its turn. */
const took = (inFlight: number, capacity: number, ms: number): number => ms * Math.max(1, inFlight / capacity)

function converged(capacity: number, calls: number, from = newAdaptiveLimit(settings)) {
  let state = from
  for (let call = 0; call < calls; call++) state = answered(state, took(placesOf(state), capacity, 10), placesOf(state), settings)
  return state
}

describe('adaptive limit', () => {
  test('grows to its most where nothing gets slower', () => {
    expect(placesOf(converged(10_000, 2_000))).toBe(settings.max)
  })

  test('shrinks when calls take longer than they used to, and comes back after', () => {
    const quick = converged(10_000, 2_000)
    let slow = quick
    for (let call = 0; call < 100; call++) slow = answered(slow, 200, placesOf(slow), settings)
    expect(placesOf(slow)).toBeLessThan(settings.max / 3)
    expect(placesOf(slow)).toBeGreaterThanOrEqual(settings.min)
    expect(placesOf(converged(10_000, 3_000, slow))).toBe(settings.max)
  })

  test('does not learn from calls that come nowhere near it', () => {
    let state = newAdaptiveLimit(settings)
    for (let call = 0; call < 1_000; call++) state = answered(state, 10, 1, settings)
    expect(placesOf(state)).toBe(settings.initial)
  })

  test('a burst of failures lowers it once a round trip, never below its least', () => {
    const state = converged(10_000, 2_000)
    let burst = state
    for (let failure = 0; failure < 20; failure++) burst = dropped(burst, 1_000, settings)
    expect(burst.limit).toBeCloseTo(state.limit * settings.backoff)
    for (let at = 2_000; at < 200_000; at += 1_000) burst = dropped(burst, at, settings)
    expect(burst.limit).toBe(settings.min)
  })
})
