// The bounds on an expression's size, checked before anything else walks it. Iterative, since the input may be deeper
// than the stack; it looks at no more than `maxNodes` values.

import type { InputError } from '../failures.ts'
import { pointerToken } from './pointer.ts'

export const maxDepth = 20
export const maxNodes = 500
export const maxBytes = 16 * 1024

interface Place {
  value: unknown
  pointer: string
  depth: number
}

/** The first bound that is broken, or null. An operator with its list of operands is one node and one level; a literal is a node and no level. */
export function checkSize(expression: unknown, pointer: string): InputError | null {
  const tooMany = { pointer, detail: `An expression has at most ${maxNodes} operators and operands.` }
  const waiting: Place[] = [{ value: expression, pointer, depth: 1 }]
  let nodes = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    nodes += 1
    const inner = typeof next.value === 'object' && next.value !== null
    if (inner && next.depth > maxDepth) return { pointer: next.pointer, detail: `An expression is nested at most ${maxDepth} deep.` }
    const below = childrenOf(next)
    if (nodes + waiting.length + below.length > maxNodes) return tooMany
    waiting.push(...below)
  }
  const bytes = new TextEncoder().encode(JSON.stringify(expression)).length
  return bytes > maxBytes ? { pointer, detail: `An expression has at most ${maxBytes} bytes.` } : null
}

function childrenOf({ value, pointer, depth }: Place): Place[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value))
    return value.slice(0, maxNodes).map((child, index) => ({ value: child, pointer: `${pointer}/${index}`, depth: depth + 1 }))
  const children = Object.entries(value)
    .slice(0, maxNodes)
    .map(([name, child]) => ({ value: child, pointer: `${pointer}/${pointerToken(name)}`, depth: depth + 1 }))
  const [only, ...others] = children
  const operands = only !== undefined && others.length === 0 && Array.isArray(only.value)
  return operands ? childrenOf({ ...only, depth }) : children
}
