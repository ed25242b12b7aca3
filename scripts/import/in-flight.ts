// Runs a job for every item, at most `width` at a time, in order of starting. The first failure stops new starts, waits
// for what is running, and is thrown: what was acknowledged meanwhile is not lost from sight.

export async function inFlight<T>(items: Iterable<T>, width: number, job: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]()
  let failed: { error: unknown } | null = null
  const lane = async () => {
    while (!failed) {
      const next = iterator.next()
      if (next.done) return
      try {
        await job(next.value)
      } catch (error) {
        failed ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  if (failed) throw (failed as { error: unknown }).error
}
