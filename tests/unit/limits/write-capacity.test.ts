import { describe, expect, test } from 'vitest'
import { type Place, weightOf, writeCapacity } from '../../../workers/edge/limits/write-capacity.ts'

const settings = { initial: 20, min: 10, max: 100, quickMs: 400, slowMs: 1_000 }

function entered(capacity: ReturnType<typeof writeCapacity>, workspaceId: string, most: number, weight = 1): Place[] {
  const places: Place[] = []
  for (let i = 0; i < most; i++) {
    const place = capacity.enter(workspaceId, weight, 0)
    if (!place) break
    places.push(place)
  }
  return places
}

describe('writes under way in an isolate', () => {
  test('one workspace alone has all places, and what comes beyond is refused', () => {
    const capacity = writeCapacity(settings)
    const places = entered(capacity, 'flood', 1_000)
    expect(places).toHaveLength(20)
    places[0]?.leave(0)
    expect(entered(capacity, 'flood', 10)).toHaveLength(1)
  })

  test('while one floods, each other workspace still gets its share', () => {
    const capacity = writeCapacity(settings)
    entered(capacity, 'flood', 1_000)
    expect(entered(capacity, 'second', 1_000)).toHaveLength(10)
    expect(entered(capacity, 'third', 1_000)).toHaveLength(6)
    expect(capacity.enter('flood', 1, 0)).toBeNull()
  })

  test('however many workspaces come at once, there is one for each, and an end to it', () => {
    const capacity = writeCapacity(settings)
    let total = 0
    for (let workspace = 0; workspace < 500; workspace++) total += entered(capacity, `w${workspace}`, 50).length
    expect(total).toBeGreaterThanOrEqual(20)
    expect(total).toBeLessThanOrEqual(2 * settings.max)
  })

  test('a flood that was let in before the limit came down keeps nobody else out', () => {
    const capacity = writeCapacity({ ...settings, initial: 100 })
    const flood = entered(capacity, 'flood', 1_000)
    flood[0]?.leave(4_000, 4_000)
    flood[1]?.leave(6_000, 4_000)
    flood[2]?.leave(8_000, 4_000)
    expect(capacity.limit).toBeLessThan(15)
    expect(capacity.enter('flood', 1, 8_000)).toBeNull()
    expect(capacity.enter('neighbour', 1, 8_000)).not.toBeNull()
  })

  test('grows while writes are quick and many are wanted, shrinks when they are slow, once in a while', () => {
    const capacity = writeCapacity(settings)
    for (let round = 0; round < 40; round++) for (const place of entered(capacity, 'a', 1_000)) place.leave(300, 300)
    expect(capacity.limit).toBeGreaterThan(30)
    const before = capacity.limit
    // Twice as slow as may be halves it, once for all that were under way together.
    for (const place of entered(capacity, 'a', 1_000)) place.leave(2_000, 2_000)
    expect(capacity.limit).toBeGreaterThanOrEqual(Math.floor(before / 2))
    expect(capacity.limit).toBeLessThanOrEqual(Math.ceil((before + 1) / 2))
    for (let round = 0; round < 100; round++) capacity.enter('a', 1, round * 10_000)?.leave(round * 10_000 + 2_000, 2_000)
    expect(capacity.limit).toBe(settings.min)
  })

  test('what is left out of the count teaches nothing', () => {
    const capacity = writeCapacity(settings)
    for (const place of entered(capacity, 'a', 1_000)) place.leave(30_000)
    expect(capacity.limit).toBe(20)
  })

  test('a place that nobody gave back is forgotten after a minute; giving it back late changes nothing', () => {
    const capacity = writeCapacity(settings)
    const places = entered(capacity, 'a', 1_000)
    expect(capacity.enter('a', 1, 59_999)).toBeNull()
    expect(capacity.enter('a', 1, 60_000)).not.toBeNull()
    for (const place of places) place.leave(60_001, 60_001)
    expect(entered(capacity, 'a', 1_000)).toHaveLength(19)
  })

  test('a batch weighs as much as it brings, and one that is heavier than all there is goes alone', () => {
    const sent = (length: string | null, body: ReadableStream | null = new ReadableStream()) => ({
      body,
      headers: new Headers(length === null ? {} : { 'content-length': length }),
    })
    expect(weightOf(sent('200'))).toBe(1)
    expect(weightOf(sent(String(64 * 1024)))).toBe(4)
    expect(weightOf(sent('999999999'))).toBe(8)
    expect(weightOf(sent('nonsense'))).toBe(8)
    expect(weightOf(sent(null))).toBe(8)
    expect(weightOf(sent(null, null))).toBe(1)
    const capacity = writeCapacity({ ...settings, initial: 10 })
    expect(entered(capacity, 'a', 10, 16)).toHaveLength(1)
  })
})
