// The arithmetic of expressions: stricter than the library's, which reads null as 0. Here a value that is missing is
// an error, so that nothing is awarded for data that was not sent. true and false count as 1 and 0, and a text that
// names a number as that number, as in JsonLogic.

import { maxNumberLength, numberIn, numberSteps } from './texts.ts'

/** No number came out. The evaluator turns it into `expression/not_a_number`. */
export class NotANumber extends Error {}

const over =
  (fold: (numbers: number[]) => number) =>
  (operands: unknown[]): number =>
    finite(fold(numbersIn(operands)))

/** JavaScript rounds half up, which is towards zero below it. */
const roundHalfAway = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))

// A count that is off (a list where one operand was meant) makes NaN, which `over` refuses.
const unary = (apply: (value: number) => number) => over(([value = Number.NaN, ...more]) => (more.length > 0 ? Number.NaN : apply(value)))
const binary = (apply: (a: number, b: number) => number) =>
  over(([a = Number.NaN, b = Number.NaN, ...more]) => (more.length > 0 ? Number.NaN : apply(a, b)))

export const arithmeticMethods: Record<string, (operands: unknown[]) => number> = {
  '+': over((numbers) => numbers.reduce((sum, next) => sum + next, 0)),
  '*': over((numbers) => numbers.reduce((product, next) => product * next, 1)),
  '-': over((numbers) =>
    numbers.length === 1 ? 0 - (numbers[0] ?? 0) : numbers.length === 2 ? (numbers[0] ?? 0) - (numbers[1] ?? 0) : Number.NaN,
  ),
  '/': binary((a, b) => a / b),
  '%': binary((a, b) => a % b),
  // reduce and not spread: a list may be longer than a call has room for arguments.
  min: over((numbers) => numbers.reduce((least, next) => Math.min(least, next), Number.POSITIVE_INFINITY)),
  max: over((numbers) => numbers.reduce((most, next) => Math.max(most, next), Number.NEGATIVE_INFINITY)),
  abs: unary(Math.abs),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(roundHalfAway),
  sqrt: unary(Math.sqrt),
  pow: binary((base, exponent) => base ** exponent),
}

/** Whether arithmetic can read a text: at most 64 characters. */
export const isNumeric = (text: string): boolean => text.length <= maxNumberLength && text.trim() !== '' && Number.isFinite(numberIn(text))

/** What reading the operands costs: going through them is the caller's to charge, and done before. */
export function readingSteps(operands: readonly unknown[]): number {
  let steps = 0
  for (const operand of operands) if (typeof operand === 'string') steps += numberSteps(operand)
  return steps
}

/** A loop, since it is a list's every element: what is asked for each costs ten times as much until it is compiled. */
function numbersIn(operands: readonly unknown[]): number[] {
  const numbers: number[] = []
  for (const operand of operands) numbers.push(toNumber(operand))
  return numbers
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return finite(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string' && isNumeric(value)) return Number(value)
  throw new NotANumber('an operand is not a number')
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new NotANumber('the result is not finite')
  return value
}
