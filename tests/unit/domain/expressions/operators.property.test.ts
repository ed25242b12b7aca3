// The operators that were written again, since the library's charge nothing, give what the library's give. Where they
// differ is told by name.

import fc from 'fast-check'
import { defaultMethods, LogicEngine } from 'json-logic-engine'
import { expect, it } from 'vitest'
import { BoundedEngine } from '../../../../domain/expressions/engine.ts'
import { evaluateBoolean } from './evaluated.ts'

class Library extends LogicEngine {
  constructor() {
    super({}, { disableInline: true, disableInterpretedOptimization: true })
    const own = new BoundedEngine().methods as Record<string, unknown>
    const library = defaultMethods as unknown as Record<string, unknown>
    this.methods = { ...library, var: own.var }
  }
  override truthy(value: unknown): boolean {
    return Array.isArray(value) ? value.length > 0 : Boolean(value)
  }
}

const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 2.5, '', ' ', '1', '-1', '2.50', 'a', 'ab', 'b', '0', 'Infinity', '2026-01-01'),
  fc.integer({ min: -3, max: 3 }),
  fc.string({ maxLength: 3 }),
)
const value = fc.oneof({ arbitrary: scalar, weight: 8 }, fc.array(scalar, { maxLength: 3 }))

function libraryOf(expression: unknown): { value: unknown } | 'error' {
  try {
    return { value: new Library().run(expression, {}) }
  } catch {
    return 'error'
  }
}

/** What an expression comes to, told by comparing it with what it should come to. */
function same(expression: unknown): void {
  const library = libraryOf(expression)
  if (library === 'error') {
    expect(evaluateBoolean(expression, {}).ok).toBe(false)
    return
  }
  const { value: wanted } = library
  const told = Array.isArray(wanted) ? { '!!': [expression] } : { '===': [expression, wanted as unknown] }
  expect(evaluateBoolean(told, {})).toEqual({ ok: true, value: Array.isArray(wanted) ? wanted.length > 0 : true })
}

it.each(['<', '<=', '>', '>=', '===', '!=='])('%s of two', (operator) => {
  fc.assert(
    fc.property(value, value, (a, b) => same({ [operator]: [a, b] })),
    { numRuns: 400 },
  )
})

it.each(['<', '<=', '>', '>='])('%s between: the library takes texts for no numbers there', (operator) => {
  const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('1', '2.5'), fc.boolean())
  fc.assert(
    fc.property(number, number, number, (a, b, c) => {
      fc.pre(typeof a !== 'string' || typeof b !== 'string')
      fc.pre(typeof b !== 'string' || typeof c !== 'string')
      same({ [operator]: [a, b, c] })
    }),
    { numRuns: 400 },
  )
})

it.each(['if', 'and', 'or'])('%s', (operator) => {
  fc.assert(
    fc.property(fc.array(scalar, { minLength: 2, maxLength: 6 }), (operands) => same({ [operator]: operands })),
    { numRuns: 400 },
  )
})

it('in, but for an object or a list in a text, which are no texts', () => {
  fc.assert(
    fc.property(value, value, (item, within) => {
      fc.pre(!(Array.isArray(item) && typeof within === 'string' && within !== ''))
      // A list is found in a list by what it is, not by what is in it.
      fc.pre(!(Array.isArray(item) && Array.isArray(within)))
      same({ in: [item, within] })
    }),
    { numRuns: 600 },
  )
})

it('substr', () => {
  const position = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom('2', 'x', true))
  const count = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom('2', true))
  fc.assert(
    fc.property(fc.string({ maxLength: 6 }), position, count, (text, from, of) => same({ substr: [text, from, of] })),
    { numRuns: 600 },
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 6 }), position, (text, from) => same({ substr: [text, from] })),
    { numRuns: 300 },
  )
})
