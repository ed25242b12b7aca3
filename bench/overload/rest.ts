// How long the platform goes on after the load has ended. At rest: for `quietMs` no request came to a region, nothing waits to
// be replicated, no object reported anything, and the Worker used less than a twentieth of a processor. `quietMs` is
// longer than what the platform waits before it sends again (5 s locally) or repairs (10 s), so what waits for its alarm is seen.

import { type Activity, type ActivityWatch, between } from './activity.ts'

export interface Rest {
  /** From the end of the load to the beginning of the quiet; null when it did not come in time. */
  afterMs: number | null
  regionRequests: number
  timeouts: number
  /** What objects reported meanwhile, by name. */
  events: Record<string, number>
}

const lookEveryMs = 1_000
const idleCpu = 0.05

export interface RestPatience {
  quietMs: number
  patienceMs: number
  say(line: string): void
  pause?: (ms: number) => Promise<void>
}

export async function timeToRest(
  watch: Pick<ActivityWatch, 'look'>,
  { quietMs, patienceMs, say, pause = wait }: RestPatience,
): Promise<Rest> {
  const first = await watch.look()
  let last = first
  let quietSince = first
  let toldAtMs = first.atMs
  for (;;) {
    await pause(lookEveryMs)
    const now = await watch.look()
    if (!isQuiet(last, now)) quietSince = now
    last = now
    const isAtRest = now.atMs - quietSince.atMs >= quietMs
    const isLate = now.atMs - first.atMs >= patienceMs
    if (isAtRest || isLate) {
      const { regionRequests, timeouts, events } = between(first, now)
      return { afterMs: isAtRest ? quietSince.atMs - first.atMs : null, regionRequests, timeouts, events }
    }
    if (now.atMs - toldAtMs < 10_000) continue
    const { regionRequests, timeouts } = between(first, now)
    say(`waiting for rest: ${Math.round((now.atMs - first.atMs) / 1000)} s, ${regionRequests} requests to regions, ${timeouts} timeouts`)
    toldAtMs = now.atMs
  }
}

function isQuiet(before: Activity, after: Activity): boolean {
  const { regionRequests, events, workerCpu } = between(before, after)
  return regionRequests === 0 && after.unreplicated === 0 && Object.keys(events).length === 0 && !(workerCpu > idleCpu)
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
