// What evaluations may cost. One budget is made for an event and passed to every expression that is evaluated for it, so
// that the whole rule set together is bounded, and each expression by itself too.
//
// A step is one operator or operand, and stands for a tenth of a microsecond; up to ten times that in an isolate that has
// only begun, whose code is not compiled yet. Work is charged before it is done,
// by the sizes of what it meets and by nothing else (never by time, nor by what a cache holds), so that the same event
// and rule set cost the same everywhere and always. Decisions are stored and never made again, so these numbers may change.

export const stepsPerExpression = 10_000
export const stepsPerEvent = 20_000

/** Longer ones are neither read nor made. An event's additionalData has at most 16 KiB, so nothing in it is longer. */
export const maxTextLength = 16 * 1024
export const maxListLength = 10_000

/** What it takes to begin with an expression, whatever is in it. */
const beginSteps = 10
/** An error that is thrown and caught. */
const failureSteps = 100
/** The first use of a time zone loads its rules, which takes a third of a millisecond. Later ones find them. */
const zoneSteps = 3_000

/** The work that was asked for is not done. */
export class OverBudget extends Error {}

export class Budget {
  #eventLeft = stepsPerEvent
  #expressionLeft = 0
  readonly #zones = new Set<string>()

  /** Steps charged until now. */
  get spent(): number {
    return stepsPerEvent - this.#eventLeft
  }

  /** True from the first charge that the event could not pay: nothing more is done for it. */
  get isUsedUp(): boolean {
    return this.#eventLeft === 0
  }

  begin(): void {
    this.#expressionLeft = stepsPerExpression
    this.spend(beginSteps)
  }

  failed(): void {
    this.#eventLeft = Math.max(0, this.#eventLeft - failureSteps)
  }

  spend(steps: number): void {
    if (steps > this.#eventLeft) {
      this.#eventLeft = 0
      throw new OverBudget('the expressions of this event take too many steps')
    }
    if (steps > this.#expressionLeft) throw new OverBudget('the expression takes too many steps')
    this.#eventLeft -= steps
    this.#expressionLeft -= steps
  }

  /** For work that is no expression's: false when the event cannot pay for it. */
  affords(steps: number): boolean {
    if (steps > this.#eventLeft) this.#eventLeft = 0
    else this.#eventLeft -= steps
    return !this.isUsedUp
  }

  /** Charges for a zone that this event has not used; one that turns out to be none is charged each time. */
  zone<T>(name: string, use: () => T): T {
    const key = name.toLowerCase()
    if (this.#zones.has(key)) return use()
    this.spend(zoneSteps)
    const used = use()
    this.#zones.add(key)
    return used
  }
}

/** Steps for going through a text or a list once: 64 characters or 2 elements a step. What is too long is refused. */
export function weight(value: unknown): number {
  if (typeof value === 'string') {
    if (value.length > maxTextLength) throw new OverBudget('a text is too long')
    return value.length >> 6
  }
  if (!Array.isArray(value)) return 0
  if (value.length > maxListLength) throw new OverBudget('a list is too long')
  return value.length >> 1
}

/** What going through each of them costs, beside going through the list that they stand in. */
export function weightOfAll(operands: readonly unknown[]): number {
  let steps = 0
  for (const operand of operands) if (typeof operand === 'string' || typeof operand === 'object') steps += weight(operand)
  return steps
}
