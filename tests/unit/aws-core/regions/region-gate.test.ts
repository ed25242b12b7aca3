import { describe, expect, test } from 'vitest'
import { breakerDefaults } from '../../../../aws-core/regions/breaker.ts'
import {
  type BreakerChange,
  type GateSettings,
  type Passage,
  RegionGate,
  type Urgency,
  type Verdict,
} from '../../../../aws-core/regions/region-gate.ts'

const limits = { initial: 4, min: 2, max: 4, tolerance: 2, backoff: 0.5 }

/** A gate with time and every call's end in the test's hand. */
function gated(initial = limits) {
  const gate = new RegionGate('eu-west-1', initial)
  const it = { nowMs: 0, sent: [] as string[], changes: [] as BreakerChange[] }
  const sleepers: { atMs: number; wake: () => void }[] = []
  const settings: GateSettings = {
    now: () => it.nowMs,
    random: () => 0.5,
    sleep: (ms) => new Promise((wake) => sleepers.push({ atMs: it.nowMs + ms, wake })),
    breaker: breakerDefaults,
    waitMs: { fresh: 2_500, background: 15_000 },
    report: (change) => it.changes.push(change),
  }
  const ends: (() => void)[] = []
  const call = (name: string, { key = 'w', urgency = 'fresh' as Urgency, verdict = 'answered' as Verdict } = {}) => {
    const passage: Passage = { key, urgency, sampled: true, isWaiting: false }
    const ended = gate.pass(
      passage,
      settings,
      () => {
        it.sent.push(name)
        return new Promise<string>((resolve) => ends.push(() => resolve(name)))
      },
      () => verdict,
    )
    return { ended, passage, waits: () => passage.isWaiting }
  }
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  /** Everybody who waits looks; some of them more than once before there is nothing left to take. */
  const look = async () => {
    for (let round = 0; round < 4; round++) {
      // In no order that a test may rely on: whoever came last looks first.
      for (const sleeper of sleepers.splice(0).reverse()) sleeper.wake()
      await settle()
    }
  }
  return Object.assign(it, {
    gate,
    settings,
    call,
    settle,
    /** The oldest call that is out is answered. */
    async answer() {
      ends.shift()?.()
      await settle()
      await look()
    },
    async pass(ms: number) {
      it.nowMs += ms
      for (const sleeper of sleepers.splice(0)) {
        if (sleeper.atMs <= it.nowMs) sleeper.wake()
        else sleepers.push(sleeper)
      }
      await settle()
    },
  })
}

