import { describe, expect, test } from 'vitest'
import { Admission } from '../../../durable-objects/rate-limiter/admission.ts'
import { heldMs, type TakeRequest } from '../../../durable-objects/rate-limiter/rpc.ts'

const limit = { quota: 200, windowSeconds: 10 }
const suspect = { refusals: 100, withinSeconds: 60, limit: { quota: 20, windowSeconds: 10 }, forSeconds: 600 }
const atMs = 1_000_000_000

let ids = 0
const asking = (more: Partial<TakeRequest> = {}): TakeRequest => ({
  limit,
  suspect: null,
  leaseId: `lease${ids++}`,
  lease: 0,
  revocable: false,
  used: [],
  settled: [],
  refused: 0,
  ...more,
})
const takeMany = (admission: Admission, count: number, nowMs: number, more: Partial<TakeRequest> = {}): number =>
  Array.from({ length: count }, () => admission.take(asking(more), nowMs)).filter(({ allowed }) => allowed).length

describe('leases', () => {
  test('are debited, and are at most half of what is there', () => {
    const admission = new Admission(undefined, atMs)
    expect(admission.take(asking({ lease: 50 }), atMs)).toMatchObject({ leased: 50, remaining: 149 })
    expect(admission.take(asking({ lease: 250 }), atMs)).toMatchObject({ leased: 74, remaining: 74 })
    expect(takeMany(admission, 100, atMs)).toBe(74)
  })

  test('leave no room to refill while they may be used', () => {
    const admission = new Admission(undefined, atMs)
    admission.take(asking({ lease: 50 }), atMs)
    expect(admission.take(asking(), atMs + 1_900)).toMatchObject({ remaining: 149 })
    // The one token that was taken came back, and 100 ms of refill since the lease ended.
    expect(admission.take(asking(), atMs + heldMs + 100)).toMatchObject({ remaining: 150 + 2 - 1 })
  })

  test('come back when they are settled, once', () => {
    const admission = new Admission(undefined, atMs)
    const { leaseId } = { leaseId: 'a' }
    admission.take(asking({ leaseId, lease: 50 }), atMs)
    const settled: [string, number][] = [[leaseId, 30]]
    expect(admission.take(asking({ settled }), atMs)).toMatchObject({ remaining: 149 + 30 - 1 })
    expect(admission.take(asking({ settled }), atMs)).toMatchObject({ remaining: 149 + 30 - 2 })
  })

  test('bring back no more than they were, and nothing after their end', () => {
    const admission = new Admission(undefined, atMs)
    admission.take(asking({ leaseId: 'b', lease: 10 }), atMs)
    expect(admission.take(asking({ settled: [['b', 1_000]] }), atMs)).toMatchObject({ remaining: 198 })
    takeMany(admission, 100, atMs)
    admission.take(asking({ leaseId: 'c', lease: 10 }), atMs)
    const late = admission.take(asking({ settled: [['c', 10]] }), atMs + heldMs)
    expect(late.remaining).toBe(198 - 100 - 11 + 40 - 1)
  })

  test('are granted once, however often the call comes', () => {
    const admission = new Admission(undefined, atMs)
    const asked = asking({ lease: 50 })
    const [first, again] = [admission.take(asked, atMs), admission.take(asked, atMs)]
    expect(again).toEqual(first)
  })

  test('cannot be used up by a clock that is set back', () => {
    const admission = new Admission(undefined, atMs)
    admission.take(asking({ lease: 50 }), atMs)
    takeMany(admission, 149, atMs)
    const hourAgoMs = atMs - 3_600_000
    expect(takeMany(admission, 10, hourAgoMs)).toBe(0)
    expect(takeMany(admission, 100, hourAgoMs + 1_000)).toBe(20)
    expect(admission.idleAtMs(hourAgoMs + 1_000)).toBeLessThanOrEqual(hourAgoMs + 1_000 + heldMs + 10_000)
  })

  test('stand in the way until they end, and nobody waits longer than a token takes to ask again', () => {
    const admission = new Admission(undefined, atMs)
    const one = { quota: 1, windowSeconds: 1 }
    admission.take(asking({ limit: one, revocable: true }), atMs)
    expect(admission.take(asking({ limit: one }), atMs + 500)).toMatchObject({ allowed: false, retryMs: 1_000 })
    expect(admission.take(asking({ limit: one }), atMs + heldMs + 999)).toMatchObject({ allowed: false, retryMs: 1 })
    expect(admission.take(asking({ limit: one }), atMs + heldMs + 1_000)).toMatchObject({ allowed: true })
  })

  test('a quota of nothing is asked about once a window', () => {
    const none = { quota: 0, windowSeconds: 10 }
    expect(new Admission(undefined, atMs).take(asking({ limit: none, lease: 5 }), atMs)).toMatchObject({ allowed: false, retryMs: 10_000 })
  })
})

