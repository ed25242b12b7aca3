import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boardQuery, parseBoardQuery } from '../../../../domain/boards/board-query.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests damage the query in ways its type forbids.
type Json = any

/** The canonical query with one change. */
const changed = (change: (query: Json) => void): Json => {
  const query = structuredClone(boardQuery('points')) as Json
  change(query)
  return query
}
const sum = (column: string) => ({ sum: [{ var: column }] })

describe('parseBoardQuery reads', () => {
  it.each<[string, (query: Json) => void]>([
    ['the canonical form', () => {}],
    ['every name of the table', (q) => (q.from.sources[0].table = 'virtual-transactions')],
    [
      'another alias',
      (q) => {
        q.from.sources[0].alias = 't.x'
        q.from.where = { '===': [{ var: 't.x.virtualCurrencyId' }, 'points'] }
        q.select = { fields: [{ source: 't.x.userId' }], expressions: [{ name: 'n', expression: { sum: { var: 't.x.amount' } } }] }
        q.groupBy.columns = ['t.x.userId']
        q.orderBy = { expressions: [{ expression: { var: 'n' }, direction: 'DESC' }] }
      },
    ],
    [
      'bare columns',
      (q) => {
        q.from.where = { '==': ['points', { var: ['virtualCurrencyId'] }] }
        q.select = { fields: [{ source: 'userId' }], expressions: [{ name: 'score', expression: sum('amount') }] }
        q.groupBy.columns = ['userId']
      },
    ],
    ['an "and" of one', (q) => (q.from.where = { and: [q.from.where] })],
    ['no order', (q) => delete q.orderBy],
    ['no window', (q) => delete q.orderBy.window],
    ['an order by the sum itself', (q) => (q.orderBy.expressions[0].expression = sum('vt.amount'))],
    [
      'empty joins and subqueries',
      (q) => {
        q.from.sources[0].joins = []
        q.with = []
      },
    ],
  ])('%s', (_, change) => {
    expect(parseBoardQuery(changed(change))).toEqual({ ok: true, value: { virtualCurrencyId: 'points' } })
  })
})

describe('parseBoardQuery refuses, with the place,', () => {
  it.each<[string, (query: Json) => void, string]>([
    ['no source', (q) => (q.from.sources = []), '/query/from/sources'],
    ['two sources', (q) => q.from.sources.push(q.from.sources[0]), '/query/from/sources/1'],
    ['another table', (q) => (q.from.sources[0].table = 'ActivityLog'), '/query/from/sources/0/table'],
    ['a join', (q) => (q.from.sources[0].joins = [{}]), '/query/from/sources/0/joins'],
    ['a subquery', (q) => (q.with = [{}]), '/query/with'],
    ['no condition', (q) => delete q.from.where, '/query/from/where'],
    ['null for a condition', (q) => (q.from.where = null), '/query/from/where'],
    ['another condition', (q) => (q.from.where = { '>': [1, 2] }), '/query/from/where/>'],
    ['two conditions', (q) => (q.from.where = { and: [q.from.where, q.from.where] }), '/query/from/where/and/1'],
    ['"and" in "and"', (q) => (q.from.where = { and: [{ and: [q.from.where] }] }), '/query/from/where/and/0/and'],
    ['another column', (q) => (q.from.where['=='][0].var = 'vt.state'), '/query/from/where/==/0'],
    ['another alias', (q) => (q.from.where['=='][0].var = 'x.virtualCurrencyId'), '/query/from/where/==/0'],
    ['an id that is no text', (q) => (q.from.where['=='][1] = 7), '/query/from/where/==/1'],
    ['another field', (q) => (q.select.fields[0].source = 'vt.initiator'), '/query/select/fields/0/source'],
    ['a second field', (q) => q.select.fields.push({ source: 'vt.state' }), '/query/select/fields/1'],
    ['no sum', (q) => delete q.select.expressions, '/query/select/expressions'],
    ['a second sum', (q) => q.select.expressions.push(q.select.expressions[0]), '/query/select/expressions/1'],
    [
      'another function',
      (q) => (q.select.expressions[0].expression = { count: [{ var: 'vt.amount' }] }),
      '/query/select/expressions/0/expression',
    ],
    ['a sum of something else', (q) => (q.select.expressions[0].expression = sum('vt.value')), '/query/select/expressions/0/expression'],
    ['no groups', (q) => delete q.groupBy, '/query/groupBy'],
    ['other groups', (q) => (q.groupBy.columns = ['vt.initiator']), '/query/groupBy/columns/0'],
    ['finer groups', (q) => q.groupBy.columns.push('vt.state'), '/query/groupBy/columns/1'],
    ['the lowest first', (q) => (q.orderBy.expressions[0].direction = 'ASC'), '/query/orderBy/expressions/0/direction'],
    ['another order', (q) => (q.orderBy.expressions[0].expression = 'name'), '/query/orderBy/expressions/0/expression'],
    ['another window', (q) => (q.orderBy.window.function = 'DENSE_RANK'), '/query/orderBy/window/function'],
    ['a member it does not know', (q) => (q.limit = 3), '/query/limit'],
    ['a member it does not know, within', (q) => (q.from['a/b'] = 3), '/query/from/a~1b'],
  ])('%s', (_, change, pointer) => {
    const result = parseBoardQuery(changed(change))
    expect(result).toMatchObject({ ok: false, error: { code: 'validation/invalid_input' } })
    expect(result.ok ? [] : result.error.errors?.map((error) => error.pointer)).toEqual([pointer])
  })

  it('every mistake at once', () => {
    const result = parseBoardQuery({
      from: { sources: [{ table: 'x', alias: 'a' }], where: {} },
      select: { fields: [{ source: 'b' }] },
      orderBy: {},
    })
    expect(result.ok ? [] : result.error.errors?.map((error) => error.pointer)).toEqual([
      '/query/groupBy',
      '/query/from/sources/0/table',
      '/query/from/where',
      '/query/select/expressions',
      '/query/select/fields/0/source',
      '/query/orderBy/expressions',
    ])
  })
})

describe('parseBoardQuery answers', () => {
  const refused = (query: unknown) => {
    const result = parseBoardQuery(query)
    if (result.ok) return expect(result.value.virtualCurrencyId).toBeTypeOf('string')
    expect(result.error.errors?.length).toBeGreaterThan(0)
    for (const error of result.error.errors ?? []) expect(error.pointer).toMatch(/^\/query/)
  }

  it('any JSON', () => {
    for (const query of [undefined, null, 1, 'x', [], {}, { from: {} }]) refused(query)
    fc.assert(fc.property(fc.jsonValue(), refused))
  })

  it('any damage to a good query', () => {
    const paths = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 7 })
    fc.assert(
      fc.property(paths, fc.jsonValue(), (steps, value) => {
        const query = structuredClone(boardQuery('points')) as Json
        let place = query
        for (const [index, step] of steps.entries()) {
          const keys = Object.keys(place)
          const key = keys[step % keys.length] ?? 'new'
          if (index === steps.length - 1 || typeof place[key] !== 'object' || place[key] === null) {
            place[key] = value
            break
          }
          place = place[key]
        }
        refused(query)
      }),
      { numRuns: 1000 },
    )
  })
})
