// What the checker promises of any input: it answers, and what it lets through evaluates to a value or an error value
// of the kind asked for, whatever the event holds.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkExpression } from '../../../../domain/expressions/check.ts'
import { signatures } from '../../../../domain/expressions/signatures.ts'
import { matchConditionContext } from '../../../../domain/rules/contexts.ts'
import { evaluateBoolean, evaluateNumber } from './evaluated.ts'

const paths = [
  'event',
  'event.value',
  'event.tags',
  'event.tags.0',
  'event.additionalData',
  'event.additionalData.a',
  'previousEvent.value',
  '',
  'a',
  'current',
  'accumulator',
  '__proto__',
]

/** JSON that looks like an expression more often than chance would have it. */
const { expression } = fc.letrec<{ expression: unknown }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constantFrom(...paths, '2026-01-01', 'UTC', '7')),
    fc.constantFrom(...paths).map((path) => ({ var: path })),
    fc
      .tuple(fc.constantFrom(...signatures.keys()), fc.array(tie('expression'), { maxLength: 3 }))
      .map(([operator, operands]) => ({ [operator]: operands })),
    fc.tuple(fc.constantFrom(...signatures.keys()), tie('expression')).map(([operator, operand]) => ({ [operator]: operand })),
  ),
}))

const event = fc.record({
  activityLogId: fc.string(),
  value: fc.double({ noDefaultInfinity: true, noNaN: true }),
  tags: fc.array(fc.string()),
  additionalData: fc.dictionary(fc.constantFrom('a', 'b', 'constructor', '__proto__', 'toString', 'length'), fc.jsonValue()),
  completedAt: fc.constant('2026-09-15T22:30:00.000Z'),
})

describe('checkExpression', () => {
  it('answers on any JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.jsonValue({ maxDepth: 30 }), expression),
        fc.constantFrom('boolean' as const, 'number' as const),
        (json, result) => {
          for (const error of checkExpression(json, { context: matchConditionContext, result }, '/x')) {
            expect(error.pointer?.startsWith('/x')).toBe(true)
            expect(error.detail).not.toBe('')
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('lets through what evaluates to a value or an error value', () => {
    let passed = 0
    let valued = 0
    fc.assert(
      fc.property(expression, event, fc.option(event, { nil: null }), (candidate, now, before) => {
        const context = { event: now, previousEvent: before }
        for (const result of ['number', 'boolean'] as const) {
          const fits = checkExpression(candidate, { context: matchConditionContext, result }, '').length === 0
          const outcome = result === 'number' ? evaluateNumber(candidate, context) : evaluateBoolean(candidate, context)
          if (outcome.ok) expect(result === 'number' ? Number.isFinite(outcome.value) : typeof outcome.value === 'boolean').toBe(true)
          if (fits) passed += 1
          if (fits && outcome.ok) valued += 1
        }
      }),
      { numRuns: 2000 },
    )
    // The generator must reach what the property is about.
    expect(passed).toBeGreaterThan(150)
    expect(valued).toBeGreaterThan(100)
  })

  it('lets no literal arithmetic through that is no number', () => {
    const arithmetic = fc.constantFrom('+', '*', 'min', 'max')
    const operand = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.boolean(), fc.integer().map(String))
    fc.assert(
      fc.property(arithmetic, fc.array(operand, { minLength: 1, maxLength: 5 }), (operator, operands) => {
        const sum = { [operator]: operands }
        expect(checkExpression(sum, { context: {}, result: 'number' }, '')).toEqual([])
        expect(evaluateNumber(sum, {}).ok).toBe(true)
      }),
    )
  })
})
