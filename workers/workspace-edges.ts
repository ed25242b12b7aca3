// What an isolate remembers of each workspace: its rule set and who may come to it, and when they were asked for. A value,
// never a promise (a promise of one request cannot be awaited in another). Remembered for two seconds, which publishing
// and every change of access wait out; neither number ever goes back, also when an older answer comes in late. Trade-off:
// requests that meet an outdated value side by side each ask.

import { ok, type Result } from '../domain/result.ts'
import type { WorkspaceEdge } from '../durable-objects/workspace/rpc.ts'

export interface WorkspaceEdgePorts {
  now: () => number
  rememberMs: number
  load: (workspaceId: string) => Promise<Result<WorkspaceEdge>>
  /** How many workspaces are remembered. */
  capacity?: number
}

/** At once where it is remembered: most requests wait for nothing here. `resource/not_found`: no such workspace. */
export type WorkspaceEdges = (workspaceId: string) => Result<WorkspaceEdge> | Promise<Result<WorkspaceEdge>>

export function rememberedWorkspaceEdges({ now, rememberMs, load, capacity = 500 }: WorkspaceEdgePorts): WorkspaceEdges {
  const remembered = new Map<string, { known: Result<WorkspaceEdge> & { ok: true }; askedAtMs: number }>()

  async function ask(workspaceId: string): Promise<Result<WorkspaceEdge>> {
    const askedAtMs = now()
    const loaded = await load(workspaceId)
    if (!loaded.ok) return loaded
    // Looked up again: another request may have brought a newer one while this one waited.
    const meanwhile = remembered.get(workspaceId)
    const known = meanwhile ? ok(newest(meanwhile.known.value, loaded.value)) : loaded
    remembered.delete(workspaceId)
    remembered.set(workspaceId, { known, askedAtMs: Math.max(askedAtMs, meanwhile?.askedAtMs ?? 0) })
    for (const oldest of remembered.keys()) {
      if (remembered.size <= capacity) break
      remembered.delete(oldest)
    }
    return known
  }

  return (workspaceId) => {
    const one = remembered.get(workspaceId)
    return one && now() - one.askedAtMs < rememberMs ? one.known : ask(workspaceId)
  }
}

const newest = (a: WorkspaceEdge, b: WorkspaceEdge): WorkspaceEdge => ({
  ruleSet: a.ruleSet.number > b.ruleSet.number ? a.ruleSet : b.ruleSet,
  // Of one version, the one read later: throttles expire without a commit.
  access: a.access.version > b.access.version ? a.access : b.access,
})