describe('RegionGate', () => {
  test('no more calls are out than the limit says; the others wait, and go in turn of their tenants', async () => {
    const it = gated()
    for (let i = 1; i <= 12; i++) it.call(`a${i}`, { key: 'a' })
    it.call('b1', { key: 'b' })
    await it.settle()
    expect(it.sent).toEqual(['a1', 'a2', 'a3', 'a4'])
    expect(it.gate.state).toMatchObject({ inFlight: 4, waiting: { fresh: 9, background: 0 } })
    for (let i = 0; i < 4; i++) await it.answer()
    expect(it.gate.state.inFlight).toBe(4)
    // Two of a's had been called before b came; then they take turns.
    expect(it.sent.slice(4, 8)).toContain('b1')
    expect(it.sent.slice(4, 8).sort()).not.toContain('a12')
  })

  test('what somebody waits for goes first; the background has half of the places at most, and is never starved', async () => {
    const it = gated()
    for (let i = 0; i < 6; i++) it.call(`repair${i}`, { urgency: 'background' })
    await it.settle()
    expect(it.sent).toEqual(['repair0', 'repair1'])
    for (let i = 0; i < 30; i++) it.call(`fresh${i}`)
    await it.settle()
    expect(it.sent.slice(2)).toEqual(['fresh0', 'fresh1'])
    for (let i = 0; i < 20; i++) await it.answer()
    const repairs = it.sent.slice(4).filter((name) => name.startsWith('repair')).length
    expect(repairs).toBeGreaterThan(0)
    expect(repairs).toBeLessThan(6)
  })

  test('what somebody waits for after all moves to the other line', async () => {
    const it = gated()
    for (let i = 0; i < 4; i++) it.call(`out${i}`)
    const repairs = Array.from({ length: 20 }, (_, i) => it.call(`repair${i}`, { urgency: 'background' }))
    for (let i = 0; i < 3; i++) it.call(`fresh${i}`)
    await it.settle()
    const last = repairs.at(-1)
    if (last) last.passage.urgency = 'fresh'
    for (let i = 0; i < 8; i++) await it.answer()
    expect(it.sent).toContain('repair19')
    expect(it.sent.indexOf('repair19')).toBeLessThan(9)
  })

  test('who would wait longer than it may is told so at once, and when to come again; nothing is sent', async () => {
    const it = gated()
    // Calls take a second each: with four places, ten in line are two and a half seconds.
    it.call('measure')
    await it.settle()
    await it.pass(1_000)
    await it.answer()
    for (let i = 0; i < 14; i++) it.call(`call${i}`)
    await it.settle()
    expect(it.gate.load('w', it.settings)).toMatchObject({ isAway: false, isFull: true })
    const turned = await it.call('late').ended
    expect(turned).toMatchObject({ turnedAway: 'overloaded' })
    expect('retryAfterMs' in turned && turned.retryAfterMs).toBeGreaterThan(2_000)
    expect(it.sent).not.toContain('late')
    expect(it.gate.breaker.mode).toBe('closed')
    // Another tenant's first call is one turn away.
    expect(it.gate.load('other', it.settings).isFull).toBe(false)
  })

  test('one tenant may fill the line, and another still gets in', async () => {
    const it = gated({ ...limits, initial: 4 })
    for (let i = 0; i < 3_000; i++) it.call(`flood${i}`, { key: 'flood' })
    await it.settle()
    const { waiting } = it.gate.state
    expect(waiting.fresh).toBeLessThan(2_500)
    expect(await it.call('late', { key: 'flood' }).ended).toMatchObject({ turnedAway: 'overloaded' })
    const other = it.call('other', { key: 'other' })
    await it.settle()
    expect(other.waits()).toBe(true)
    for (let i = 0; i < 5; i++) await it.answer()
    expect(it.sent).toContain('other')
  })

  test('who has waited as long as it may goes away, unsent', async () => {
    const it = gated()
    for (let i = 0; i < 4; i++) it.call(`call${i}`)
    const late = it.call('late')
    await it.settle()
    expect(late.waits()).toBe(true)
    for (let waited = 0; waited < 2_500; waited += 250) await it.pass(250)
    expect(await late.ended).toMatchObject({ turnedAway: 'overloaded' })
    expect(late.waits()).toBe(false)
    expect(it.gate.state.waiting.fresh).toBe(0)
  })

  test('a place that is never given back is taken for lost after half of one', async () => {
    const it = gated()
    for (let i = 0; i < 4; i++) it.call(`dead${i}`)
    await it.settle()
    it.nowMs = 29_999
    const waiting = it.call('waiting')
    await it.settle()
    expect(waiting.waits()).toBe(true)
    await it.pass(250)
    expect(it.sent).toContain('waiting')
  })

  test('an open breaker refuses at once, sends one probe when its time is over, and says each change once', async () => {
    const it = gated()
    for (let i = 0; i < 5; i++) {
      const failed = it.call(`fail${i}`, { verdict: 'failed' })
      await it.settle()
      await it.answer()
      await failed.ended
    }
    const refused = await Promise.all(Array.from({ length: 1_000 }, (_, i) => it.call(`refused${i}`).ended))
    expect(refused.every((one) => 'turnedAway' in one && one.turnedAway === 'open')).toBe(true)
    // They come back spread out behind the end of its time, not in one moment.
    expect(Math.max(...refused.map((one) => ('retryAfterMs' in one ? one.retryAfterMs : 0)))).toBeGreaterThan(60_000)
    expect(it.changes).toEqual([
      { event: 'region/breaker', region: 'eu-west-1', from: 'closed', to: 'open', answered: 0, failed: 5, refused: 0 },
    ])
    await it.pass(60_000)
    it.sent.length = 0
    const probes = [it.call('probe'), it.call('second'), it.call('third')]
    await it.settle()
    expect(it.sent).toEqual(['probe'])
    await it.answer()
    expect(await probes[0]?.ended).toEqual({ value: 'probe' })
    expect(await probes[1]?.ended).toMatchObject({ turnedAway: 'open' })
    it.call('again')
    await it.settle()
    await it.answer()
    expect(it.gate.breaker.mode).toBe('closed')
    expect(it.changes.map(({ to, refused: count }) => [to, count])).toEqual([
      ['open', 0],
      ['half-open', 1_000],
      ['closed', 2],
    ])
  })

  test('those in line when it opens are told so, and none of them is sent', async () => {
    const it = gated()
    const calls = Array.from({ length: 55 }, (_, i) => it.call(`call${i}`, { verdict: 'failed' }))
    await it.settle()
    while (it.gate.breaker.mode === 'closed') await it.answer()
    const sent = it.sent.length
    while (it.gate.state.inFlight > 0) await it.answer()
    const ended = await Promise.all(calls.map((one) => one.ended))
    expect(it.sent.length).toBe(sent)
    expect(ended.filter((one) => 'turnedAway' in one && one.turnedAway === 'open')).toHaveLength(55 - sent)
    expect(it.gate.state).toMatchObject({ inFlight: 0, waiting: { fresh: 0, background: 0 } })
  })

  test('a region that answers late has fewer calls out, and gets more again when it is quick', async () => {
    const it = gated({ initial: 32, min: 2, max: 32, tolerance: 2, backoff: 0.5 })
    const rounds = async (count: number, ms: number) => {
      for (let round = 0; round < count; round++) {
        const { limit } = it.gate.state
        for (let i = 0; i < limit; i++) it.call('call')
        await it.settle()
        await it.pass(ms)
        for (let i = 0; i < limit; i++) await it.answer()
      }
    }
    await rounds(20, 10)
    expect(it.gate.state.limit).toBe(32)
    await rounds(10, 400)
    expect(it.gate.state.limit).toBeLessThan(16)
    await rounds(60, 10)
    expect(it.gate.state.limit).toBe(32)
  })
})
