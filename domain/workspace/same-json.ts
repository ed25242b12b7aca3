// Whether two JSON values say the same, whatever the order of their members.

export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = members(a)
  const right = members(b)
  if (left.length !== right.length) return false
  return left.every(([name, value]) => Object.hasOwn(b, name) && sameJson(value, (b as Record<string, unknown>)[name]))
}

/** A member that is undefined is one that JSON does not have. */
const members = (value: object): [string, unknown][] => Object.entries(value).filter(([, member]) => member !== undefined)
