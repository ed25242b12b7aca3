// What an expression may see, told in shapes: each context of domain rules is described once, the checker reads
// variables against it. `unknown` is open: the client's own data, anything may stand below it.

export type Shape = 'string' | 'number' | 'boolean' | 'null' | 'unknown' | { listOf: Shape } | { members: ContextDescription }

/** The variables at the top of a context, by name. */
export type ContextDescription = { readonly [name: string]: Shape }

/** Names that reach out of the data into the language. Refused everywhere, in open objects too. */
export const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export const maxPathSegments = 10
export const maxPathLength = 200

/** `a.b.0` in segments; the empty path (the whole scope) has none. A key that holds a dot cannot be reached. */
export const segmentsOf = (path: string): string[] => (path === '' ? [] : path.split('.'))

/** What stands at `path` below `scope`, or why nothing can. */
export function shapeAt(scope: Shape, path: string): { shape: Shape } | { mistake: string } {
  if (path.length > maxPathLength) return { mistake: `A variable's path is at most ${maxPathLength} characters.` }
  const segments = segmentsOf(path)
  if (segments.length > maxPathSegments) return { mistake: `A variable's path is at most ${maxPathSegments} names deep.` }
  let shape = scope
  for (const [index, segment] of segments.entries()) {
    const parent = segments.slice(0, index).join('.')
    if (segment === '') return { mistake: `"${path}" has an empty name in it.` }
    if (forbiddenNames.has(segment)) return { mistake: `"${segment}" cannot be read.` }
    const below = memberOf(shape, segment)
    if (below === null) return { mistake: `${parent === '' ? 'There' : `In "${parent}" there`} is no "${segment}"${known(shape)}.` }
    shape = below
  }
  return { shape }
}

function memberOf(shape: Shape, name: string): Shape | null {
  if (shape === 'unknown') return 'unknown'
  if (typeof shape === 'string') return null
  if ('members' in shape) return Object.hasOwn(shape.members, name) ? (shape.members[name] ?? null) : null
  if (name === 'length') return 'number'
  return /^(0|[1-9]\d{0,5})$/.test(name) ? shape.listOf : null
}

function known(shape: Shape): string {
  if (typeof shape === 'string') return `: it is ${describe(shape)}`
  if ('listOf' in shape) return ': it is a list'
  return `; known here: ${Object.keys(shape.members).join(', ')}`
}

/** The shape in words, for messages. */
export function describe(shape: Shape): string {
  if (typeof shape === 'object') return 'listOf' in shape ? 'a list' : 'an object'
  const words = { string: 'a text', number: 'a number', boolean: 'true or false', null: 'null', unknown: 'open' } as const
  return words[shape]
}
