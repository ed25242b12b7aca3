import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Budget, maxListLength, maxTextLength, stepsPerEvent, stepsPerExpression } from '../../../../domain/expressions/budget.ts'
import { BoundedEngine } from '../../../../domain/expressions/engine.ts'
import { signatures } from '../../../../domain/expressions/signatures.ts'
import { evaluateBoolean, evaluateNumber } from './evaluated.ts'

const context = {
  event: {
    value: 3,
    tags: ['a', 'b'],
    completedAt: '2026-09-15T22:30:00.000Z',
    additionalData: {
      score: 2.5,
      text: '12',
      blank: ' ',
      zero: 0,
      list: [1, 2, 3],
      none: null,
      big: Array.from({ length: 1000 }, (_, i) => i),
    },
  },
  previousEvent: null,
}
const v = (path: string) => ({ var: `event.additionalData.${path}` })
const notANumber = { ok: false, error: { code: 'expression/not_a_number' } }
const failed = { ok: false, error: { code: 'expression/failed' } }
const tooCostly = { ok: false, error: { code: 'expression/too_costly' } }
const overBudget = { ok: false, error: { code: 'event/over_budget' } }

describe('evaluateNumber', () => {
  it.each<[unknown, number]>([
    [7, 7],
    [{ var: 'event.value' }, 3],
    [{ '+': [1, { var: 'event.value' }, v('text')] }, 16],
    [{ '+': v('list') }, 6],
    [{ '-': 5 }, -5],
    [{ '-': [5, 2] }, 3],
    [{ '*': [{ '>': [2, 1] }, 5] }, 5],
    [{ '/': [7, 2] }, 3.5],
    [{ '%': [7, 4] }, 3],
    [{ max: v('big') }, 999],
    [{ min: [4, 2, 3] }, 2],
    [{ abs: -4 }, 4],
    [{ round: [2.5] }, 3],
    [{ round: [-2.5] }, -3],
    [{ floor: [-1.5] }, -2],
    [{ ceil: [1.2] }, 2],
    [{ sqrt: [16] }, 4],
    [{ pow: [2, 10] }, 1024],
    [{ var: ['event.additionalData.missing', 4] }, 4],
    [{ var: ['event.additionalData.none', 4] }, 4],
    [{ var: 'event.tags.length' }, 2],
    [{ if: [{ '>': [{ var: 'event.value' }, 5] }, 10, 1] }, 1],
    [{ reduce: [v('list'), { '+': [{ var: 'accumulator' }, { var: 'current' }] }, 10] }, 16],
    [{ '+': { map: [v('list'), { '*': [{ var: '' }, 2] }] } }, 12],
    [{ date: '2026-01-01' }, Date.UTC(2026, 0, 1)],
    [{ dayOfWeek: [{ var: 'event.completedAt' }] }, 2],
    [{ dayOfWeek: [{ var: 'event.completedAt' }, 'Europe/Berlin'] }, 3],
    [{ hour: [{ var: 'event.completedAt' }, 'Europe/Berlin'] }, 0],
    [{ year: 0 }, 1970],
    [{ month: { var: 'event.completedAt' } }, 9],
    [{ dayOfMonth: { var: 'event.completedAt' } }, 15],
    // The day that the clocks change has 23 hours, and is a day.
    [{ dateDiffDays: ['2026-03-28', '2026-03-30', 'Europe/Berlin'] }, 2],
    [{ dateDiffDays: ['2026-09-15T22:30:00Z', '2026-09-15T20:00:00Z', 'Europe/Berlin'] }, -1],
  ])('%j is %d', (expression, value) => {
    expect(evaluateNumber(expression, context)).toEqual({ ok: true, value })
  })

  it.each<unknown>([
    null,
    'text',
    '5',
    true,
    [],
    v('none'),
    v('missing'),
    v('text'),
    { '+': [v('missing'), 1] },
    { '*': [v('none'), 1] },
    { '-': [5, v('blank')] },
    { '+': ['five', 1] },
    { '+': [v('list'), 1] },
    { '/': [1, 0] },
    { '%': [1, 0] },
    { sqrt: [-1] },
    { pow: [10, 400] },
    { abs: v('list') },
    { max: { filter: [v('list'), false] } },
    { if: [false, 1] },
    { and: [false, 5] },
    { hour: [null] },
    { '+': [{ '<': ['abc', 1] }, 1] },
  ])('%j is no number and awards nothing', (expression) => {
    expect(evaluateNumber(expression, context)).toEqual(notANumber)
  })

  it.each<unknown>([
    { constructor: [1] },
    { toString: [] },
    { __proto__x: 1 },
    { log: 1 },
    { throw: 1 },
    { preserve: 5 },
    { val: ['event', 'value'] },
    { '+': [1], '-': [1] },
    { map: [5, 1] },
    { all: [5, true] },
    { date: 'yesterday' },
    { hour: ['2026-01-01T00:00:00Z', 'Nowhere/Land'] },
    { cat: [{ var: 'event' }] },
  ])('%j fails', (expression) => {
    expect(evaluateNumber(expression, context)).toEqual(failed)
  })

  it('reads own members only', () => {
    for (const path of [
      'constructor',
      '__proto__',
      'event.constructor.name.length',
      'event.tags.map',
      'event.toString',
      'hasOwnProperty',
      '__proto__.constructor',
    ])
      expect(evaluateNumber({ var: [path, -1] }, context)).toEqual({ ok: true, value: -1 })
    const hostile = JSON.parse('{"event":{"__proto__":{"value":9},"constructor":8}}') as Record<string, unknown>
    expect(evaluateNumber({ var: ['event.__proto__.value', -1] }, hostile)).toEqual({ ok: true, value: -1 })
    expect(evaluateNumber({ var: ['event.constructor', -1] }, hostile)).toEqual({ ok: true, value: -1 })
  })
})

