// Texts in expressions: joined, cut, searched. Their work is charged by their length before it is done.

import { maxTextLength, OverBudget, weight } from './budget.ts'

type Spend = (steps: number) => void

/** The digits of a number are found by a search of their own, which takes half a microsecond. */
const digitsSteps = 5

function textOf(value: unknown, spend: Spend): string {
  if (typeof value === 'string') return value
  if (value !== null && typeof value === 'object') throw new Error('an object is no text')
  spend(digitsSteps)
  return String(value)
}

/** `cat`: null is an empty text. */
export function join(operands: unknown[], spend: Spend): string {
  let length = 0
  const pieces = operands.map((operand) => {
    const piece = operand === null ? '' : textOf(operand, spend)
    length += piece.length
    // Before the pieces are put together: many short operands can name one long text.
    if (length > maxTextLength) throw new OverBudget('a text is too long')
    return piece
  })
  // By their sum, since a text of less than 64 characters was charged nothing.
  spend(length >> 5)
  return pieces.join('')
}

/** `substr`: from the end where `from` is negative; up to so many before the end where `count` is. */
export function cut([text, from, count]: unknown[]): string {
  if (typeof text !== 'string') throw new Error('only a text is cut')
  const start = position(from) ?? 0
  const rest = start < 0 ? text.slice(start) : text.slice(start, text.length)
  const wanted = position(count)
  if (wanted === undefined) return rest
  return rest.slice(0, wanted < 0 ? Math.max(0, rest.length + wanted) : wanted)
}

function position(value: unknown): number | undefined {
  if (value === undefined) return undefined
  // A list would become a text first, of any length.
  if (value !== null && typeof value === 'object') throw new Error('no position in a text')
  if (typeof value === 'string' && value.length > maxNumberLength) return 0
  return Math.trunc(Number(value)) || 0
}

/** A text that is longer names no number: finding the nearest of a thousand digits is work that nobody needs. */
export const maxNumberLength = 64

/** What reading a text as a number costs: more for long ones, whose last digits decide how it is rounded. */
export const numberSteps = (text: string): number => 1 + (Math.min(text.length, maxNumberLength) >> 1)

/** JavaScript's reading of a text as a number; NaN where it names none, or is too long to. */
export const numberIn = (text: string): number => (text.length > maxNumberLength ? Number.NaN : Number(text))

/** `in`: null and other values without content hold nothing. */
export function contains([item, within]: unknown[], spend: Spend): boolean {
  if (!within) return false
  if (Array.isArray(within)) return listContains(within, item, spend)
  if (typeof within !== 'string') throw new Error('neither a text nor a list')
  const wanted = textOf(item, spend)
  spend((within.length + wanted.length) >> 2)
  return textContains(within, wanted)
}

/** Its elements are charged by the caller; long texts as they are compared, for a list may hold one a thousand times. */
function listContains(list: unknown[], item: unknown, spend: Spend): boolean {
  if (typeof item !== 'string') return list.includes(item)
  const steps = weight(item)
  for (const element of list) {
    if (typeof element !== 'string' || element.length !== item.length) continue
    if (steps > 0) spend(steps)
    if (element === item) return true
  }
  return false
}

/**
 * Knuth, Morris and Pratt: the time is the sum of both lengths. The runtime's own search takes their product for texts
 * that repeat themselves: 12 ms for two of 16 KiB.
 */
export function textContains(text: string, wanted: string): boolean {
  if (wanted.length > text.length) return false
  // borders[i]: how long the longest start of `wanted` is that also ends at i, and is not all of it.
  const borders = new Uint16Array(wanted.length)
  for (let at = 1, matched = 0; at < wanted.length; at++) {
    while (matched > 0 && wanted.charCodeAt(at) !== wanted.charCodeAt(matched)) matched = borders[matched - 1] as number
    if (wanted.charCodeAt(at) === wanted.charCodeAt(matched)) matched += 1
    borders[at] = matched
  }
  let matched = 0
  for (let at = 0; at < text.length && matched < wanted.length; at++) {
    while (matched > 0 && text.charCodeAt(at) !== wanted.charCodeAt(matched)) matched = borders[matched - 1] as number
    if (text.charCodeAt(at) === wanted.charCodeAt(matched)) matched += 1
  }
  return matched === wanted.length
}
