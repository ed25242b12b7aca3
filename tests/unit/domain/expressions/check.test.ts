import { describe, expect, it } from 'vitest'
import { checkExpression } from '../../../../domain/expressions/check.ts'
import { maxBytes, maxDepth, maxNodes } from '../../../../domain/expressions/size.ts'
import { matchConditionContext, rewardExpressionContext } from '../../../../domain/rules/contexts.ts'

const condition = (expression: unknown) =>
  checkExpression(expression, { context: matchConditionContext, result: 'boolean' }, '/matchCondition')
const amount = (expression: unknown) =>
  checkExpression(expression, { context: rewardExpressionContext, result: 'number' }, '/rewards/0/expression')
const nested = (depth: number): unknown => (depth === 1 ? { var: 'event.value' } : { '+': [nested(depth - 1)] })

describe('checkExpression takes', () => {
  it.each([
    10,
    { var: 'event.value' },
    { var: ['event.additionalData.points', 0] },
    { var: 'event.tags.length' },
    { '+': { var: 'event.additionalData.list' } },
    { '*': [{ '+': [{ var: 'event.additionalData.insertions' }, 1] }, 0.5] },
    { if: [{ '==': [{ var: 'event.outcome' }, 'SUCCESS'] }, 10, { '>': [{ var: 'event.value' }, 3] }, 5, 1] },
    { or: [{ var: 'event.additionalData.points' }, 5] },
    { max: [0, { min: [100, { sqrt: { var: 'event.value' } }] }] },
    { dateDiffDays: ['2026-01-01', { var: 'event.completedAt' }, 'Europe/Berlin'] },
    { hour: { var: 'event.completedAt' } },
    { reduce: [{ var: 'event.additionalData.list' }, { '+': [{ var: 'accumulator' }, { var: 'current.points' }] }, 0] },
    { reduce: [{ var: 'event.tags' }, { '+': [{ var: 'accumulator' }, 1] }, { var: 'event.value' }] },
  ])('the amount %j', (expression) => {
    expect(amount(expression)).toEqual([])
  })

  it.each([
    true,
    { '==': [{ var: 'event.outcome' }, 'SUCCESS'] },
    { '!': { var: 'previousEvent' } },
    { and: [{ var: 'event.outcome' }, { '<': [1, { var: 'event.value' }, 9] }] },
    { '!==': [{ var: 'event.additionalData.stage' }, { var: 'previousEvent.additionalData.stage' }] },
    { some: [{ var: 'event.tags' }, { '===': [{ var: '' }, 'a'] }] },
    { filter: [{ var: 'event.additionalData.items' }, { '>': [{ var: 'price.net' }, 3] }] },
    { missing: ['event.additionalData.a', 'event.outcome'] },
    { missing_some: [1, ['event.additionalData.a', 'event.additionalData.b']] },
    { in: ['a', { var: 'event.tags' }] },
    { in: [{ dayOfWeek: [{ var: 'event.completedAt' }, 'UTC'] }, [6, 7]] },
    { if: [{ var: 'event.outcome' }, true] },
    { '?:': [true, { '>': [1, 0] }, false] },
  ])('the condition %j', (expression) => {
    expect(condition(expression)).toEqual([])
  })
})

