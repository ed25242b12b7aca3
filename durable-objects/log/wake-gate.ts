// How many objects of one isolate may work through their alarms at once, and when the others come again.
//
// After a restart every alarm that came due meanwhile fires in the same moment: thousands of objects would open their
// storage, ask the regions and fill the queue at once, and nothing else would be served. So few go on, and each of the
// others is given a time of its own, one after another.
//
// Guarantees: at most `mostAtOnce` are at it; whoever is turned away has its alarm again, at a pace of one each
// `intervalMs`, at most a minute away. An object that the runtime ends in the middle, or that a busy log keeps at it, is believed to be
// at it until `heldMs` have passed, no longer.

export interface WakeGate {
  /** Goes on with `leave` to be called when done; or comes again at `againAtMs`. */
  enter(nowMs: number): { leave: () => void } | { againAtMs: number }
}

const mostAtOnce = 24
const intervalMs = 4
const latestMs = 60_000
const heldMs = 10_000

export function wakeGate(): WakeGate {
  const held = new Map<number, number>()
  let given = 0
  let lastAgainMs = 0
  const forgetLost = (nowMs: number) => {
    for (const [ticket, untilMs] of held) {
      if (untilMs > nowMs) return
      held.delete(ticket)
    }
  }
  return {
    enter(nowMs) {
      if (held.size >= mostAtOnce) forgetLost(nowMs)
      if (held.size < mostAtOnce) {
        const ticket = ++given
        held.set(ticket, nowMs + heldMs)
        return { leave: () => void held.delete(ticket) }
      }
      lastAgainMs = Math.min(Math.max(lastAgainMs, nowMs + 50) + intervalMs, nowMs + latestMs)
      return { againAtMs: lastAgainMs }
    },
  }
}
