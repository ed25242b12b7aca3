// What keeps thousands of objects from doing the same in the same moment: turns for alarms, fewer and fewer repeats of what
// nobody confirms, and one line for what happens to all of them.

import { describe, expect, test } from 'vitest'
import { quietly } from '../../../durable-objects/log/quiet-report.ts'
import { wakeGate } from '../../../durable-objects/log/wake-gate.ts'

describe('wakeGate', () => {
  test('of 5,000 alarms in one moment few go on, and each of the others has a time of its own', () => {
    const gate = wakeGate()
    const entered = Array.from({ length: 5_000 }, () => gate.enter(1_000))
    const again = entered.flatMap((one) => ('againAtMs' in one ? [one.againAtMs] : []))
    expect(entered.length - again.length).toBe(24)
    expect(new Set(again).size).toBe(again.length)
    expect(Math.min(...again)).toBeGreaterThan(1_000)
    expect(Math.max(...again)).toBeLessThan(1_000 + 30_000)
  })

  test('when they come back in their turn and those before are done, they go on', () => {
    const gate = wakeGate()
    const first = Array.from({ length: 100 }, () => gate.enter(0))
    for (const one of first) if ('leave' in one) one.leave()
    for (const one of first) {
      if (!('againAtMs' in one)) continue
      const entered = gate.enter(one.againAtMs)
      expect('leave' in entered).toBe(true)
      if ('leave' in entered) entered.leave()
    }
  })

  test('an object that never came back is forgotten; nobody is told to come later than in a minute', () => {
    const gate = wakeGate()
    for (let i = 0; i < 24; i++) gate.enter(0)
    for (let i = 0; i < 50_000; i++) {
      const turned = gate.enter(10)
      if (i % 10_000 === 0) expect(turned).toMatchObject({ againAtMs: expect.any(Number) })
      if ('againAtMs' in turned && turned.againAtMs > 60_010) throw new Error(`too late: ${turned.againAtMs}`)
    }
    expect('leave' in gate.enter(10_000)).toBe(true)
  })
})

describe('quietly', () => {
  const trouble = (region: string, code: string) => ({ event: 'log/region_trouble' as const, region, code, detail: '' })

  test('10,000 times the same is one line, and one each ten seconds with how many it stands for', () => {
    const repeated = quietly()
    const lines: unknown[] = []
    for (let i = 0; i < 10_000; i++) {
      const more = repeated(trouble('eu-west-1', 'region/unavailable'), i * 2)
      if (more) lines.push(more)
    }
    expect(lines).toEqual([{}, { leftOut: 4_999 }])
  })

  test('another region or another code is another thing', () => {
    const repeated = quietly()
    const told = [trouble('eu-west-1', 'a'), trouble('eu-north-1', 'a'), trouble('eu-west-1', 'b'), trouble('eu-west-1', 'a')]
    expect(told.map((event) => repeated(event, 0) !== null)).toEqual([true, true, true, false])
  })

  test('what tells of one object alone is always written', () => {
    const repeated = quietly()
    const superseded = { event: 'log/superseded' as const, detail: 'x' }
    expect([0, 0, 0].map((at) => repeated(superseded, at))).toEqual([{}, {}, {}])
  })
})
