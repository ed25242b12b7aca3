// JsonLogic by json-logic-engine, interpreted only (its compiler needs eval, which Workers forbid) and locked down: the
// methods are those of signatures.ts on an object without prototype, variables read own members, and everything is
// charged to a budget before it is done.
//
// The library dispatches. None of its operators is used, since they charge nothing: operators.ts has all of them.

import { LogicEngine } from 'json-logic-engine'
import type { Budget } from './budget.ts'
import { operators } from './operators.ts'

export class BoundedEngine extends LogicEngine {
  #budget: Budget | null = null

  constructor() {
    super({}, { disableInline: true, disableInterpretedOptimization: true })
    this.methods = Object.assign(Object.create(null), operators)
  }

  /** Throws what operators throw, and OverBudget. Not reentrant, as evaluation is synchronous. */
  evaluate(expression: unknown, context: unknown, budget: Budget): unknown {
    this.#budget = budget
    budget.begin()
    return this.run(expression, context)
  }

  get budget(): Budget {
    if (this.#budget === null) throw new Error('nothing is being evaluated')
    return this.#budget
  }

  override run(logic: unknown, data?: unknown, options?: { above?: unknown }): unknown {
    this.budget.spend(1)
    return super.run(logic, data, options)
  }

  /** JsonLogic's truth: an empty list is false; else as in JavaScript. The library also takes {} for false. */
  override truthy(value: unknown): boolean {
    return Array.isArray(value) ? value.length > 0 : Boolean(value)
  }
}
