// Checks an expression when it is written, so that a mistake is refused with its place and never found by a user's
// event: known operators, known variables, operand counts, the result's type as far as it can be told without data,
// bounds on size. Total: it takes any JSON value and never throws. What passes evaluates to a value or an error value.
//
// Trade-offs. A result that may be of a wrong type on one way through (`if` without a last operand where a number is
// wanted) is refused. Variables of the client's own data are open: what they hold is seen at run time only. A condition
// may be any variable or list (JsonLogic's truth), but not a literal or an operator that always gives a number or text.

import type { InputError } from '../failures.ts'
import { isNumeric } from './arithmetic.ts'
import { isDate, maxDateLength } from './dates.ts'
import { pointerToken } from './pointer.ts'
import { type ContextDescription, describe, type Shape, shapeAt } from './shapes.ts'
import { type Signature, signatures } from './signatures.ts'
import { checkSize } from './size.ts'
import { pathOf } from './variables.ts'

export interface ExpressionContract {
  context: ContextDescription
  result: 'boolean' | 'number'
}

/** One value that the expression may give, and where it comes from. */
interface Outcome {
  shape: Shape
  pointer: string
  from: 'literal' | 'operator' | 'variable'
  literal?: unknown
}

const maxErrors = 20

/** Every mistake with the JSON pointer of its place (`pointer` is the expression's own), the first 20; none when it may be stored. */
export function checkExpression(expression: unknown, contract: ExpressionContract, pointer: string): InputError[] {
  const size = checkSize(expression, pointer)
  if (size !== null) return [size]
  const errors: InputError[] = []
  const outcomes = visit(expression, pointer, { members: contract.context }, errors)
  if (errors.length === 0) for (const outcome of outcomes) checkResult(outcome, contract.result, errors)
  return errors.slice(0, maxErrors)
}

function visit(expression: unknown, pointer: string, scope: Shape, errors: InputError[]): Outcome[] {
  // Enough to mend; an error can cost more to find than the expression to read.
  if (errors.length >= maxErrors) return []
  const literal = (shape: Shape): Outcome[] => [{ shape, pointer, from: 'literal', literal: expression }]
  const refuse = (detail: string): Outcome[] => {
    errors.push({ pointer, detail })
    return []
  }
  if (expression === null) return literal('null')
  if (typeof expression === 'string') return literal('string')
  if (typeof expression === 'boolean') return literal('boolean')
  if (typeof expression === 'number') return Number.isFinite(expression) ? literal('number') : refuse('A number must be finite.')
  if (Array.isArray(expression)) {
    for (const [index, element] of expression.entries()) visit(element, `${pointer}/${index}`, scope, errors)
    return literal({ listOf: 'unknown' })
  }
  if (typeof expression !== 'object') return refuse('An expression is JSON.')
  const [name, ...others] = Object.keys(expression)
  if (name === undefined || others.length > 0) return refuse('An operation is an object with one member, named by its operator.')
  const signature = signatures.get(name)
  if (signature === undefined) return refuse(`There is no operator "${name.slice(0, 40)}".`)
  return apply(name, signature, (expression as Record<string, unknown>)[name], `${pointer}/${pointerToken(name)}`, scope, errors)
}

function apply(name: string, signature: Signature, data: unknown, pointer: string, scope: Shape, errors: InputError[]): Outcome[] {
  const operands = Array.isArray(data) ? data : [data]
  const at = (index: number) => (Array.isArray(data) ? `${pointer}/${index}` : pointer)
  const mistake = countMistake(name, signature, data, operands.length)
  if (mistake !== null) {
    errors.push({ pointer, detail: mistake })
    return []
  }
  if (signature.paths !== undefined) return readPaths(signature, operands, at, pointer, scope, errors)
  const first = visit(operands[0], at(0), scope, errors)
  const inner = signature.scope === undefined ? scope : innerScope(signature.scope, elementOf(first))
  const rest = operands.slice(1).map((operand, index) => {
    // The last operand of a fold is where it starts: it is read outside.
    const outside = signature.scope === 'fold' && index === 1
    return visit(operand, at(index + 1), outside ? scope : inner, errors)
  })
  const given = [first, ...rest]
  if (signature.scope !== undefined) wantList(first, errors)
  if (signature.operands !== undefined)
    for (const [index, outcomes] of given.entries()) wantOperand(name, signature, !Array.isArray(data), index, outcomes, errors)
  return outcomesOf(name, signature, given, first, pointer)
}

function countMistake(name: string, { min, max, lazy }: Signature, data: unknown, count: number): string | null {
  const wanted = min === max ? `${min}` : `${min} to ${max}`
  if (count < min || count > max) return `"${name}" takes ${wanted} operand${wanted === '1' ? '' : 's'}.`
  if (lazy && !Array.isArray(data)) return `"${name}" takes its operands in a list.`
  return null
}

