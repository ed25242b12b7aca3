// Every operator, and what it is charged. An eager one is given values: going through them is charged for all alike, what
// it costs beyond that by itself. A lazy one is given its operands as they are written, and charges what it runs.

import { arithmeticMethods, readingSteps } from './arithmetic.ts'
import { type Budget, maxListLength, OverBudget, weight, weightOfAll } from './budget.ts'
import { comparisonSteps, comparisons } from './comparisons.ts'
import { dateMethods, dateOperatorSteps, zoneNamed } from './dates.ts'
import { contains, cut, join } from './texts.ts'
import { lookUp, missingOf, pathOf, pathSteps } from './variables.ts'

type Scope = unknown

/** What an operator may ask of the engine. */
interface Evaluator {
  readonly budget: Budget
  run(logic: unknown, data?: unknown, options?: { above?: unknown }): unknown
  truthy(value: unknown): boolean
}

export type Method = (operands: unknown[], scope: Scope, above: unknown, engine: Evaluator) => unknown
/** For the method to run: a list, by the checker's word. */
export type Lazy = { lazy: true; method: Method }

/** Charges each operand for being gone through once, so that no method has to remember it. */
const eager =
  (method: Method): Method =>
  (operands, scope, above, engine) => {
    engine.budget.spend(weight(operands))
    engine.budget.spend(weightOfAll(operands))
    return method(operands, scope, above, engine)
  }

const lazy = (method: Method): Lazy => ({
  lazy: true,
  method: (operands, scope, above, engine) => {
    if (!Array.isArray(operands)) throw new Error('operands stand in a list')
    return method(operands, scope, above, engine)
  },
})

const onTexts = (method: (operands: unknown[], spend: (steps: number) => void) => unknown): Method =>
  eager((operands, _scope, _above, engine) => method(operands, (steps) => engine.budget.spend(steps)))

const arithmetic = (method: (operands: unknown[]) => number): Method =>
  eager((operands, _scope, _above, engine) => {
    engine.budget.spend(readingSteps(operands))
    return method(operands)
  })

const dated = (name: string, method: (operands: unknown[]) => number): Method =>
  eager((operands, _scope, _above, engine) => {
    const zone = zoneNamed(name, operands)
    engine.budget.spend(dateOperatorSteps(name, zone))
    return zone === null ? method(operands) : engine.budget.zone(zone, () => method(operands))
  })

const compared = (holds: (a: unknown, b: unknown) => boolean): Lazy =>
  lazy((operands, scope, above, engine) => {
    if (operands.length < 2) throw new Error('two are compared')
    let left = engine.run(operands[0], scope, { above })
    for (const operand of operands.slice(1)) {
      const right = engine.run(operand, scope, { above })
      engine.budget.spend(comparisonSteps(left, right))
      if (!holds(left, right)) return false
      left = right
    }
    return true
  })

/** Lazy, since an eager operand that is a list would be taken for the list of operands. */
const not = (negations: 1 | 2): Lazy => ({
  lazy: true,
  method: (operands, scope, above, engine) => {
    const truth = engine.truthy(engine.run(Array.isArray(operands) ? operands[0] : operands, scope, { above }))
    return negations === 1 ? !truth : truth
  },
})

/** Evaluates `operands[0]` to a list, then `operands[1]` for each element in that element's scope: a step each at least. */
const each = (collect: (list: unknown[], of: (element: unknown) => unknown, engine: Evaluator) => unknown): Lazy =>
  lazy((operands, scope, above, engine) =>
    collect(
      listOf(engine.run(operands[0], scope, { above })),
      (element) => engine.run(operands[1], element, { above: [scope, above] }),
      engine,
    ),
  )

function listOf(value: unknown): unknown[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw new Error('not a list')
  // Refused where it is too long; what is done with each element is charged there.
  weight(value)
  return value
}

const missingFrom = (scope: Scope, paths: unknown[], engine: Evaluator): string[] => {
  engine.budget.spend(paths.reduce<number>((steps, path) => steps + pathSteps(path), 0))
  return missingOf(scope, paths)
}

/** Pushed one by one: the runtime's flat() takes ten times as long. */
function merge(operands: unknown[]): unknown[] {
  const merged: unknown[] = []
  for (const operand of operands) {
    const length = merged.length + (Array.isArray(operand) ? operand.length : 1)
    if (length > maxListLength) throw new OverBudget('a list is too long')
    if (Array.isArray(operand)) for (const element of operand) merged.push(element)
    else merged.push(operand)
  }
  return merged
}

/** Pairs of condition and value, and what else there may be; null where nothing holds. */
const chosen = lazy((operands, scope, above, engine) => {
  for (let at = 0; at < operands.length; at += 2) {
    const operand = engine.run(operands[at], scope, { above })
    if (at + 1 === operands.length) return operand
    if (engine.truthy(operand)) return engine.run(operands[at + 1], scope, { above })
  }
  return null
})

/** The first operand of this truth, else the last one. */
const firstOf = (truth: boolean): Lazy =>
  lazy((operands, scope, above, engine) => {
    let operand: unknown = null
    for (const written of operands) {
      operand = engine.run(written, scope, { above })
      if (engine.truthy(operand) === truth) return operand
    }
    return operand
  })

const mapped = <From, To>(record: Record<string, From>, to: (from: From, name: string) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, from]) => [name, to(from, name)]))

export const operators: Record<string, Method | Lazy> = {
  ...mapped(arithmeticMethods, arithmetic),
  ...mapped(dateMethods, (method, name) => dated(name, method)),
  ...mapped(comparisons, compared),
  if: chosen,
  '?:': chosen,
  and: firstOf(false),
  or: firstOf(true),
  '!': not(1),
  '!!': not(2),
  var: eager((operands, scope, _above, engine) => {
    const path = pathOf(operands[0])
    if (path === null) throw new Error('a path is a text')
    engine.budget.spend(pathSteps(path))
    return lookUp(scope, path) ?? operands[1] ?? null
  }),
  missing: eager((paths, scope, _above, engine) => missingFrom(scope, paths, engine)),
  missing_some: eager(([wanted, paths], scope, _above, engine) => {
    const asked = listOf(paths)
    const absent = missingFrom(scope, asked, engine)
    return asked.length - absent.length >= Number(wanted) ? [] : absent
  }),
  map: each((list, of) => list.map(of)),
  filter: each((list, of, engine) => list.filter((element) => engine.truthy(of(element)))),
  all: each((list, of, engine) => list.length > 0 && list.every((element) => engine.truthy(of(element)))),
  some: each((list, of, engine) => list.some((element) => engine.truthy(of(element)))),
  none: each((list, of, engine) => !list.some((element) => engine.truthy(of(element)))),
  reduce: lazy((operands, scope, above, engine) =>
    listOf(engine.run(operands[0], scope, { above })).reduce<unknown>(
      (accumulator, current) => engine.run(operands[1], { accumulator, current }, { above: [scope, above] }),
      engine.run(operands[2], scope, { above }),
    ),
  ),
  merge: eager(merge),
  in: onTexts(contains),
  cat: onTexts(join),
  substr: onTexts(cut),
}
