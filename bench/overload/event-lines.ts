// The Worker's log, counted as it grows: how many lines, and how many of each event that objects report.

import { closeSync, openSync, readSync, statSync } from 'node:fs'

export interface LineCounts {
  lines: number
  bytes: number
  /** By the event's name and, where a region is the matter, what was wrong: `log/region_trouble breaker open`. */
  events: Record<string, number>
}

export interface EventLines {
  /** Reads what came since and counts it to the sums. */
  counted(): LineCounts
  close(): void
}

const pieceBytes = 1 << 20

export function followEventLines(file: string): EventLines {
  const descriptor = openSync(file, 'r')
  const buffer = Buffer.alloc(pieceBytes)
  const counts: LineCounts = { lines: 0, bytes: 0, events: {} }
  let at = statSync(file).size
  let rest = ''
  return {
    counted() {
      for (;;) {
        const count = readSync(descriptor, buffer, 0, pieceBytes, at)
        if (count === 0) return structuredClone(counts)
        at += count
        counts.bytes += count
        const lines = (rest + buffer.toString('utf8', 0, count)).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) countLine(counts, line)
      }
    },
    close: () => closeSync(descriptor),
  }
}

function countLine(counts: LineCounts, line: string): void {
  counts.lines++
  const name = eventOf(line)
  if (name !== null) counts.events[name] = (counts.events[name] ?? 0) + 1
}

/** Null for a line that tells no event: a request's line, or no JSON. */
export function eventOf(line: string): string | null {
  if (!line.includes('"event":"')) return null
  try {
    const { event, code, detail } = JSON.parse(line) as { event?: unknown; code?: unknown; detail?: unknown }
    if (typeof event !== 'string') return null
    const matter = typeof detail === 'string' && detail.includes('breaker') ? 'breaker open' : typeof code === 'string' ? code : ''
    return `${event} ${matter}`.trim()
  } catch {
    return null
  }
}
