// JSON as RFC 8259 has it and a little stricter: UTF-8 without a byte order mark, at most 100 levels deep, no member
// twice (which of the two counts differs between parsers, so a check made on one may be an effect of the other).
// Lone surrogates in escapes are accepted: names in the wild carry them.

import { type Failure, failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'

export const depthLimit = 100

const malformed = (detail: string): { ok: false; error: Failure } =>
  fail(failure('validation/invalid_input', detail, { errors: [{ pointer: '', detail }] }))

export function parseJson(bytes: Uint8Array): Result<unknown> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return malformed('The body is not valid UTF-8.')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return malformed(text.trim() === '' ? 'A JSON body is required.' : 'The body is not valid JSON.')
  }
  const flaw = findFlaw(text)
  return flaw ? malformed(flaw) : ok(value)
}

/** Walks text that is known to be JSON, so only strings and brackets matter. */
function findFlaw(text: string): string | null {
  // One entry a level: the members seen of an object, null for an array.
  const levels: (Set<string> | null)[] = []
  let expectsName = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') {
      const end = endOfString(text, i)
      const members = levels.at(-1)
      if (expectsName && members) {
        const raw = text.slice(i, end + 1)
        const name = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
        if (members.has(name)) return `The member "${name.slice(0, 60)}" appears twice in one object.`
        members.add(name)
        expectsName = false
      }
      i = end
    } else if (char === '{' || char === '[') {
      levels.push(char === '{' ? new Set() : null)
      expectsName = char === '{'
      if (levels.length > depthLimit) return `The body is nested more than ${depthLimit} levels deep.`
    } else if (char === '}' || char === ']') {
      levels.pop()
      expectsName = false
    } else if (char === ',') expectsName = levels.at(-1) instanceof Set
  }
  return null
}

function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i
}