describe('checkExpression refuses, with the place,', () => {
  it.each<[string, unknown, string]>([
    ['an unknown operator', { '+': [1, { power: [2] }] }, '/+/1'],
    ['an operator that does I/O', { log: 1 }, ''],
    ['a name of Object', { constructor: [1] }, ''],
    ['__proto__ as an operator', JSON.parse('{"__proto__": [1]}'), ''],
    ['two operators in one', { '+': [1], '-': [1] }, ''],
    ['an empty object', {}, ''],
    ['an unknown variable', { var: 'events.value' }, '/var'],
    ['an unknown member', { '+': [1, { var: 'event.points' }] }, '/+/1/var'],
    ['a variable of another context', { var: 'previousEvent.value' }, '/var'],
    ['a member of a text', { var: 'event.activityId.length' }, '/var'],
    ['the prototype', { var: 'event.additionalData.__proto__.x' }, '/var'],
    ['the constructor', { var: ['event.additionalData.constructor', 0] }, '/var/0'],
    ['an empty name in a path', { var: 'event..value' }, '/var'],
    ['a path that is computed', { var: { cat: ['event.', 'value'] } }, '/var'],
    ['an outer variable inside map', { '+': [{ reduce: [{ var: 'event.tags' }, { var: 'event.value' }, 0] }] }, '/+/0/reduce/1/var'],
    ['a list operator over a number', { reduce: [{ var: 'event.value' }, 1, 0] }, '/reduce/0/var'],
    ['a wrong count of operands', { '/': [1, 2, 3] }, '/~1'],
    ['operands that must be listed', { if: true }, '/if'],
    ['a text in arithmetic', { '*': [2, 'three'] }, '/*/1'],
    ['null in arithmetic', { '-': [null, 1] }, '/-/0'],
    ['a list in arithmetic', { '+': [{ var: 'event.tags' }, 1] }, '/+/0/var'],
    ['what is no date', { hour: 'noon' }, '/hour'],
    ['what is no zone', { hour: [{ var: 'event.completedAt' }, 'Mars/Olympus'] }, '/hour/1'],
    ['a text as the amount', 'ten', ''],
    ['a numeric text as the amount', '10', ''],
    ['null as the amount', null, ''],
    ['a list as the amount', [1], ''],
    ['a comparison as the amount', { '>': [1, 0] }, '/>'],
    ['a text variable as the amount', { var: 'event.outcome' }, '/var'],
    ['a branch that is no number', { if: [true, 1, 'none'] }, '/if/2'],
    ['a missing last branch', { if: [true, 1] }, '/if'],
    ['"and" that may give false', { and: [{ '>': [1, 0] }, 5] }, '/and/0/>'],
    ['a default that is no number', { var: ['event.additionalData.x', 'no'] }, '/var/1'],
    ['missing with computed paths', { if: [{ missing: [{ cat: ['a'] }] }, 1, 0] }, '/if/0/missing/0'],
  ])('%s', (_, expression, place) => {
    const errors = amount(expression)
    expect(errors.map((error) => error.pointer)).toEqual([`/rewards/0/expression${place}`])
    expect(errors[0]?.detail).toMatch(/\.$/)
  })

  it.each([1, 'yes', null, { '+': [1, 2] }, { cat: ['a'] }, { if: [true, 5, false] }])('the condition %j', (expression) => {
    expect(condition(expression)).toHaveLength(1)
  })

  it('every mistake at once', () => {
    const errors = condition({ and: [{ var: 'a' }, { nope: 1 }, { '!': [1, 2] }] })
    expect(errors.map((error) => error.pointer)).toEqual(['/matchCondition/and/0/var', '/matchCondition/and/1', '/matchCondition/and/2/!'])
  })
})

describe('the bounds', () => {
  it('on depth', () => {
    expect(amount(nested(maxDepth))).toEqual([])
    expect(amount(nested(maxDepth + 1))).toHaveLength(1)
    expect(amount(JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`))).toHaveLength(1)
    expect(amount(JSON.parse(`${'{"+":'.repeat(20_000)}1${'}'.repeat(20_000)}`))).toHaveLength(1)
    expect(amount(JSON.parse(`{"a":1,"b":${'['.repeat(20_000)}${']'.repeat(20_000)}}`))).toHaveLength(1)
  })

  it('on nodes', () => {
    expect(amount({ '+': Array(maxNodes - 1).fill(1) })).toEqual([])
    expect(amount({ '+': Array(maxNodes).fill(1) })).toHaveLength(1)
  })

  it('on bytes', () => {
    const text = (length: number) => ({ if: [{ '==': ['ä'.repeat(length), 'a'] }, 1, 0] })
    expect(amount(text(maxBytes / 2 - 50))).toEqual([])
    expect(amount(text(maxBytes / 2))).toHaveLength(1)
  })
})
