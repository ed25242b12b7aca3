// RFC 7396 on plain JSON objects: null removes, objects merge, everything else replaces.

export function mergePatch<T extends object>(target: T, patch: object): T {
  const merged = new Map<string, unknown>(Object.entries(target))
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue
    if (value === null) merged.delete(name)
    else merged.set(name, isObject(value) ? mergePatch(objectOr(merged.get(name)), value) : value)
  }
  return Object.fromEntries(merged) as T
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const objectOr = (value: unknown): object => (isObject(value) ? value : {})
