// Bounded parallelism: production allows six connections at once, and a burst of calls starves the other requests.

export const callsAtOnce = 6

/** Maps in order of input with at most `limit` at work; the first throw stops new ones and is thrown. */
export async function mapBounded<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  limit = callsAtOnce,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  async function worker(): Promise<void> {
    while (next < items.length) {
      const index = next++
      try {
        results[index] = await work(items[index] as T, index)
      } catch (thrown) {
        next = items.length
        throw thrown
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