describe('evaluateBoolean', () => {
  it.each<[unknown, boolean]>([
    [true, true],
    [{ '!': { var: 'previousEvent' } }, true],
    [{ '==': [{ var: 'previousEvent' }, null] }, true],
    [{ '==': [{ var: 'event' }, null] }, false],
    [{ '!=': [{ var: 'event' }, null] }, true],
    [{ '==': [v('missing'), 0] }, false],
    [{ '==': [v('zero'), 0] }, true],
    [{ '==': [v('text'), 12] }, true],
    [{ '===': [v('text'), 12] }, false],
    [{ '<=': ['2026-01-01', { var: 'event.completedAt' }, '2026-12-31'] }, true],
    [{ '<': ['2026-10-01', { var: 'event.completedAt' }, '2026-12-31'] }, false],
    [{ '<': [1, { var: 'event.value' }, 5] }, true],
    [{ '!!': { var: 'event.tags' } }, true],
    [{ '!!': [[0]] }, true],
    [{ '!': { filter: [{ var: 'event.tags' }, false] } }, true],
    [{ in: ['a', { var: 'event.tags' }] }, true],
    [{ in: ['a', v('missing')] }, false],
    [{ some: [{ var: 'event.tags' }, { '==': [{ var: '' }, 'b'] }] }, true],
    [{ all: [{ var: 'event.tags' }, { in: [{ var: '' }, 'abc'] }] }, true],
    [{ all: [v('missing'), true] }, false],
    [{ none: [v('missing'), true] }, true],
    [{ missing: ['event.value', 'event.nothing'] }, true],
    [{ missing: ['event.value'] }, false],
    [{ '!': { missing_some: [1, ['event.value', 'event.nothing']] } }, true],
    [{ '==': [{ cat: ['a', 1, v('none')] }, 'a1'] }, true],
    [{ '==': [{ substr: ['abcdef', 1, 2] }, 'bc'] }, true],
    [{ or: [v('missing'), v('list')] }, true],
    [{ and: [true, {}] }, true],
    [null, false],
    ['', false],
    [0, false],
    [[], false],
    ['0', true],
  ])('%j is %s', (expression, value) => {
    expect(evaluateBoolean(expression, context)).toEqual({ ok: true, value })
  })

  it('is an error where a comparison has no number to go by', () => {
    expect(evaluateBoolean({ '>': [{ var: 'event.tags' }, 1] }, context)).toEqual(notANumber)
    expect(evaluateBoolean({ '==': [{ var: 'event.tags' }, 1] }, context)).toEqual(notANumber)
    expect(evaluateBoolean({ '==': ['abc', 1] }, context)).toEqual(notANumber)
  })
})

