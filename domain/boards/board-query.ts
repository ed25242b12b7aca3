// The one query that a leaderboard answers today: the sum of a currency's transactions by user. A configuration carries
// it in the contract's general form, so it is read strictly: whatever the form allows and the boards do not do is
// refused with its place, never ignored. docs/boards.md shows the form. Total: takes any JSON value, never throws.
//
// Trade-off: names are fixed (table, columns, function); only the alias, the column aliases and the name of the sum are
// the client's. Mistakes are collected member by member, so one answer names them all.

import { type Failure, failure, type InputError } from '../failures.ts'
import { fail, ok, type Result } from '../result.ts'
import { isRecord, QueryReader } from './query-reader.ts'

const tables = ['VirtualTransaction', 'VirtualTransactions', 'virtual-transactions', 'virtual_transactions', 'virtualTransactions']
const equalities = ['==', '===']

/** The canonical query of a board that ranks users by their transactions in one currency. */
export const boardQuery = (virtualCurrencyId: string) => ({
  from: {
    sources: [{ table: 'VirtualTransaction', alias: 'vt' }],
    where: { '==': [{ var: 'vt.virtualCurrencyId' }, virtualCurrencyId] },
  },
  select: {
    fields: [{ source: 'vt.userId', alias: 'userId' }],
    expressions: [{ name: 'score', expression: { sum: [{ var: 'vt.amount' }] } }],
  },
  groupBy: { columns: ['vt.userId'] },
  orderBy: { expressions: [{ expression: 'score', direction: 'DESC' as const }], window: { function: 'RANK' as const, alias: 'rank' } },
})

/** The currency that is summed. Errors: `validation/invalid_input`; pointers start with /query and name the member. */
export function parseBoardQuery(query: unknown): Result<{ virtualCurrencyId: string }, Failure> {
  const reader = new QueryReader()
  const virtualCurrencyId = readQuery(query, reader)
  if (reader.errors.length > 0 || virtualCurrencyId === null) return fail(refusal(reader.errors))
  return ok({ virtualCurrencyId })
}

const refusal = (errors: InputError[]): Failure =>
  failure('validation/invalid_input', 'The query is not one that a leaderboard can answer: see errors.', { errors })

function readQuery(query: unknown, reader: QueryReader): string | null {
  const top = reader.object(query, '/query', ['from', 'select', 'groupBy'], ['with', 'orderBy'])
  if (top === null) return null
  reader.absentOrEmpty(top.with, '/query/with', 'Named subqueries are not supported.')
  const from = reader.object(top.from, '/query/from', ['sources', 'where'])
  const alias = from === null ? null : readSource(from.sources, reader)
  const currency = from === null ? null : readWhere(from.where, '/query/from/where', alias, reader)
  const name = readSelect(top.select, alias, reader)
  const groupBy = reader.object(top.groupBy, '/query/groupBy', ['columns'])
  const column = groupBy && reader.only(groupBy.columns, '/query/groupBy/columns')
  if (column && !isColumn(column.value, alias, 'userId')) reader.refuse('/query/groupBy/columns/0', 'Transactions are summed by userId.')
  if (top.orderBy !== undefined) readOrder(top.orderBy, alias, name, reader)
  return currency
}

/** The alias, or null when there is none to go by. */
function readSource(sources: unknown, reader: QueryReader): string | null {
  const only = reader.only(sources, '/query/from/sources')
  if (only === null) return null
  const at = '/query/from/sources/0'
  const source = reader.object(only.value, at, ['table', 'alias'], ['joins'])
  if (source === null) return null
  reader.absentOrEmpty(source.joins, `${at}/joins`, 'Joins are not supported.')
  if (!tables.includes(source.table as string))
    reader.refuse(`${at}/table`, 'A leaderboard ranks by virtual transactions: VirtualTransaction.')
  if (typeof source.alias === 'string' && source.alias !== '') return source.alias
  reader.refuse(`${at}/alias`, 'An alias is a text.')
  return null
}

