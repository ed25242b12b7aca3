// JSON pointers (RFC 6901) into bodies: reading, and copies with one value other.

type Json = Record<string, unknown>

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')

export const partsOf = (pointer: string): string[] => (pointer === '' ? [] : pointer.slice(1).split('/').map(unescaped))

export function at(value: unknown, pointer: string): unknown {
  let found = value
  for (const part of partsOf(pointer)) found = (found as Json | undefined)?.[part]
  return found
}

/** Absent, where a member is to be left out. */
export const absent: unique symbol = Symbol('absent')

/** A copy with `to` at the pointer; everything on the way there must exist. */
export function replaced(value: unknown, pointer: string, to: unknown): unknown {
  const [first, ...rest] = partsOf(pointer)
  if (first === undefined) return to
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Json) }) as Json
  const inner =
    rest.length === 0 ? to : replaced(copy[first], `/${rest.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`, to)
  if (inner === absent) delete copy[first]
  // Not an assignment: `__proto__` must become a member, as JSON.parse makes it one.
  else Object.defineProperty(copy, first, { value: inner, enumerable: true, configurable: true, writable: true })
  return copy
}
