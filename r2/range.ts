// Range (RFC 9110, section 14): what of a representation a request asks for, by the grammar and exactly, for positions of
// any length. What is not valid, or not in bytes, is ignored: the whole is sent.
//
// By declaration: one range is answered exactly (206); a request for several gets the whole (200, which section 14.2 leaves
// to the server), unless none of them can be satisfied (416). Nobody can make us send a byte twice.

import type { Span } from '../domain/media/blobs.ts'
import { withoutBlanks } from './blanks.ts'

export type RangePlan = { kind: 'whole' } | { kind: 'span'; span: Span } | { kind: 'unsatisfiable' }

/** Digits, as they came. Without `first`: the last so many bytes; without `last`: to the end. */
type RangeSpec = { first: string; last?: string } | { suffix: string }

const whole: RangePlan = { kind: 'whole' }

/** For `size` bytes that would be sent with a 200. `field` as it came, null where there is none. */
export function planRange(field: string | null, size: number): RangePlan {
  const specs = field === null ? null : parseRange(field)
  if (specs === null) return whole
  const spans = specs.flatMap((spec) => spanOf(spec, size) ?? [])
  if (spans.length === 0) return { kind: 'unsatisfiable' }
  const [span] = spans
  // The end of nothing is nothing, which no Content-Range can say.
  return specs.length === 1 && span && span.length > 0 ? { kind: 'span', span } : whole
}

/** `Content-Range` of a 206. */
export const contentRange = ({ offset, length }: Span, size: number): string => `bytes ${offset}-${offset + length - 1}/${size}`

/** Null for what is to be ignored: another unit, no range-set by the grammar, or one range in it that ends before it begins. */
function parseRange(field: string): RangeSpec[] | null {
  const set = /^bytes=(.*)$/i.exec(withoutBlanks(field))?.[1]
  // A list begins with an element or with a comma, not with blanks before an element (5.6.1.2).
  if (set === undefined || /^[ \t]+[^ \t,]/.test(set)) return null
  const elements = set.split(',').map(withoutBlanks)
  const specs = elements.filter((element) => element !== '').map(parseSpec)
  return specs.length > 0 && specs.every((spec) => spec !== null) ? specs : null
}

function parseSpec(text: string): RangeSpec | null {
  const [matched, first, last, suffix] = /^(?:(\d+)-(\d*)|-(\d+))$/.exec(text) ?? []
  if (matched === undefined) return null
  if (suffix !== undefined) return { suffix }
  if (first === undefined || last === undefined || last === '') return { first: first ?? '' }
  return isLess(last, first) ? null : { first, last }
}

/** Null where it lies outside. A number of any length is at least as large as any size once it is rounded. */
function spanOf(spec: RangeSpec, size: number): Span | null {
  if ('suffix' in spec) {
    const length = Math.min(Number(spec.suffix), size)
    return /[1-9]/.test(spec.suffix) ? { offset: size - length, length } : null
  }
  const offset = Number(spec.first)
  if (offset >= size) return null
  const last = spec.last === undefined ? size - 1 : Math.min(Number(spec.last), size - 1)
  return { offset, length: last - offset + 1 }
}

/** Of digits: beyond 2^53, numbers would be rounded into each other. */
function isLess(a: string, b: string): boolean {
  const [x, y] = [a, b].map((digits) => digits.replace(/^0+/, '')) as [string, string]
  return x.length === y.length ? x < y : x.length < y.length
}
