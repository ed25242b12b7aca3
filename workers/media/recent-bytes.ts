// Bytes that an isolate holds, each until a moment: those used last, within a budget of bytes. What is asked for all the
// time, thumbnails mostly, is then answered without a call to anything.

export class RecentBytes {
  readonly #budget: number
  #held = 0
  /** Oldest first. */
  readonly #entries = new Map<string, { bytes: Uint8Array; untilMs: number }>()

  constructor(budget: number) {
    this.#budget = budget
  }

  get(key: string, nowMs: number): Uint8Array | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.delete(key)
    if (nowMs >= entry.untilMs) return undefined
    this.#add(key, entry)
    return entry.bytes
  }

  set(key: string, bytes: Uint8Array, untilMs: number): void {
    this.delete(key)
    if (bytes.length > this.#budget) return
    this.#add(key, { bytes, untilMs })
    for (const oldest of this.#entries.keys()) {
      if (this.#held <= this.#budget) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    this.#held -= this.#entries.get(key)?.bytes.length ?? 0
    this.#entries.delete(key)
  }

  #add(key: string, entry: { bytes: Uint8Array; untilMs: number }): void {
    this.#entries.set(key, entry)
    this.#held += entry.bytes.length
  }
}
