// One-time codes on a simulated clock: examples, and a model that is asked to issue and to guess in every order. What the
// model checks is said from outside, by counting, not by the rules' own arithmetic.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CodeState,
  codeLivesMs,
  devicesCounted,
  issueCode,
  newCode,
  noCodes,
  redeemCode,
  wrongTriesAllowed,
} from '../../../durable-objects/sign-in/code-state.ts'

const purpose = { context: 'app', platform: 'web' } as const
const macOf = (code: string) => createHash('sha256').update(code).digest('hex')
const second = 1000
const hour = 3600 * second

/** One mailbox, with its clock, and whoever asks it for codes. */
function mailbox() {
  let state: CodeState = noCodes
  let nowMs = 1_000_000_000_000
  let attempts = 0
  return {
    get nowMs() {
      return nowMs
    },
    wait(ms: number) {
      nowMs += ms
    },
    asker: (emailHash: string, device?: string) => {
      const by = { emailHash, ...(device !== undefined && { device }) }
      return {
        issue(code: string): boolean {
          const after = issueCode(state, by, macOf(code), purpose, nowMs)
          if (after) state = after
          return after !== null
        },
        redeem(code: string, attemptId = `attempt-${++attempts}`): boolean {
          const result = redeemCode(state, by, macOf(code), attemptId, nowMs)
          state = result.state
          return result.purpose !== null
        },
      }
    },
    kept: () => JSON.stringify(state),
  }
}

const anybody = { emailHash: 'ada' }

/** One address, with its clock. */
function address() {
  const its = mailbox()
  // Not spread: the clock is read when it is asked.
  return Object.assign(its, its.asker(anybody.emailHash))
}

describe('a code', () => {
  test('is accepted once, and says what it is for', () => {
    const state = issueCode(noCodes, anybody, macOf('123456'), { context: 'dashboard', platform: 'mobile' }, 5)
    if (!state) throw new Error('no code')
    const first = redeemCode(state, anybody, macOf('123456'), 'a', 6)
    expect(first.purpose).toEqual({ context: 'dashboard', platform: 'mobile' })
    expect(redeemCode(first.state, anybody, macOf('123456'), 'b', 7).purpose).toBeNull()
  })

  test('is accepted again for the attempt that it was accepted for, whose answer may be lost, and for no wrong code of it', () => {
    const one = address()
    one.issue('123456')
    expect([one.redeem('123456', 'a'), one.redeem('123456', 'a'), one.redeem('654321', 'a'), one.redeem('123456', 'b')]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('holds until three minutes are over', () => {
    const [just, over] = [address(), address()]
    for (const one of [just, over]) one.issue('123456')
    just.wait(codeLivesMs - 1)
    over.wait(codeLivesMs)
    expect([just.redeem('123456'), over.redeem('123456')]).toEqual([true, false])
  })

  test('survives four wrong ones and not five', () => {
    const [four, five] = [address(), address()]
    for (const one of [four, five]) one.issue('123456')
    for (let i = 0; i < 4; i++) four.redeem('000000')
    for (let i = 0; i < 5; i++) five.redeem('000000')
    expect([four.redeem('123456'), five.redeem('123456')]).toEqual([true, false])
  })

  test('gives way to the next, and stays where the next came too soon', () => {
    const one = address()
    one.issue('111111')
    one.wait(29 * second)
    expect(one.issue('222222')).toBe(false)
    expect(one.redeem('222222')).toBe(false)
    one.wait(second)
    expect(one.issue('333333')).toBe(true)
    expect([one.redeem('111111'), one.redeem('333333')]).toEqual([false, true])
  })

  test('is never kept', () => {
    const one = address()
    one.issue('873156')
    one.redeem('873156')
    expect(one.kept()).not.toContain('873156')
  })
})

test('five in an hour, twenty in a day', () => {
  const one = address()
  const made: number[] = []
  for (const startMs = one.nowMs; one.nowMs < startMs + 24 * hour; one.wait(31 * second)) if (one.issue('1')) made.push(one.nowMs - startMs)
  expect(made.filter((atMs) => atMs < hour)).toHaveLength(5)
  expect(made).toHaveLength(20)
})

test('whatever is asked in whatever order: one success a code at most, five guesses a code, a hundred a day', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('issue' as const), waitMs: fc.integer({ min: 0, max: 90 * second }) }),
    fc.record({ do: fc.constant('right' as const), waitMs: fc.integer({ min: 0, max: 60 * second }) }),
    fc.record({ do: fc.constant('wrong' as const), waitMs: fc.integer({ min: 0, max: 2 * second }) }),
    fc.record({ do: fc.constant('rest' as const), waitMs: fc.integer({ min: 0, max: 5 * hour }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const one = address()
      let serial = 0
      /** What an onlooker knows: the code that is out, when it was made, what was tried. */
      let out: { code: string; madeAtMs: number; wrong: number; used: boolean } | null = null
      const madeAt: number[] = []
      const countedGuesses: number[] = []
      for (const { do: what, waitMs } of steps) {
        one.wait(waitMs)
        if (what === 'issue') {
          const code = String(++serial).padStart(6, '0')
          const recent = (withinMs: number) => madeAt.filter((atMs) => one.nowMs - atMs < withinMs).length
          const isAllowed = recent(30 * second) < 1 && recent(hour) < 5 && recent(24 * hour) < 20
          expect(one.issue(code)).toBe(isAllowed)
          if (!isAllowed) continue
          madeAt.push(one.nowMs)
          out = { code, madeAtMs: one.nowMs, wrong: 0, used: false }
        } else if (what !== 'rest') {
          const isLive: boolean = out !== null && !out.used && out.wrong < wrongTriesAllowed && one.nowMs - out.madeAtMs < codeLivesMs
          if (isLive) countedGuesses.push(one.nowMs)
          const accepted = one.redeem(what === 'right' && out ? out.code : 'nothing')
          expect(accepted).toBe(isLive && what === 'right')
          if (out && accepted) out.used = true
          else if (out && isLive) out.wrong += 1
        }
      }
      // Every guess that could have hit, within any day: each code takes five, and lives three minutes into the next day at most.
      for (const fromMs of countedGuesses)
        expect(countedGuesses.filter((atMs) => atMs >= fromMs && atMs - fromMs < 24 * hour - codeLivesMs).length).toBeLessThanOrEqual(100)
    }),
    { numRuns: 300 },
  )
})

