// A map that forgets what was not used lately, at the price of one look-up: two generations, of which the younger takes
// what is used. When it is full, the older is dropped whole. Holds between `capacity` and twice as many.

export class RecentMap<Value> {
  readonly #capacity: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const old = this.#old.get(key)
    if (old !== undefined) {
      this.#old.delete(key)
      this.set(key, old)
    }
    return old
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  *values(): Generator<Value> {
    yield* this.#young.values()
    yield* this.#old.values()
  }
}
