// What an isolate remembers of each workspace's rules: a value and when it was asked for, never a promise (a promise
// of one request cannot be awaited in another). Remembered for two seconds, which publishing waits out; the number
// never goes back, also when an older answer comes in late. Trade-off: requests that meet an outdated value side by
// side each ask.

import { ok, type Result } from '../domain/result.ts'
import type { RuleSet } from '../domain/rules/types.ts'

export interface RuleSetPorts {
  now: () => number
  rememberMs: number
  load: (workspaceId: string) => Promise<Result<RuleSet>>
  /** How many workspaces are remembered. */
  capacity?: number
}

export function rememberedRuleSets({
  now,
  rememberMs,
  load,
  capacity = 500,
}: RuleSetPorts): (workspaceId: string) => Promise<Result<RuleSet>> {
  const remembered = new Map<string, { ruleSet: RuleSet; askedAtMs: number }>()

  return async (workspaceId) => {
    const known = remembered.get(workspaceId)
    if (known && now() - known.askedAtMs < rememberMs) return ok(known.ruleSet)
    const askedAtMs = now()
    const loaded = await load(workspaceId)
    if (!loaded.ok) return loaded
    // Looked up again: another request may have brought a newer one while this one waited.
    const meanwhile = remembered.get(workspaceId)
    const newest = meanwhile && meanwhile.ruleSet.number > loaded.value.number ? meanwhile.ruleSet : loaded.value
    remembered.delete(workspaceId)
    remembered.set(workspaceId, { ruleSet: newest, askedAtMs: Math.max(askedAtMs, meanwhile?.askedAtMs ?? 0) })
    for (const oldest of remembered.keys()) {
      if (remembered.size <= capacity) break
      remembered.delete(oldest)
    }
    return ok(newest)
  }
}
