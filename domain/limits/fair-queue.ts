// Who is next, when many wait for few places: round robin over the keys (tenants), first come first served within one.
//
// Guarantees: a key that has waited its turn is served once before any other key is served twice, so what one tenant has
// queued does not lengthen the wait of another beyond one turn. Pushing, taking and removing cost a constant number of
// map operations, whatever is queued (removing: the length of one key's own line).

export class FairQueue<Item> {
  /** In turn: the first key is next. A key without items is not in it. */
  readonly #lines = new Map<string, Item[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How many keys have somebody waiting. */
  get keys(): number {
    return this.#lines.size
  }

  waiting(key: string): number {
    return this.#lines.get(key)?.length ?? 0
  }

  push(key: string, item: Item): void {
    const line = this.#lines.get(key)
    if (line) line.push(item)
    else this.#lines.set(key, [item])
    this.#size += 1
  }

  /** The next item, and its key goes to the end of the round. Undefined when nobody waits. */
  shift(): Item | undefined {
    const [first] = this.#lines
    if (!first) return undefined
    const [key, line] = first
    this.#lines.delete(key)
    const item = line.shift()
    if (line.length > 0) this.#lines.set(key, line)
    this.#size -= 1
    return item
  }

  /** False where it no longer waits. */
  remove(key: string, item: Item): boolean {
    const line = this.#lines.get(key)
    const at = line?.indexOf(item) ?? -1
    if (!line || at < 0) return false
    line.splice(at, 1)
    if (line.length === 0) this.#lines.delete(key)
    this.#size -= 1
    return true
  }

  /**
   * How many are served before an item that `key` would push now: everybody ahead of it in its own line has a round of
   * all keys before it, unless the others have less than that.
   */
  ahead(key: string): number {
    const own = this.waiting(key)
    const others = this.keys - (own > 0 ? 1 : 0)
    return own + Math.min(this.#size - own, others * (own + 1))
  }
}
