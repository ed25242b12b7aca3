// How deep a policy nests. Cedar is a recursive program on a stack of one megabyte: some 130 brackets within each other, or
// some 400 additions, overflow it, and what overflowed once is lost to the isolate for every workspace. So a text of somebody
// else's is measured before Cedar's parser sees it, and its tree before Cedar's validator and evaluator do.

/** A third of what was seen to be survived, at least. */
export const nestingLimits = { brackets: 32, levels: 100 } as const

/** Brackets within each other, and each `if` as one more; strings and comments are passed over as Cedar's own lexer does. */
export function bracketDepth(text: string): number {
  let open = 0
  let deepest = 0
  let ifs = 0
  for (const [token] of text.matchAll(/\/\/[^\n\r]*|"(?:\\.|[^"\\])*"|[([{]|[)\]}]|\bif\b/g)) {
    if (token === 'if') ifs += 1
    else if ('([{'.includes(token)) deepest = Math.max(deepest, ++open)
    else if (')]}'.includes(token)) open -= 1
  }
  return deepest + ifs
}

/** Levels of a policy's tree in Cedar's JSON format, which has two for each operator; all its conditions count as one chain. */
export function treeDepth(policy: { conditions: unknown[] }): number {
  let deepest = 0
  const waiting: { value: unknown; depth: number }[] = [{ value: policy, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next
    deepest = Math.max(deepest, depth)
    if (typeof value === 'object' && value !== null)
      for (const part of Object.values(value)) waiting.push({ value: part, depth: depth + 1 })
  }
  return Math.ceil(deepest / 2) + policy.conditions.length
}
