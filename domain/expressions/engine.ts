// JsonLogic by json-logic-engine, interpreted only (its compiler needs eval, which Workers forbid) and locked down: the
// methods are those of signatures.ts on an object without prototype, variables read own members, and every evaluation
// has a budget of steps, so that a list in a client's data cannot make a rule of nested loops run for seconds.
//
// The library dispatches, and gives `if`, `and`, `or`, `===`, `!==`, `<`..`>=`, `in` and `substr`; the rest
// is here, for the reasons given in signatures.ts.

import { defaultMethods, LogicEngine } from 'json-logic-engine'
import { arithmeticMethods, NotANumber } from './arithmetic.ts'
import { dateMethods } from './dates.ts'
import { signatures } from './signatures.ts'
import { lookUp, missingOf, pathOf } from './variables.ts'

/** A step is one operator or operand; reading long texts and lists costs more. About a millisecond. */
export const maxSteps = 10_000

type Scope = unknown
type Eager = (operands: unknown[], scope: Scope, above: unknown, engine: BoundedEngine) => unknown
/** Given its operands as they are written, which is for the method to run: a list, by the checker's word. */
type Lazy = { lazy: true; method: Eager }

export class BoundedEngine extends LogicEngine {
  private stepsLeft = 0

  constructor() {
    super({}, { disableInline: true, disableInterpretedOptimization: true })
    this.methods = Object.assign(Object.create(null), ours, theirs())
  }

  /** One evaluation with a fresh budget. Throws what operators throw. Not reentrant, as evaluation is synchronous. */
  evaluate(expression: unknown, context: Scope): unknown {
    this.stepsLeft = maxSteps
    return this.run(expression, context)
  }

  override run(logic: unknown, data?: unknown, options?: { above?: unknown }): unknown {
    this.spend(1)
    return super.run(logic, data, options)
  }

  /** JsonLogic's truth: an empty list is false; else as in JavaScript. The library also takes {} for false. */
  override truthy(value: unknown): boolean {
    return Array.isArray(value) ? value.length > 0 : Boolean(value)
  }

  spend(steps: number): void {
    this.stepsLeft -= steps
    if (this.stepsLeft < 0) throw new Error('the expression took too many steps')
  }
}

const read: Eager = (operands, scope, _above, engine) => {
  const path = pathOf(operands[0])
  if (path === null) throw new Error('a path is a text')
  const value = lookUp(scope, path) ?? operands[1] ?? null
  engine.spend(weight(value))
  return value
}

/** What handling the value will cost, charged where it enters. */
const weight = (value: unknown): number =>
  typeof value === 'string' ? Math.ceil(value.length / 256) : Array.isArray(value) ? Math.ceil(value.length / 16) : 0

/** Evaluates `operands[0]` to a list, then `operands[1]` for each element in that element's scope. */
const each =
  <T>(collect: (list: unknown[], of: (element: unknown) => unknown, engine: BoundedEngine) => T): Eager =>
  (operands, scope, above, engine) =>
    collect(
      listOf(engine.run(operands[0], scope, { above })),
      (element) => engine.run(operands[1], element, { above: [scope, above] }),
      engine,
    )

function listOf(value: unknown): unknown[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw new Error('not a list')
  return value
}

const looselyEqual = (a: unknown, b: unknown): boolean => {
  if (a === null || b === null) return a === b
  if (typeof a === 'string' && typeof b === 'string') return a === b
  if (typeof a === 'object' || typeof b === 'object') throw new NotANumber('an object is compared')
  const [left, right] = [Number(a), Number(b)]
  if (Number.isNaN(left) || Number.isNaN(right)) throw new NotANumber('a text is compared with a number')
  return left === right
}

const equality = (wanted: boolean): Lazy => ({
  lazy: true,
  method: (operands, scope, above, engine) =>
    looselyEqual(engine.run(operands[0], scope, { above }), engine.run(operands[1], scope, { above })) === wanted,
})

/** Lazy, since an eager operand that is a list would be taken for the list of operands. */
const not = (negations: 1 | 2): Lazy => ({
  lazy: true,
  method: (operands, scope, above, engine) => {
    const truth = engine.truthy(engine.run(Array.isArray(operands) ? operands[0] : operands, scope, { above }))
    return negations === 1 ? !truth : truth
  },
})

/** Calendars cost some ten times what other operators do. */
const dated =
  (method: (operands: unknown[]) => number): Eager =>
  (operands, _scope, _above, engine) => {
    engine.spend(20)
    return method(operands)
  }

const ours: Record<string, Eager | Lazy> = {
  ...arithmeticMethods,
  ...Object.fromEntries(Object.entries(dateMethods).map(([name, method]) => [name, dated(method)])),
  var: read,
  missing: (paths, scope, _above, engine) => {
    engine.spend(paths.length)
    return missingOf(scope, paths)
  },
  missing_some: ([wanted, paths], scope, _above, engine) => {
    const asked = listOf(paths)
    engine.spend(asked.length)
    const absent = missingOf(scope, asked)
    return asked.length - absent.length >= Number(wanted) ? [] : absent
  },
  '!': not(1),
  '!!': not(2),
  '==': equality(true),
  '!=': equality(false),
  map: { lazy: true, method: each((list, of) => list.map(of)) },
  filter: { lazy: true, method: each((list, of, engine) => list.filter((element) => engine.truthy(of(element)))) },
  all: { lazy: true, method: each((list, of, engine) => list.length > 0 && list.every((element) => engine.truthy(of(element)))) },
  some: { lazy: true, method: each((list, of, engine) => list.some((element) => engine.truthy(of(element)))) },
  none: { lazy: true, method: each((list, of, engine) => !list.some((element) => engine.truthy(of(element)))) },
  reduce: {
    lazy: true,
    method: (operands, scope, above, engine) =>
      listOf(engine.run(operands[0], scope, { above })).reduce<unknown>(
        (accumulator, current) => engine.run(operands[1], { accumulator, current }, { above: [scope, above] }),
        engine.run(operands[2], scope, { above }),
      ),
  },
  merge: (operands, _scope, _above, engine) => {
    const merged = operands.flat()
    engine.spend(merged.length)
    return merged
  },
  cat: (operands, _scope, _above, engine) => {
    if (operands.some((operand) => operand !== null && typeof operand === 'object')) throw new Error('an object is no text')
    const text = operands.map((operand) => (operand === null ? '' : String(operand))).join('')
    engine.spend(weight(text))
    return text
  },
}

/** The library's own, for the operators that are not written here. */
function theirs(): Record<string, unknown> {
  const library = defaultMethods as unknown as Record<string, unknown>
  const names = [...signatures.keys()].filter((name) => !Object.hasOwn(ours, name))
  return Object.fromEntries(names.map((name) => [name, library[name]]))
}
