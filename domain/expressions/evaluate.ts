// Evaluating an expression never throws and never guesses: what is not a number is an error that awards nothing.
// Expressions are checked when written (check.ts); evaluation holds by itself against unchecked ones too.

import { fail, ok, type Result } from '../result.ts'
import { NotANumber } from './arithmetic.ts'
import { type Budget, OverBudget } from './budget.ts'
import { BoundedEngine } from './engine.ts'

export interface ExpressionError {
  /** `expression/too_costly`: more than one expression may cost. `event/over_budget`: all for this event have cost too much. */
  code: 'expression/not_a_number' | 'expression/failed' | 'expression/too_costly' | 'event/over_budget'
}

// One engine for the isolate: it keeps nothing between evaluations, which are synchronous.
const engine = new BoundedEngine()

/** A finite number, or an error: for null, NaN, a text (a numeric one too), true, a list. */
export function evaluateNumber(expression: unknown, context: Record<string, unknown>, budget: Budget): Result<number, ExpressionError> {
  const result = evaluate(expression, context, budget)
  if (!result.ok) return result
  if (typeof result.value !== 'number' || !Number.isFinite(result.value)) return fail({ code: 'expression/not_a_number' })
  return ok(result.value + 0)
}

/** JsonLogic's truth of the result: false, null, 0, '' and [] are false, everything else is true; NaN is an error. */
export function evaluateBoolean(expression: unknown, context: Record<string, unknown>, budget: Budget): Result<boolean, ExpressionError> {
  const result = evaluate(expression, context, budget)
  if (!result.ok) return result
  if (Number.isNaN(result.value)) return fail({ code: 'expression/not_a_number' })
  return ok(engine.truthy(result.value))
}

function evaluate(expression: unknown, context: Record<string, unknown>, budget: Budget): Result<unknown, ExpressionError> {
  if (budget.isUsedUp) return fail({ code: 'event/over_budget' })
  try {
    return ok(engine.evaluate(expression, context, budget))
  } catch (error) {
    if (error instanceof OverBudget) return fail({ code: budget.isUsedUp ? 'event/over_budget' : 'expression/too_costly' })
    budget.failed()
    return fail({ code: error instanceof NotANumber ? 'expression/not_a_number' : 'expression/failed' })
  }
}
