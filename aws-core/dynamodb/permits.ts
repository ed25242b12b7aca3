// At most `limit` calls of one client under way at once; the rest wait in line until their own deadline.
//
// Why: an invocation in Workers may hold six connections open, and the runtime queues the seventh without saying so,
// while its deadline runs. Waiting here instead is known to be "not sent". A client belongs to one object or one
// request, never to a whole isolate: a request that the runtime cancels never gives its permit back.

export interface Permits {
  /** True with a permit, which must be given back; false when `signal` fired first. */
  take(signal: AbortSignal): Promise<boolean>
  give(): void
}

export function createPermits(limit: number): Permits {
  let free = limit
  const line: (() => void)[] = []
  return {
    take(signal) {
      if (signal.aborted) return Promise.resolve(false)
      if (free > 0) {
        free -= 1
        return Promise.resolve(true)
      }
      return new Promise((resolve) => {
        const called = () => {
          signal.removeEventListener('abort', gone)
          resolve(true)
        }
        const gone = () => {
          line.splice(line.indexOf(called), 1)
          resolve(false)
        }
        line.push(called)
        signal.addEventListener('abort', gone, { once: true })
      })
    },
    give() {
      // A permit passes straight to the next in line, so a newcomer cannot overtake.
      const next = line.shift()
      if (next) next()
      else free += 1
    },
  }
}