describe('the engine', () => {
  it('has the methods of the signatures and no others', () => {
    const methods = new BoundedEngine().methods as Record<string, unknown>
    expect(Object.keys(methods).sort()).toEqual([...signatures.keys()].sort())
    expect(Object.values(methods)).not.toContain(undefined)
    expect(Object.getPrototypeOf(methods)).toBeNull()
  })

  it('stops what would take too many steps, and the next expression has its own', () => {
    const sum = (list: unknown, each: unknown) => ({ reduce: [list, { '+': [{ var: 'accumulator' }, each] }, 0] })
    const nested = sum(v('big'), { '+': { map: [{ merge: Array(100).fill(1) }, { var: '' }] } })
    const budget = new Budget()
    expect(evaluateNumber(nested, context, budget)).toEqual(tooCostly)
    expect(budget.spent).toBeLessThanOrEqual(stepsPerExpression)
    expect(evaluateNumber(sum(v('big'), { var: 'current' }), context, budget)).toEqual({ ok: true, value: 499_500 })
  })

  it('does nothing more for an event once its budget is used up, and the same each time', () => {
    const run = () => {
      const budget = new Budget()
      const results = Array.from({ length: 12 }, () =>
        evaluateNumber({ max: { map: [v('big'), { '+': [1, { var: '' }] }] } }, context, budget),
      )
      return { results, spent: budget.spent }
    }
    const { results, spent } = run()
    const paid = results.filter(({ ok }) => ok).length
    expect(paid).toBeGreaterThan(1)
    expect(results).toEqual([...Array(paid).fill({ ok: true, value: 1000 }), ...Array(12 - paid).fill(overBudget)])
    expect(spent).toBe(stepsPerEvent)
    expect(run()).toEqual({ results, spent })
  })

  it('makes and reads no text and no list that is longer than what an event can hold', () => {
    const twice = { cat: [v('long'), v('long')] }
    const long = { event: { additionalData: { long: 'x'.repeat(maxTextLength), longer: 'x'.repeat(maxTextLength + 1) } } }
    expect(evaluateBoolean(twice, long)).toEqual(tooCostly)
    expect(evaluateBoolean({ in: ['y', v('longer')] }, long)).toEqual(tooCostly)
    expect(evaluateBoolean({ in: ['y', v('long')] }, long)).toEqual({ ok: true, value: false })
    const merged = (times: number) => ({ merge: Array(times).fill(v('big')) })
    expect(evaluateBoolean(merged(maxListLength / 1000), context)).toEqual({ ok: true, value: true })
    expect(evaluateBoolean(merged(maxListLength / 1000 + 1), context)).toEqual(tooCostly)
    const many = { event: { additionalData: { many: Array(maxListLength + 1).fill(0) } } }
    for (const operator of [{ merge: [v('many'), 1] }, { all: [v('many'), true] }, { in: [1, v('many')] }, { max: v('many') }])
      expect(evaluateBoolean(operator, many)).toEqual(tooCostly)
  })

  it('reads a text of at most 64 characters as a number or a date', () => {
    const padded = (text: string, length: number) => ({ event: { additionalData: { text: text.padStart(length) } } })
    expect(evaluateNumber({ '+': [v('text'), 1] }, padded('12', 64))).toEqual({ ok: true, value: 13 })
    for (const expression of [
      { '+': [v('text'), 1] },
      { '+': [{ '==': [v('text'), 12] }, 0] },
      { '+': [{ '<': [v('text'), 12] }, 0] },
      { date: v('text') },
    ])
      expect(evaluateNumber(expression, padded('12', 65))).toEqual(notANumber)
  })

  it('charges for a time zone when the event first uses it', () => {
    const budget = new Budget()
    const hour = (zone: string) => {
      const before = budget.spent
      evaluateNumber({ hour: ['2026-09-15T22:30:00Z', zone] }, context, budget)
      return budget.spent - before
    }
    const [first, second, otherCase, none, noneAgain] = ['Europe/Rome', 'Europe/Rome', 'europe/rome', 'Nowhere/Land', 'Nowhere/Land'].map(
      hour,
    )
    expect(first).toBeGreaterThan(3000)
    expect(second).toBeLessThan(1000)
    expect(otherCase).toBe(second)
    expect(none).toBeGreaterThan(3000)
    expect(noneAgain).toBe(none)
  })

  it('runs where code from text is forbidden, as in Workers', () => {
    const module = join(import.meta.dirname, '../../../../domain/expressions/evaluate.ts')
    const program = `const { evaluateNumber } = await import(${JSON.stringify(module)})
      const { Budget } = await import(${JSON.stringify(join(import.meta.dirname, '../../../../domain/expressions/budget.ts'))})
      const rule = { reduce: [{ filter: [{ var: 'l' }, { '>': [{ var: '' }, 1] }] }, { '+': [{ var: 'accumulator' }, { var: 'current' }] }, { if: [true, 0, 1] }] }
      process.stdout.write(JSON.stringify(evaluateNumber(rule, { l: [1, 2, 3] }, new Budget())))`
    const args = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', program]
    expect(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))).toEqual({ ok: true, value: 5 })
  })
})
