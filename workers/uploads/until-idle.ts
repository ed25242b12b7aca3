// The chunks of a body, until it ends. Of one that stalls it is said: whoever sends nothing holds nothing here.

/** Nothing has come for a while. */
export class Stalled extends Error {}

export async function* untilIdle<T>(source: AsyncIterable<T>, idleMs: number): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await withinTime(iterator.next(), idleMs)
      if (next === null) throw new Stalled('nothing came')
      if (next.done) return
      yield next.value
    }
  } finally {
    // Not waited for: a source that waits for its next chunk ends when that has come.
    iterator.return?.()?.catch(() => {})
  }
}

async function withinTime<T>(work: Promise<T>, ms: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
  }
}
