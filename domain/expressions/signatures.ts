// Every operator that an expression may use: how many operands it takes and what it gives. The engine has exactly
// these methods (a test compares), so what is not listed here does not exist: no `log` (it would do I/O), no `throw`,
// `try`, `pipe`, `val` or `preserve` of the library, nothing inherited from Object.
//
// Differences from json-logic-js, each so that a missing value never turns into points by itself:
// - arithmetic on null, on a blank or non-numeric text, on a list or an object is an error (`{"var": [path, 0]}` gives
//   a default); so is a result that is not finite;
// - `==` and `!=`: null equals null only, and an object or a list equals nothing but is no error beside null; a text
//   that is no number beside a number is an error (the library's rule); use === to compare without conversion;
// - `in` takes no list and no object for something that could be in a text, as `cat` takes none for a text;
// - a text of more than 64 characters is no number and no date;
// - map, filter, reduce, all, some, none take a list or null (an empty list); anything else is an error;
// - `round` rounds half away from zero, as amounts do.

import type { Shape } from './shapes.ts'

export interface Signature {
  min: number
  max: number
  /** What it gives; absent where the operands decide (`if`, `and`, `or`, `var`, ...) or nothing is known. */
  gives?: Shape
  /** Operands are evaluated one by one when needed, so they must stand in a list. */
  lazy?: true
  /** How operands are read: as numbers, or (the last one a zone's name) as dates. */
  operands?: 'numbers' | 'dates'
  /** `element`: the operands after the first see one element of it; `fold`: accumulator and current. */
  scope?: 'element' | 'fold'
  /** The operands are paths, written out. */
  paths?: 'var' | 'missing' | 'missing_some'
}

const many = 500
const number = (min: number, max: number): Signature => ({ min, max, gives: 'number', operands: 'numbers' })
const date = (min: number, max: number): Signature => ({ min, max, gives: 'number', operands: 'dates' })
const comparison = (max: number): Signature => ({ min: 2, max, gives: 'boolean', lazy: true })
const list: Shape = { listOf: 'unknown' }

export const signatures: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ['var', { min: 1, max: 2, paths: 'var' }],
  ['missing', { min: 1, max: 100, gives: { listOf: 'string' }, paths: 'missing' }],
  ['missing_some', { min: 2, max: 2, gives: { listOf: 'string' }, paths: 'missing_some' }],

  ['if', { min: 2, max: many, lazy: true }],
  ['?:', { min: 3, max: 3, lazy: true }],
  ['and', { min: 1, max: many, lazy: true }],
  ['or', { min: 1, max: many, lazy: true }],
  ['!', { min: 1, max: 1, gives: 'boolean' }],
  ['!!', { min: 1, max: 1, gives: 'boolean' }],
  ['==', comparison(2)],
  ['!=', comparison(2)],
  ['===', comparison(2)],
  ['!==', comparison(2)],
  ['<', comparison(3)],
  ['<=', comparison(3)],
  ['>', comparison(3)],
  ['>=', comparison(3)],

  ['+', number(1, many)],
  ['*', number(1, many)],
  ['-', number(1, 2)],
  ['/', number(2, 2)],
  ['%', number(2, 2)],
  ['min', number(1, many)],
  ['max', number(1, many)],
  ['abs', number(1, 1)],
  ['floor', number(1, 1)],
  ['ceil', number(1, 1)],
  ['round', number(1, 1)],
  ['sqrt', number(1, 1)],
  ['pow', number(2, 2)],

  ['map', { min: 2, max: 2, gives: list, lazy: true, scope: 'element' }],
  ['filter', { min: 2, max: 2, gives: list, lazy: true, scope: 'element' }],
  ['all', { min: 2, max: 2, gives: 'boolean', lazy: true, scope: 'element' }],
  ['some', { min: 2, max: 2, gives: 'boolean', lazy: true, scope: 'element' }],
  ['none', { min: 2, max: 2, gives: 'boolean', lazy: true, scope: 'element' }],
  ['reduce', { min: 3, max: 3, lazy: true, scope: 'fold' }],
  ['merge', { min: 1, max: many, gives: list }],
  ['in', { min: 2, max: 2, gives: 'boolean' }],
  ['cat', { min: 1, max: many, gives: 'string' }],
  ['substr', { min: 2, max: 3, gives: 'string' }],

  // A date is an ISO 8601 instant, a day (YYYY-MM-DD: its start in the zone) or milliseconds since 1970. The last
  // operand is an IANA zone, UTC where it is left out. There is no "now": a decision must come out the same again.
  ['date', date(1, 2)],
  ['dateDiffDays', date(2, 3)],
  ['year', date(1, 2)],
  ['month', date(1, 2)],
  ['dayOfMonth', date(1, 2)],
  ['dayOfWeek', date(1, 2)],
  ['hour', date(1, 2)],
])
