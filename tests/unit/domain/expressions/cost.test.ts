// What is charged for an expression covers the work that it makes, for every operator and whatever is in the event, and
// a search for the worst accepted one does not get past it. `bench/worst/rules.ts` says what that is in milliseconds.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candidate, climb, growCandidate, grownOperators, randomFrom } from '../../../../bench/worst/rule-grammar.ts'
import { Budget, stepsPerEvent, stepsPerExpression } from '../../../../domain/expressions/budget.ts'
import { signatures } from '../../../../domain/expressions/signatures.ts'
import { textContains } from '../../../../domain/expressions/texts.ts'
import { evaluateBoolean } from './evaluated.ts'
import { workOf } from './work.ts'

const unitsPerStep = 48
/** An operator on its own, with all that an evaluation begins with. */
const unitsToBegin = 400

function costOf({ expression, additionalData }: Candidate): { work: number; spent: number } {
  const budget = new Budget()
  const event = { value: 1, tags: ['a', 'b'], additionalData, completedAt: '2026-09-15T22:30:00.000Z' }
  const work = workOf(() => evaluateBoolean(expression, { event, previousEvent: null }, budget))
  return { work, spent: budget.spent }
}

const data = (name: string) => ({ var: `event.additionalData.${name}` })
const [text, other, list, numbers] = [data('text'), data('other'), data('list'), data('numbers')]

/** Each goes through its operands: a text of n characters, one that differs at its end, lists of n / 8. */
const through: [string, unknown][] = [
  ['in', { in: [other, text] }],
  ['in', { in: [text, list] }],
  ['in', { in: [-1, list] }],
  ['cat', { cat: [text, 'x'] }],
  ['cat', { cat: list }],
  ['substr', { substr: [text, 1, 2] }],
  ...['==', '!=', '===', '!==', '<', '<=', '>', '>='].map((name): [string, unknown] => [name, { [name]: [text, other] }]),
  ['<', { '<': [text, text, text] }],
  ...['+', '*', 'min', 'max'].map((name): [string, unknown] => [name, { [name]: numbers }]),
  ['merge', { merge: [list, list] }],
  ['merge', { merge: list }],
  ...['map', 'filter', 'all', 'none'].map((name): [string, unknown] => [name, { [name]: [list, name !== 'none'] }]),
  ['some', { some: [list, false] }],
  ['reduce', { reduce: [list, { var: 'current' }, 0] }],
  ['missing_some', { missing_some: [1, list] }],
]

describe('what is charged', () => {
  it.each(through)('for %s grows with what it goes through: %j', (_name, expression) => {
    for (const length of [512, 4096, 14_000]) {
      const additionalData = {
        text: 'a'.repeat(length),
        other: `${'a'.repeat(length - 1)}b`,
        list: Array.from({ length: length / 8 }, () => 'a'),
        numbers: Array.from({ length: length / 8 }, () => 1),
      }
      const { work, spent } = costOf({ expression, additionalData })
      expect(spent).toBeGreaterThan(Math.min(length >> 6, stepsPerExpression))
      expect(work).toBeLessThan(unitsToBegin + unitsPerStep * spent)
    }
  })

  it('covers the work of any accepted expression on any event', () => {
    const reached = new Set<string>()
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const candidate = growCandidate(randomFrom(seed))
        for (const name of signatures.keys()) if (JSON.stringify(candidate.expression).includes(`{"${name}":`)) reached.add(name)
        const { work, spent } = costOf(candidate)
        expect(spent).toBeLessThanOrEqual(stepsPerExpression)
        expect(work).toBeLessThan(unitsToBegin + unitsPerStep * spent)
      }),
      { numRuns: 1500, seed: 9 },
    )
    // All but one that has another name: the generator must reach what the property is about.
    expect([...signatures.keys()].filter((name) => !reached.has(name))).toEqual(['?:'])
    expect([...grownOperators].sort()).toEqual([...signatures.keys()].sort())
  })

  it.each([1, 2, 3])('is not got past by searching for it (seed %i)', (seed) => {
    const unitsAStep = (candidate: Candidate) => {
      const { work, spent } = costOf(candidate)
      return Math.max(0, work - unitsToBegin) / spent
    }
    expect(climb(randomFrom(seed), 600, unitsAStep).badness).toBeLessThan(unitsPerStep)
  })

  it('ends for an event at its budget, however many expressions there are', () => {
    const { worst } = climb(randomFrom(4), 200, (candidate) => costOf(candidate).spent)
    const budget = new Budget()
    const work = workOf(() => {
      for (let rule = 0; rule < 10_000; rule++)
        evaluateBoolean(worst.expression, { event: { additionalData: worst.additionalData } }, budget)
    })
    expect(budget.spent).toBe(stepsPerEvent)
    expect(work).toBeLessThan(unitsPerStep * stepsPerEvent)
  })
})

it('textContains says what String.includes says', () => {
  const few = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 })
  fc.assert(
    fc.property(few, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 }), (within, wanted) => {
      expect(textContains(within, wanted)).toBe(within.includes(wanted))
    }),
  )
  fc.assert(
    fc.property(few, fc.nat(40), fc.nat(40), (within, from, to) => {
      expect(textContains(within, within.slice(from, to))).toBe(true)
    }),
  )
})
