// A clock for counting time that only goes back when it was really set back. Requests of one isolate may each see the time
// of their own last I/O (the Workers clock stands still while code runs), so one may be a little behind the one before it;
// taken for steps back and forth, that would refill the same milliseconds again and again.

/** A clock that was set back by less than this stands still until it has caught up. */
const toleratedMs = 250

export function steadyClock(now: () => number): () => number {
  let seenAtMs = Number.NEGATIVE_INFINITY
  return () => {
    const nowMs = now()
    if (nowMs > seenAtMs || nowMs <= seenAtMs - toleratedMs) seenAtMs = nowMs
    return seenAtMs
  }
}
