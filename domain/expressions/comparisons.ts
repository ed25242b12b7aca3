// Comparing in expressions: `==` `!=` as signatures.ts says; `===` `!==` without conversion; `<` to `>=` two texts by their
// characters, all else as numbers. Three operands of `<` to `>=` are compared pair by pair ("between").

import { NotANumber } from './arithmetic.ts'
import { weight } from './budget.ts'
import { numberIn, numberSteps } from './texts.ts'

type Comparison = (a: unknown, b: unknown) => boolean

/** What comparing the two costs at most: both read through, and a text that meets a number read as one. */
export function comparisonSteps(a: unknown, b: unknown): number {
  const mixed = typeof a !== typeof b
  return weight(a) + weight(b) + (mixed ? readingSteps(a) + readingSteps(b) : 0)
}

const readingSteps = (value: unknown): number => (typeof value === 'string' ? numberSteps(value) : 0)

function looselyEqual(a: unknown, b: unknown): boolean {
  if (a === null || b === null) return a === b
  if (typeof a === 'string' && typeof b === 'string') return a === b
  return numberOf(a) === numberOf(b)
}

/** Null is 0 beside a number, and neither before nor behind a text: JavaScript's order. */
const ordered =
  (holds: <T extends string | number>(a: T, b: T) => boolean): Comparison =>
  (a, b) => {
    if (typeof a === 'string' && typeof b === 'string') return holds(a, b)
    const isNullAndText = (a === null && typeof b === 'string') || (b === null && typeof a === 'string')
    return isNullAndText ? holds(Number(a && numberIn(a as string)), Number(b && numberIn(b as string))) : holds(numberOf(a), numberOf(b))
  }

function numberOf(value: unknown): number {
  if (typeof value === 'object' && value !== null) throw new NotANumber('an object is compared')
  const number = typeof value === 'string' ? numberIn(value) : Number(value)
  if (Number.isNaN(number)) throw new NotANumber('a text is compared with a number')
  return number
}

export const comparisons: Record<string, Comparison> = {
  '==': looselyEqual,
  '!=': (a, b) => !looselyEqual(a, b),
  '===': (a, b) => a === b,
  '!==': (a, b) => a !== b,
  '<': ordered((a, b) => a < b),
  '<=': ordered((a, b) => a <= b),
  '>': ordered((a, b) => a > b),
  '>=': ordered((a, b) => a >= b),
}
