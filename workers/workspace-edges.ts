// What an isolate remembers of each workspace: its rule set and who may come to it, and when they were asked for. A value,
// never a promise (a promise of one request cannot be awaited in another). Remembered for two seconds, which publishing
// and every change of access wait out; neither number ever goes back, also when an older answer comes in late. That there is
// no such workspace is remembered as long, apart, so that invented names push no real one out; making a workspace waits it
// out too.
//
// One request asks for all that want the same: were each to ask, a busy isolate would ask the workspace's object hundreds of
// times in each two seconds, and once an answer takes longer than it is remembered for, with every request. Past half its time
// a value is asked for anew by whoever comes first, while the others still use it. Whoever waits looks again and again: a promise
// of the request that asks cannot be awaited in another, and the runtime may end that request.

import { ok, type Result } from '../domain/result.ts'
import type { WorkspaceEdge } from '../durable-objects/workspace/rpc.ts'

export interface WorkspaceEdgePorts {
  now: () => number
  pause: (ms: number) => Promise<void>
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

/** What is being asked for, and what came of it: plain data, there when it has ended. */
interface Flight {
  /** Until when whoever asks is believed to be there. */
  untilMs: number
  outcome?: { ok: true; value: Result<WorkspaceEdge> } | { ok: false; thrown: unknown }
  askedAtMs: number
}

const flightMs = 10_000
const pollMs = 15

export function rememberedWorkspaceEdges({ now, pause, rememberMs, load, capacity = 500 }: WorkspaceEdgePorts): RememberedWorkspaceEdges {
  const remembered = new Map<string, { known: Result<WorkspaceEdge> & { ok: true }; askedAtMs: number }>()
  const missing = new Map<string, { known: Result<WorkspaceEdge>; askedAtMs: number }>()

  const flights = new Map<string, Flight>()

  const isInFlight = (workspaceId: string): boolean => (flights.get(workspaceId)?.untilMs ?? 0) > now()

  /** Asks, or waits for who asks already. What was asked for less than `rememberMs` before this request came is good enough. */
  async function askOnce(workspaceId: string): Promise<Result<WorkspaceEdge>> {
    const cameAtMs = now()
    for (;;) {
      const flight = flights.get(workspaceId)
      if (!flight || flight.untilMs <= now()) return fly(workspaceId)
      await pause(pollMs)
      const { outcome } = flight
      if (!outcome || cameAtMs - flight.askedAtMs >= rememberMs) continue
      // It failed for all who waited: were each to try again, one after another, the last would wait for all before it.
      if (!outcome.ok) throw outcome.thrown
      return outcome.value
    }
  }

  async function fly(workspaceId: string): Promise<Result<WorkspaceEdge>> {
    const flight: Flight = { untilMs: now() + flightMs, askedAtMs: now() }
    flights.set(workspaceId, flight)
    try {
      const value = await ask(workspaceId, flight)
      flight.outcome = { ok: true, value }
      return value
    } catch (thrown) {
      flight.outcome = { ok: false, thrown }
      // What is remembered is good for a while yet.
      const one = remembered.get(workspaceId)
      if (one && now() - one.askedAtMs < rememberMs) return one.known
      throw thrown
    } finally {
      if (flights.get(workspaceId) === flight) flights.delete(workspaceId)
    }
  }

  async function ask(workspaceId: string, flight: Flight): Promise<Result<WorkspaceEdge>> {
    const { askedAtMs } = flight
    const loaded = await load(workspaceId)
    if (!loaded.ok) {
      // Made meanwhile by this isolate: then what was asked before is not kept.
      if (loaded.error.code === 'resource/not_found' && flights.get(workspaceId) === flight)
        keep(missing, workspaceId, { known: loaded, askedAtMs })
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
    const ageMs = (one: { askedAtMs: number }) => now() - one.askedAtMs
    const one = remembered.get(workspaceId)
    if (one) {
      const isGood = ageMs(one) < rememberMs / 2 || (ageMs(one) < rememberMs && isInFlight(workspaceId))
      return isGood ? one.known : askOnce(workspaceId)
    }
    const none = missing.get(workspaceId)
    return none && ageMs(none) < rememberMs ? none.known : askOnce(workspaceId)
  }

  function forgetMiss(workspaceId: string): void {
    missing.delete(workspaceId)
    // What was asked before it was made is nobody's answer any more.
    flights.delete(workspaceId)
  }

  return { workspaceEdge, forgetMiss }
}

const newest = (a: WorkspaceEdge, b: WorkspaceEdge): WorkspaceEdge => ({
  ruleSet: a.ruleSet.number > b.ruleSet.number ? a.ruleSet : b.ruleSet,
  // Of one version, the one read later: throttles expire without a commit.
  access: a.access.version > b.access.version ? a.access : b.access,
})
