// JSON as RFC 8259 has it and a little stricter: UTF-8 without a byte order mark, bounded in depth and in how many values
// it holds, no member twice (which of the two counts differs between parsers, so a check made on one may be an effect of
// the other). Lone surrogates in escapes are accepted: names in the wild carry them.
//
// The bounds are held before the parser sees the text: what costs most is not bytes but members, each a new name.

import { type Failure, failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { type JsonLimits, scanJson, withoutLostNumbers } from './json-scan.ts'

export const jsonLimits: JsonLimits = { members: 2000, depth: 64 }

const malformed = (detail: string): { ok: false; error: Failure } =>
  fail(failure('validation/invalid_input', detail, { errors: [{ pointer: '', detail }] }))

/** `validation/invalid_input`, or `request/too_large` for too many members. A number that no double can hold is Infinity, which no schema takes. */
export function parseJson(bytes: Uint8Array, limits: JsonLimits = jsonLimits): Result<unknown> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return malformed('The body is not valid UTF-8.')
  }
  const scan = scanJson(text, limits)
  if (scan.exceeds === 'depth') return malformed(`The body is nested more than ${limits.depth} levels deep.`)
  if (scan.exceeds !== null) {
    const atMost =
      scan.exceeds === 'names' && limits.names !== undefined ? `${limits.names} members` : `${limits.members} members and elements`
    return fail(failure('request/too_large', `The body has more than ${atMost}.`))
  }
  let value: unknown
  try {
    value = JSON.parse(withoutLostNumbers(text, scan.lostNumbers))
  } catch {
    return malformed(text.trim() === '' ? 'A JSON body is required.' : 'The body is not valid JSON.')
  }
  // Of two members of one name the parser keeps one.
  if (countNames(value) === scan.names) return ok(value)
  return malformed(`The member "${repeatedName(text).slice(0, 60)}" appears twice in one object.`)
}

function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let names = 0
  if (Array.isArray(value)) for (const element of value) names += countNames(element)
  else for (const name in value) names += 1 + countNames((value as Record<string, unknown>)[name])
  return names
}

/** In text that is known to be JSON and to have one, so only strings and brackets matter. */
function repeatedName(text: string): string {
  // One entry a level: the members seen of an object, null for an array.
  const levels: (Set<string> | null)[] = []
  let expectsName = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') {
      const end = endOfString(text, i)
      const members = levels.at(-1)
      if (expectsName && members) {
        const name = JSON.parse(text.slice(i, end + 1)) as string
        if (members.has(name)) return name
        members.add(name)
        expectsName = false
      }
      i = end
    } else if (char === '{' || char === '[') {
      levels.push(char === '{' ? new Set() : null)
      expectsName = char === '{'
    } else if (char === '}' || char === ']') {
      levels.pop()
      expectsName = false
    } else if (char === ',') expectsName = levels.at(-1) instanceof Set
  }
  throw new Error('no member appears twice')
}

function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i
}
