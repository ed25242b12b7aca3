// A log that stays readable when thousands of objects meet the same trouble: of what happens alike, the first is written,
// and then one in `everyMs`, with how many were left out before it. What tells of one object alone is always written.
//
// One for each isolate, so a line stands for all its objects; who else met it is in the count.

import type { LogEvent } from './ports.ts'

const everyMs = 10_000

/** Of what these say, how often and where matters, not which object it was. */
const alike: Partial<Record<LogEvent['event'], (event: LogEvent) => string>> = {
  'log/region_trouble': (event) => ('region' in event && 'code' in event ? `${event.region} ${event.code}` : ''),
  'log/region_synced': (event) => ('region' in event ? event.region : ''),
  'log/kept_at_edge': () => '',
  'log/edge_refused': () => '',
  'log/send_failed': () => '',
  'log/rehydration_refused': () => '',
}

/** Null: not to be written. `leftOut`: how many like it were not, since the last that was. */
export function quietly(): (event: LogEvent, nowMs: number) => { leftOut?: number } | null {
  const seen = new Map<string, { nextAtMs: number; leftOut: number }>()
  return (event, nowMs) => {
    const kindOf = alike[event.event]
    if (!kindOf) return {}
    const key = `${event.event} ${kindOf(event)}`
    const last = seen.get(key)
    if (last && nowMs < last.nextAtMs) {
      last.leftOut += 1
      return null
    }
    seen.set(key, { nextAtMs: nowMs + everyMs, leftOut: 0 })
    return last && last.leftOut > 0 ? { leftOut: last.leftOut } : {}
  }
}
