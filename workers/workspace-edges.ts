// What an isolate remembers of each workspace: its rule set and who may come to it, and when they were asked for. A value,
// never a promise (a promise of one request cannot be awaited in another). Remembered for two seconds, which publishing
// and every change of access wait out; neither number ever goes back, also when an older answer comes in late. That there is
// no such workspace is remembered as long, apart, so that invented names push no real one out; making a workspace waits it
// out too. Trade-off: requests that meet an outdated value side by side each ask.

import { ok, type Result } from '../domain/result.ts'
import type { WorkspaceEdge } from '../durable-objects/workspace/rpc.ts'

export interface WorkspaceEdgePorts {
  now: () => number
  rememberMs: number
  load: (workspaceId: string) => Promise<Result<WorkspaceEdge>>
  /** How many workspaces are remembered, and how many names of none. */
  capacity?: number
}

/** At once where it is remembered: most requests wait for nothing here. `resource/not_found`: no such workspace. */
export type WorkspaceEdges = (workspaceId: string) => Result<WorkspaceEdge> | Promise<Result<WorkspaceEdge>>

export interface RememberedWorkspaceEdges {
  workspaceEdge: WorkspaceEdges
  /** For the isolate that made it: nobody there is told any more that there is no such workspace. */
  forgetMiss: (workspaceId: string) => void
}

export function rememberedWorkspaceEdges({ now, rememberMs, load, capacity = 500 }: WorkspaceEdgePorts): RememberedWorkspaceEdges {
  const remembered = new Map<string, { known: Result<WorkspaceEdge> & { ok: true }; askedAtMs: number }>()
  const missing = new Map<string, { known: Result<WorkspaceEdge>; askedAtMs: number }>()

  async function ask(workspaceId: string): Promise<Result<WorkspaceEdge>> {
    const askedAtMs = now()
    const loaded = await load(workspaceId)
    if (!loaded.ok) {
      if (loaded.error.code === 'resource/not_found') keep(missing, workspaceId, { known: loaded, askedAtMs })
      return loaded
    }
    missing.delete(workspaceId)
    // Looked up again: another request may have brought a newer one while this one waited.
    const meanwhile = remembered.get(workspaceId)
    const known = meanwhile ? ok(newest(meanwhile.known.value, loaded.value)) : loaded
    keep(remembered, workspaceId, { known, askedAtMs: Math.max(askedAtMs, meanwhile?.askedAtMs ?? 0) })
    return known
  }

  function keep<Entry>(entries: Map<string, Entry>, workspaceId: string, entry: Entry): void {
    entries.delete(workspaceId)
    entries.set(workspaceId, entry)
    for (const oldest of entries.keys()) {
      if (entries.size <= capacity) break
      entries.delete(oldest)
    }
  }

  function workspaceEdge(workspaceId: string) {
    const isYoung = (one: { askedAtMs: number }) => now() - one.askedAtMs < rememberMs
    const one = remembered.get(workspaceId)
    if (one) return isYoung(one) ? one.known : ask(workspaceId)
    const none = missing.get(workspaceId)
    return none && isYoung(none) ? none.known : ask(workspaceId)
  }

  return { workspaceEdge, forgetMiss: (workspaceId) => void missing.delete(workspaceId) }
}

const newest = (a: WorkspaceEdge, b: WorkspaceEdge): WorkspaceEdge => ({
  ruleSet: a.ruleSet.number > b.ruleSet.number ? a.ruleSet : b.ruleSet,
  // Of one version, the one read later: throttles expire without a commit.
  access: a.access.version > b.access.version ? a.access : b.access,
})
