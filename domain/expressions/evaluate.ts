// Evaluating an expression never throws and never guesses: what is not a number is an error that awards nothing.
// Expressions are checked when written (check.ts); evaluation holds by itself against unchecked ones too.

import { fail, ok, type Result } from '../result.ts'
import { NotANumber } from './arithmetic.ts'
import { BoundedEngine } from './engine.ts'

export interface ExpressionError {
  code: 'expression/not_a_number' | 'expression/failed'
}

// One engine for the isolate: it keeps nothing between evaluations, which are synchronous.
const engine = new BoundedEngine()

/** A finite number, or an error: for null, NaN, a text (a numeric one too), true, a list. */
export function evaluateNumber(expression: unknown, context: Record<string, unknown>): Result<number, ExpressionError> {
  const result = evaluate(expression, context)
  if (!result.ok) return result
  if (typeof result.value !== 'number' || !Number.isFinite(result.value)) return fail({ code: 'expression/not_a_number' })
  return ok(result.value + 0)
}

/** JsonLogic's truth of the result: false, null, 0, '' and [] are false, everything else is true; NaN is an error. */
export function evaluateBoolean(expression: unknown, context: Record<string, unknown>): Result<boolean, ExpressionError> {
  const result = evaluate(expression, context)
  if (!result.ok) return result
  if (Number.isNaN(result.value)) return fail({ code: 'expression/not_a_number' })
  return ok(engine.truthy(result.value))
}

function evaluate(expression: unknown, context: Record<string, unknown>): Result<unknown, ExpressionError> {
  try {
    return ok(engine.evaluate(expression, context))
  } catch (error) {
    // The library throws a bare NaN where a comparison meets a value that is no number.
    const notANumber = error instanceof NotANumber || Number.isNaN(error)
    return fail({ code: notANumber ? 'expression/not_a_number' : 'expression/failed' })
  }
}
