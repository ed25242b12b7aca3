// What the platform does, seen from outside: requests that came to the regions, those whose caller went away before the
// answer (timeouts), what is still to be replicated, what the Worker logs, and the processor time it takes. Nothing here
// asks the Worker anything, so that looking does not keep it awake.

import { tapControl } from '../../scripts/local/tap/control-client.ts'
import type { LocalPlatform } from '../local-platform.ts'
import { cpuMicroseconds } from '../process-cpu.ts'
import { followEventLines, type LineCounts } from './event-lines.ts'

/** Sums since the platform started, or since the watch began. */
export interface Activity extends LineCounts {
  atMs: number
  regionRequests: number
  timeouts: number
  unreplicated: number
  workerCpuMs: number
  /** Of the regions' engines and taps. */
  regionCpuMs: number
}

export interface ActivityWatch {
  look(): Promise<Activity>
  close(): void
}

export function watchActivity(platform: LocalPlatform): ActivityWatch {
  const taps = platform.parts.flatMap(({ controlUrl }) => (controlUrl ? [tapControl(controlUrl)] : []))
  const regionPids = platform.parts.filter(({ name }) => name.startsWith('eu-')).map(({ pid }) => pid)
  const log = followEventLines(platform.workerLog)
  return {
    async look() {
      const states = await Promise.all(taps.map((tap) => tap.state()))
      const sum = (of: (state: (typeof states)[number]) => number) => states.reduce((total, state) => total + of(state), 0)
      return {
        ...log.counted(),
        atMs: performance.now(),
        regionRequests: sum(({ requests }) => requests),
        timeouts: sum(({ unanswered }) => unanswered),
        unreplicated: sum(({ unsent }) => unsent),
        workerCpuMs: cpuMicroseconds(platform.pid) / 1000,
        regionCpuMs: regionPids.reduce((total, pid) => total + cpuMicroseconds(pid), 0) / 1000,
      }
    },
    close: log.close,
  }
}

/** What happened between two looks. */
export interface Stretch {
  seconds: number
  regionRequests: number
  timeouts: number
  /** Events that objects logged, by name. */
  events: Record<string, number>
  logLines: number
  /** In processors: 1 is one of them all the time. */
  workerCpu: number
  regionCpu: number
}

export function between(before: Activity, after: Activity): Stretch {
  const ms = after.atMs - before.atMs
  const events = Object.fromEntries(
    Object.entries(after.events)
      .map(([name, count]) => [name, count - (before.events[name] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  )
  return {
    seconds: ms / 1000,
    regionRequests: after.regionRequests - before.regionRequests,
    timeouts: after.timeouts - before.timeouts,
    events,
    logLines: after.lines - before.lines,
    workerCpu: (after.workerCpuMs - before.workerCpuMs) / ms,
    regionCpu: (after.regionCpuMs - before.regionCpuMs) / ms,
  }
}