/** The currency in `{"==": [{"var": "<alias>.virtualCurrencyId"}, id]}`, in either order, alone or the only one of an "and". */
function readWhere(where: unknown, at: string, alias: string | null, reader: QueryReader): string | null {
  const wanted = `Wanted: {"==": [{"var": "${alias ?? 'vt'}.virtualCurrencyId"}, "<id>"]}.`
  const condition = reader.object(where, at, [], [...equalities, 'and'])
  if (condition === null) return null
  const [operator, ...others] = Object.keys(condition)
  if (operator === undefined || others.length > 0) return reader.refuse(at, wanted)
  if (!equalities.includes(operator) && operator !== 'and') return null
  const operands = condition[operator]
  if (operator === 'and') {
    const only = reader.only(operands, `${at}/and`)
    // One level: an "and" in an "and" has no business here, and unbounded depth has none anywhere.
    if (only === null) return null
    if (isRecord(only.value) && Object.hasOwn(only.value, 'and')) return reader.refuse(`${at}/and/0/and`, wanted)
    return readWhere(only.value, `${at}/and/0`, alias, reader)
  }
  if (!Array.isArray(operands) || operands.length !== 2) return reader.refuse(`${at}/${operator}`, wanted)
  const swapped = typeof operands[0] === 'string'
  const [variable, value] = swapped ? [operands[1], operands[0]] : operands
  if (!isColumn(variableOf(variable), alias, 'virtualCurrencyId')) reader.refuse(`${at}/${operator}/${swapped ? 1 : 0}`, wanted)
  if (typeof value === 'string' && value !== '') return value
  return reader.refuse(`${at}/${operator}/${swapped ? 0 : 1}`, 'A currency is named by its id, a text.')
}

/** The name of the sum. */
function readSelect(value: unknown, alias: string | null, reader: QueryReader): string | null {
  const select = reader.object(value, '/query/select', ['fields', 'expressions'])
  if (select === null) return null
  const at = '/query/select'
  const field = reader.only(select.fields, `${at}/fields`)
  const column = field && reader.object(field.value, `${at}/fields/0`, ['source'], ['alias'])
  if (column) {
    if (!isColumn(column.source, alias, 'userId')) reader.refuse(`${at}/fields/0/source`, 'The field of a leaderboard is userId.')
    if (column.alias !== undefined && typeof column.alias !== 'string') reader.refuse(`${at}/fields/0/alias`, 'An alias is a text.')
  }
  const only = reader.only(select.expressions, `${at}/expressions`)
  const sum = only && reader.object(only.value, `${at}/expressions/0`, ['name', 'expression'])
  if (!sum) return null
  if (!isSum(sum.expression, alias))
    reader.refuse(`${at}/expressions/0/expression`, `Wanted: {"sum": [{"var": "${alias ?? 'vt'}.amount"}]}.`)
  if (typeof sum.name === 'string' && sum.name !== '') return sum.name
  return reader.refuse(`${at}/expressions/0/name`, 'The sum has a name, a text.')
}

function readOrder(value: unknown, alias: string | null, name: string | null, reader: QueryReader): void {
  const at = '/query/orderBy'
  const orderBy = reader.object(value, at, ['expressions'], ['window'])
  if (orderBy === null) return
  const only = reader.only(orderBy.expressions, `${at}/expressions`)
  const order = only && reader.object(only.value, `${at}/expressions/0`, ['expression', 'direction'])
  if (order) {
    const { expression, direction } = order
    const bySum = name !== null && (expression === name || variableOf(expression) === name)
    // With the name unread there is nothing to hold this against; that mistake is named already.
    if (name !== null && !bySum && !isSum(expression, alias))
      reader.refuse(`${at}/expressions/0/expression`, 'A leaderboard is ordered by its sum.')
    if (direction !== 'DESC') reader.refuse(`${at}/expressions/0/direction`, 'A leaderboard is ordered DESC: the highest sum first.')
  }
  if (orderBy.window === undefined) return
  const window = reader.object(orderBy.window, `${at}/window`, ['function', 'alias'])
  if (window === null) return
  if (window.function !== 'RANK') reader.refuse(`${at}/window/function`, 'Equal sums share a rank, 1 2 2 4: RANK.')
  if (typeof window.alias !== 'string') reader.refuse(`${at}/window/alias`, 'An alias is a text.')
}

const isColumn = (value: unknown, alias: string | null, column: string): boolean =>
  value === column || (typeof value === 'string' && value.endsWith(`.${column}`) && (alias === null || value === `${alias}.${column}`))

/** The path in `{"var": path}` or `{"var": [path]}`. */
function variableOf(value: unknown): unknown {
  if (!isRecord(value) || Object.keys(value).length !== 1 || !Object.hasOwn(value, 'var')) return undefined
  const path = value.var
  return Array.isArray(path) && path.length === 1 ? path[0] : path
}

function isSum(value: unknown, alias: string | null): boolean {
  if (!isRecord(value) || Object.keys(value).length !== 1 || !Object.hasOwn(value, 'sum')) return false
  const operand = Array.isArray(value.sum) && value.sum.length === 1 ? value.sum[0] : value.sum
  return isColumn(variableOf(operand), alias, 'amount')
}
