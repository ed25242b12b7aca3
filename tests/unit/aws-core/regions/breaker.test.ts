// The breaker as tables of steps: each row is what happens at what second, and the mode after it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { admit, type BreakerState, breakerDefaults, closedBreaker, settle } from '../../../../aws-core/regions/breaker.ts'

type Step =
  /** Asks; the ticket is kept under `as`. `refused` when the breaker must say no. */
  | { at: number; ask: string; refused?: true; mode: BreakerState['mode'] }
  | { at: number; ok: string; mode: BreakerState['mode'] }
  | { at: number; bad: string; mode: BreakerState['mode'] }

function run(steps: Step[], from: BreakerState = closedBreaker): BreakerState {
  const tickets = new Map<string, number>()
  let state = from
  for (const [index, step] of steps.entries()) {
    const now = step.at * 1000
    if ('ask' in step) {
      const admission = admit(state, now, breakerDefaults)
      expect(admission.admitted, `step ${index}`).toBe(!step.refused)
      if (admission.admitted) tickets.set(step.ask, admission.ticket)
      state = admission.state
    } else {
      const name = 'ok' in step ? step.ok : step.bad
      state = settle(state, tickets.get(name) ?? Number.NaN, 'ok' in step, now, breakerDefaults)
    }
    expect(state.mode, `step ${index}`).toBe(step.mode)
  }
  return state
}

const failOnce = (at: number, name: string, after: BreakerState['mode'] = 'closed'): Step[] => [
  { at, ask: name, mode: 'closed' },
  { at, bad: name, mode: after },
]
const failures = (count: number): Step[] => Array.from({ length: count }, (_, index) => failOnce(0, `f${index}`)).flat()
/** Opened at second 0. */
const opened: Step[] = [...failures(4), ...failOnce(0, 'fifth', 'open')]

describe('closed', () => {
  test('five failures in a row open it', () => {
    run(opened)
  })

  test('a success in between starts the count again', () => {
    run([
      ...failures(4),
      { at: 0, ask: 's', mode: 'closed' },
      { at: 0, ok: 's', mode: 'closed' },
      ...failures(4),
      ...failOnce(0, 'last', 'open'),
    ])
  })

  test('five that were under way together open it, and the sixth of them changes nothing', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const asked: Step[] = names.map((ask) => ({ at: 0, ask, mode: 'closed' }))
    const answered: Step[] = names.map((bad, index) => ({ at: 1, bad, mode: index < 4 ? 'closed' : 'open' }))
    expect(run([...asked, ...answered])).toMatchObject({ mode: 'open', untilMs: 61_000 })
  })
})

describe('open', () => {
  test('lets nothing through for sixty seconds, then one', () => {
    run([
      ...opened,
      { at: 0, ask: 'x', refused: true, mode: 'open' },
      { at: 59.999, ask: 'x', refused: true, mode: 'open' },
      { at: 60, ask: 'trial', mode: 'half-open' },
      { at: 60, ask: 'x', refused: true, mode: 'half-open' },
    ])
  })

  test('two successes close it', () => {
    const state = run([
      ...opened,
      { at: 60, ask: 'one', mode: 'half-open' },
      { at: 61, ok: 'one', mode: 'half-open' },
      { at: 61, ask: 'two', mode: 'half-open' },
      { at: 62, ok: 'two', mode: 'closed' },
    ])
    expect(state).toMatchObject({ mode: 'closed', failures: 0 })
  })

  test('a failed trial opens it for another sixty seconds, after one success too', () => {
    run([
      ...opened,
      { at: 60, ask: 'one', mode: 'half-open' },
      { at: 61, ok: 'one', mode: 'half-open' },
      { at: 61, ask: 'two', mode: 'half-open' },
      { at: 62, bad: 'two', mode: 'open' },
      { at: 121.999, ask: 'x', refused: true, mode: 'open' },
      { at: 122, ask: 'one again', mode: 'half-open' },
      { at: 122, ok: 'one again', mode: 'half-open' },
    ])
  })

  test('a trial that never reports is given up after five seconds', () => {
    run([
      ...opened,
      { at: 60, ask: 'lost', mode: 'half-open' },
      { at: 64.999, ask: 'x', refused: true, mode: 'half-open' },
      { at: 65, ask: 'next', mode: 'half-open' },
    ])
  })
})

describe('late answers', () => {
  const before: Step = { at: 0, ask: 'early', mode: 'closed' }

  test('a success from before it opened does not close it', () => {
    run([
      before,
      ...opened,
      { at: 1, ok: 'early', mode: 'open' },
      { at: 60, ask: 'trial', mode: 'half-open' },
      { at: 60, ok: 'early', mode: 'half-open' },
      { at: 60, ok: 'trial', mode: 'half-open' },
      { at: 60, ask: 'second', mode: 'half-open' },
    ])
  })

  test('a failure from before it opened neither opens it again nor counts once it is closed', () => {
    const state = run([
      before,
      ...opened,
      { at: 60, ask: 'one', mode: 'half-open' },
      { at: 60, bad: 'early', mode: 'half-open' },
      { at: 60, ok: 'one', mode: 'half-open' },
      { at: 60, ask: 'two', mode: 'half-open' },
      { at: 60, ok: 'two', mode: 'closed' },
      { at: 60, bad: 'early', mode: 'closed' },
    ])
    expect(state).toMatchObject({ failures: 0 })
  })
})

test('whatever happens, it opens only on five failures in a row and never admits before its time', () => {
  const event = fc.record({ afterMs: fc.nat(30_000), kind: fc.constantFrom('ask', 'ok', 'bad'), which: fc.nat(9) })
  const property = fc.property(fc.array(event, { maxLength: 200 }), (events) => {
    let [state, now, inARow]: [BreakerState, number, number] = [closedBreaker, 0, 0]
    const out: number[] = []
    for (const { afterMs, kind, which } of events) {
      now += afterMs
      const was = state
      if (kind === 'ask') {
        const admission = admit(state, now, breakerDefaults)
        if (was.mode === 'open') expect(admission.admitted).toBe(now >= was.untilMs)
        if (admission.admitted) out.push(admission.ticket)
        state = admission.state
        continue
      }
      const ticket = out.splice(which % Math.max(out.length, 1), 1)[0]
      if (ticket === undefined) continue
      state = settle(state, ticket, kind === 'ok', now, breakerDefaults)
      if (ticket !== was.epoch) expect(state).toEqual(was)
      else if (was.mode === 'closed') {
        inARow = kind === 'ok' ? 0 : inARow + 1
        expect(state.mode).toBe(inARow >= 5 ? 'open' : 'closed')
      }
      if (state.mode !== 'closed') inARow = 0
    }
  })
  fc.assert(property, { numRuns: 300 })
})