describe('an attacker who knows the address', () => {
  /** Everything that costs an attacker nothing: codes as often as they are made, and five wrong guesses at each. */
  function attack(its: ReturnType<typeof mailbox>) {
    const attacker = its.asker('ada')
    attacker.issue('666666')
    for (let i = 0; i < wrongTriesAllowed; i++) attacker.redeem('000000')
  }

  test('keeps a device that was never seen out for a while, and one that was not at any moment of two days', () => {
    const its = mailbox()
    const [known, fresh] = [its.asker('ada', 'phone'), its.asker('ada')]
    let refused = 0
    for (let minute = 0; minute < 48 * 60; minute++, its.wait(60 * second)) {
      attack(its)
      // The owner signs in every three hours, and is attacked between each two steps.
      if (minute % 180 !== 0) continue
      if (!fresh.issue('111111')) refused += 1
      expect(known.issue('222222')).toBe(true)
      attack(its)
      expect(known.redeem('222222')).toBe(true)
    }
    expect(refused).toBeGreaterThan(10)
  })

  test('has no more guesses by it: what a device has out is not theirs to guess', () => {
    const its = mailbox()
    its.asker('ada', 'phone').issue('222222')
    expect([its.asker('ada').redeem('222222'), its.asker('ada', 'other').redeem('222222')]).toEqual([false, false])
    expect(its.asker('ada', 'phone').redeem('222222')).toBe(true)
  })

  test('cannot use the limits of a device up, and the device cannot go beyond them', () => {
    const its = mailbox()
    const phone = its.asker('ada', 'phone')
    const made = Array.from({ length: 200 }, () => {
      its.wait(31 * second)
      attack(its)
      return phone.issue('1')
    })
    expect(made.slice(0, 110).filter(Boolean)).toHaveLength(5)
  })
})

describe('a device', () => {
  test('that asked before it could prove itself brings the code that everybody has', () => {
    const its = mailbox()
    its.asker('ada').issue('111111')
    expect(its.asker('ada', 'phone').redeem('111111')).toBe(true)
  })

  test('has five guesses at a code like anybody else, and not those of everybody besides', () => {
    const its = mailbox()
    its.asker('ada').issue('111111')
    its.asker('ada', 'phone').issue('222222')
    for (let i = 0; i < wrongTriesAllowed; i++) its.asker('ada', 'phone').redeem('000000')
    expect([its.asker('ada', 'phone').redeem('222222'), its.asker('ada', 'phone').redeem('111111')]).toEqual([false, false])
    expect(its.asker('ada').redeem('111111')).toBe(true)
  })

  test('beyond the fiftieth in a day shares the limits of everybody, so that what is kept stays small', () => {
    const its = mailbox()
    const issued = Array.from({ length: 200 }, (_, i) => its.asker('ada', `device-${i}`).issue('1'))
    expect(issued.filter(Boolean).length).toBe(devicesCounted + 1)
    expect(its.kept().length).toBeLessThan(20_000)
    its.wait(25 * hour)
    its.asker('ada', 'device-199').issue('1')
    expect(its.kept().length).toBeLessThan(400)
  })
})

describe('the addresses of one mailbox', () => {
  test('share its limits: twenty names bring one mail in thirty seconds, and five in an hour', () => {
    const its = mailbox()
    const names = Array.from({ length: 20 }, (_, i) => its.asker(`ada+${i}`))
    expect(names.filter((name) => name.issue('1'))).toHaveLength(1)
    its.wait(31 * second)
    let made = 1
    for (const name of names) {
      if (name.issue('1')) made += 1
      its.wait(31 * second)
    }
    expect(made).toBe(5)
  })

  test('have codes of their own: what was mailed for one signs no other in', () => {
    const its = mailbox()
    its.asker('ada+a').issue('111111')
    expect([its.asker('ada+b').redeem('111111'), its.asker('ada').redeem('111111')]).toEqual([false, false])
    its.wait(31 * second)
    its.asker('ada+b').issue('222222')
    expect([its.asker('ada+a').redeem('111111'), its.asker('ada+b').redeem('222222')]).toEqual([true, true])
  })
})

describe('newCode', () => {
  test('has six digits, leading zeros too', () => expect([newCode(() => 7), newCode(() => 999_999)]).toEqual(['000007', '999999']))

  test('draws again at the uneven end of 32 bits', () => {
    const draws = [4_294_967_295, 4_294_000_000, 4_293_999_999]
    expect(newCode(() => draws.shift() ?? 0)).toBe('999999')
    expect(draws).toEqual([])
  })
})
