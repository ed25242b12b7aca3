// One expression with a budget of its own.

import { Budget } from '../../../../domain/expressions/budget.ts'
import * as evaluation from '../../../../domain/expressions/evaluate.ts'

export const evaluateNumber = (expression: unknown, context: Record<string, unknown>, budget = new Budget()) =>
  evaluation.evaluateNumber(expression, context, budget)

export const evaluateBoolean = (expression: unknown, context: Record<string, unknown>, budget = new Budget()) =>
  evaluation.evaluateBoolean(expression, context, budget)