function outcomesOf(name: string, signature: Signature, given: Outcome[][], first: Outcome[], pointer: string): Outcome[] {
  if (name === 'and' || name === 'or') return given.flat()
  if (name === 'if' || name === '?:') {
    const results = given.filter((_, index) => index % 2 === 1 || (index === given.length - 1 && given.length % 2 === 1)).flat()
    return given.length % 2 === 1 ? results : [...results, { shape: 'null', pointer, from: 'operator' }]
  }
  if (name === 'reduce') return [{ shape: 'unknown', pointer, from: 'operator' }]
  const shape = name === 'filter' ? { listOf: elementOf(first) } : (signature.gives ?? 'unknown')
  return [{ shape, pointer, from: 'operator' }]
}

function readPaths(
  signature: Signature,
  operands: unknown[],
  at: (index: number) => string,
  pointer: string,
  scope: Shape,
  errors: InputError[],
): Outcome[] {
  if (signature.paths === 'var') {
    const shape = readPath(operands[0], at(0), scope, errors)
    const otherwise = operands.length > 1 ? visit(operands[1], at(1), scope, errors) : []
    return shape === null ? [] : [{ shape, pointer, from: 'variable' }, ...otherwise]
  }
  const listed = signature.paths === 'missing_some'
  if (listed && !(Number.isSafeInteger(operands[0]) && Array.isArray(operands[1]))) {
    errors.push({ pointer, detail: '"missing_some" takes a number and a list of paths.' })
    return []
  }
  const paths = listed ? (operands[1] as unknown[]) : operands
  for (const [index, path] of paths.entries()) readPath(path, listed ? `${at(1)}/${index}` : at(index), scope, errors)
  return [{ shape: signature.gives ?? 'unknown', pointer, from: 'operator' }]
}

function readPath(operand: unknown, pointer: string, scope: Shape, errors: InputError[]): Shape | null {
  const path = pathOf(operand)
  const found = path === null ? { mistake: "A variable's path is written out: a text, or an index." } : shapeAt(scope, path)
  if ('shape' in found) return found.shape
  errors.push({ pointer, detail: found.mistake })
  return null
}

const innerScope = (kind: 'element' | 'fold', element: Shape): Shape =>
  kind === 'element' ? element : { members: { current: element, accumulator: 'unknown' } }

/** What a list's elements are; open when the list may come from several places. */
function elementOf(outcomes: Outcome[]): Shape {
  const [only, ...others] = outcomes
  if (only === undefined || others.length > 0 || typeof only.shape === 'string' || !('listOf' in only.shape)) return 'unknown'
  return only.shape.listOf
}

function wantList(outcomes: Outcome[], errors: InputError[]): void {
  for (const { shape, pointer } of outcomes) {
    const fits = shape === 'unknown' || shape === 'null' || (typeof shape === 'object' && 'listOf' in shape)
    if (!fits) errors.push({ pointer, detail: `A list is wanted here; this is ${describe(shape)}.` })
  }
}

/** `{"+": {"var": path}}` takes a list's elements as its operands. */
const takesAList = new Set(['+', '*', 'min', 'max'])

function wantOperand(
  name: string,
  signature: Signature,
  unlisted: boolean,
  index: number,
  outcomes: Outcome[],
  errors: InputError[],
): void {
  const zone = signature.operands === 'dates' && index === signature.max - 1
  for (const { shape, pointer, from, literal } of outcomes) {
    if (shape === 'unknown') continue
    const text = from === 'literal' && typeof literal === 'string' ? literal : null
    if (zone) {
      if (shape !== 'string' || (text !== null && !isZone(text)))
        errors.push({ pointer, detail: 'A time zone by its IANA name is wanted here.' })
    } else if (signature.operands === 'dates') {
      const fits = (shape === 'string' || shape === 'number') && (from !== 'literal' || isDate(literal))
      if (!fits) errors.push({ pointer, detail: 'A date is wanted here: ISO 8601, or milliseconds since 1970.' })
    } else {
      const list = typeof shape === 'object' && 'listOf' in shape && unlisted && from === 'variable' && takesAList.has(name)
      const fits = list || shape === 'number' || shape === 'boolean' || (shape === 'string' && (text === null || isNumeric(text)))
      if (!fits) errors.push({ pointer, detail: `"${name}" takes numbers; this is ${describe(shape)}.` })
    }
  }
}

// A memo of a pure function: the runtime takes a third of a millisecond for a zone that it has not met, and an expression has
// room for a hundred. No more are kept than there are, as names differ in case alone.
const zones = new Set<string>()

function isZone(name: string): boolean {
  const key = name.toLowerCase()
  if (zones.has(key)) return true
  if (name.length > maxDateLength) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    zones.add(key)
    return true
  } catch {
    return false
  }
}

function checkResult({ shape, pointer, from }: Outcome, wanted: 'boolean' | 'number', errors: InputError[]): void {
  if (shape === 'unknown' || shape === wanted) return
  if (wanted === 'boolean') {
    const asked = from === 'variable' || (from === 'operator' && (typeof shape === 'object' || shape === 'null'))
    if (!asked) errors.push({ pointer, detail: `A condition is wanted here; this is ${describe(shape)}.` })
    return
  }
  const detail =
    from === 'operator' && shape === 'null' ? 'A number is wanted: give "if" a last operand for when no condition holds.' : null
  errors.push({ pointer, detail: detail ?? `A number is wanted here; this is ${describe(shape)}.` })
}
