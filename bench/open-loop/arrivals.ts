// When requests come: a Poisson process, as many independent callers make one. Gaps are exponential, so bursts and lulls
// are in it; the same random numbers give the same arrivals.

/** Milliseconds from the start, ascending. */
export function* poissonArrivals(ratePerSecond: number, forMs: number, random: () => number): Generator<number> {
  let atMs = 0
  for (;;) {
    // 1 - random is never 0, whose logarithm is infinite.
    atMs += (-Math.log(1 - random()) / ratePerSecond) * 1000
    if (atMs >= forMs) return
    yield atMs
  }
}

/** mulberry32: small, fast, and the same everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
