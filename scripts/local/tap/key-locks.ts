// One writer at a time per item inside a tap, so that the order of stamps is the order in which the engine wrote.
// All names of a request are taken at once, in the order of arrival, so two requests can never wait for each other.

export interface KeyLocks {
  hold<T>(names: readonly string[], run: () => Promise<T>): Promise<T>
  isHeld(name: string): boolean
}

export function keyLocks(): KeyLocks {
  const tails = new Map<string, Promise<void>>()
  return {
    isHeld: (name) => tails.has(name),
    async hold(names, run) {
      const unique = [...new Set(names)]
      const before = unique.flatMap((name) => tails.get(name) ?? [])
      const { promise, resolve } = Promise.withResolvers<void>()
      for (const name of unique) tails.set(name, promise)
      try {
        if (before.length > 0) await Promise.all(before)
        return await run()
      } finally {
        for (const name of unique) if (tails.get(name) === promise) tails.delete(name)
        resolve()
      }
    },
  }
}
