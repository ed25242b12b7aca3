// What a request says of all that it sends: the members that its schema keeps, as they came. Two requests that differ only
// in members that nobody reads have one effect and are one request (docs/idempotency.md); defaults that a schema adds are
// not the client's words, so another default tomorrow makes no repeat of today's request another one.
//
// It costs what is kept, whatever was sent beside it.

/** `parsed` is what the schema made of `given`. */
export function keptOf(given: unknown, parsed: unknown): unknown {
  if (given === parsed || !isContainer(given) || !isContainer(parsed)) return given
  if (Array.isArray(given) || Array.isArray(parsed)) {
    const isList = Array.isArray(given) && Array.isArray(parsed) && given.length === parsed.length
    return isList ? given.map((element, i) => keptOf(element, parsed[i])) : given
  }
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(parsed)) if (Object.hasOwn(given, name)) kept[name] = keptOf(given[name], parsed[name])
  return kept
}

const isContainer = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
