// Of requests that are refused because too much is being written, one a second and workspace leaves a line, with how many it
// stands for: they come by the thousand, say all the same, and a line costs as much as the refusal itself.

const everyMs = 1_000
const workspacesKnown = 500

/** Null: no line for this one. */
export function overloadLines(): (workspaceId: string, nowMs: number) => { leftOut?: number } | null {
  const last = new Map<string, { nextAtMs: number; leftOut: number }>()
  return (workspaceId, nowMs) => {
    const known = last.get(workspaceId)
    if (known && nowMs < known.nextAtMs) {
      known.leftOut += 1
      return null
    }
    last.delete(workspaceId)
    last.set(workspaceId, { nextAtMs: nowMs + everyMs, leftOut: 0 })
    const [oldest] = last.keys()
    if (last.size > workspacesKnown && oldest !== undefined) last.delete(oldest)
    return known && known.leftOut > 0 ? { leftOut: known.leftOut } : {}
  }
}