test('a token that its own request used was never held: the smallest bucket refills as it should', () => {
  const admission = new Admission(undefined, atMs)
  const one = { quota: 1, windowSeconds: 1 }
  for (let second = 0; second < 10; second++) {
    const used = second === 0 ? [] : [`own${second - 1}`]
    const asked = asking({ limit: one, revocable: true, leaseId: `own${second}`, used })
    expect(admission.take(asked, atMs + second * 1_000)).toMatchObject({ allowed: true })
  }
})

describe('suspects', () => {
  test('refusals, those that isolates made themselves too, throttle; the reply says so once', () => {
    const admission = new Admission(undefined, atMs)
    expect(takeMany(admission, 250, atMs, { suspect })).toBe(200)
    const before = admission.take(asking({ suspect, refused: 48 }), atMs)
    expect(before.throttled).toBeUndefined()
    const untilMs = atMs + 600_000
    expect(admission.take(asking({ suspect }), atMs)).toMatchObject({
      allowed: false,
      limit: suspect.limit,
      throttled: { limit: suspect.limit, untilMs, started: true },
    })
    expect(admission.take(asking({ suspect }), atMs)).toMatchObject({ throttled: { started: false } })
    expect(takeMany(admission, 100, atMs + 60_000, { suspect })).toBe(20)
    expect(takeMany(admission, 1_000, untilMs - 1, { suspect })).toBe(20)
    const after = admission.take(asking({ suspect }), untilMs + 1_000)
    expect(after).toMatchObject({ allowed: true, limit })
    expect(after.throttled).toBeUndefined()
  })

  test('refusals that are long ago do not count', () => {
    const admission = new Admission(undefined, atMs)
    for (let minute = 0; minute < 10; minute++) {
      const { throttled } = admission.take(asking({ suspect, refused: 99 }), atMs + minute * 60_000)
      expect(throttled).toBeUndefined()
    }
    expect(admission.take(asking({ suspect, refused: 1 }), atMs + 9 * 60_000).throttled?.started).toBe(true)
  })

  test('a throttle survives a restart, and ends when it is lifted', () => {
    const first = new Admission(undefined, atMs)
    first.take(asking({ suspect, refused: 100 }), atMs)
    const saved = first.save(atMs) ?? undefined
    const second = new Admission(structuredClone(saved), atMs + 5_000)
    expect(second.throttled(atMs + 5_000)).toEqual({ limit: suspect.limit, untilMs: atMs + 600_000, started: false })
    expect(takeMany(second, 100, atMs + 60_000, { suspect })).toBe(20)
    expect(second.lift(atMs + 60_000)).toBe(true)
    expect(second.lift(atMs + 60_000)).toBe(false)
    expect(takeMany(second, 300, atMs + 120_000, { suspect })).toBe(200)
  })

  test('nobody is throttled without a rule, and who was no longer is', () => {
    const admission = new Admission(undefined, atMs)
    admission.take(asking({ suspect, refused: 100 }), atMs)
    expect(admission.take(asking({ refused: 1_000_000 }), atMs)).toMatchObject({ limit })
    expect(admission.throttled(atMs)).toBeNull()
  })

  test('the rule never raises a limit that is stricter already', () => {
    const admission = new Admission(undefined, atMs)
    const strict = { quota: 1, windowSeconds: 10 }
    expect(admission.take(asking({ suspect, refused: 100, limit: strict }), atMs)).toMatchObject({ limit: strict })
  })
})

describe('what is kept', () => {
  test('nothing, while a new object would know as much', () => {
    const admission = new Admission(undefined, atMs)
    expect(admission.save(atMs)).toBeNull()
    admission.take(asking(), atMs)
    expect(admission.save(atMs)).not.toBeNull()
    expect(admission.idleAtMs(atMs)).toBe(atMs + 50)
    expect(admission.save(atMs + 50)).toBeNull()
  })

  test('a restart loses what was given since, and refills nothing for that second', () => {
    const first = new Admission(undefined, atMs)
    takeMany(first, 200, atMs)
    const saved = first.save(atMs) ?? undefined
    expect(takeMany(new Admission(saved, atMs + 1_000), 200, atMs + 1_000)).toBe(0)
    expect(takeMany(new Admission(saved, atMs + 2_000), 200, atMs + 2_000)).toBe(20)
  })

  test('leases stay held, and nobody can hand them back', () => {
    const first = new Admission(undefined, atMs)
    first.take(asking({ leaseId: 'd', lease: 50 }), atMs)
    const second = new Admission(first.save(atMs) ?? undefined, atMs + 1_000)
    const settled: [string, number][] = [
      ['d', 50],
      ['', 50],
    ]
    expect(second.take(asking({ settled }), atMs + 1_900)).toMatchObject({ remaining: 149 })
  })
})
