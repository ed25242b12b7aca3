// Bytes that an isolate holds, each until a moment: those used last, within a budget of bytes. What is asked for all the
// time, thumbnails mostly, is then answered without a call to anything.
//
// Guarantee: what comes takes the place of what its owner, or whoever holds most, used least lately: an owner of many cannot push
// out the few of another. An owner is what a key begins with, up to its first slash.

interface Entry {
  bytes: Uint8Array
  untilMs: number
}

interface Owner {
  held: number
  /** Oldest first. */
  entries: Map<string, Entry>
}

export class RecentBytes {
  readonly #budget: number
  #held = 0
  /** Used least lately first. */
  readonly #owners = new Map<string, Owner>()

  constructor(budget: number) {
    this.#budget = budget
  }

  get(key: string, nowMs: number): Uint8Array | undefined {
    const entry = this.#owners.get(ownerOf(key))?.entries.get(key)
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
    while (this.#held > this.#budget) this.delete(this.#nextToGo(key))
  }

  delete(key: string): void {
    const name = ownerOf(key)
    const owner = this.#owners.get(name)
    const entry = owner?.entries.get(key)
    if (!owner || !entry) return
    owner.entries.delete(key)
    owner.held -= entry.bytes.length
    this.#held -= entry.bytes.length
    if (owner.entries.size === 0) this.#owners.delete(name)
  }

  /** The oldest of whoever holds most; never the one that has just come. */
  #nextToGo(newest: string): string {
    let found: { held: number; key: string } | undefined
    for (const { held, entries } of this.#owners.values()) {
      const [oldest] = entries.keys()
      if (oldest !== undefined && oldest !== newest && (!found || held > found.held)) found = { held, key: oldest }
    }
    return found?.key ?? newest
  }

  #add(key: string, entry: Entry): void {
    const name = ownerOf(key)
    const owner = this.#owners.get(name) ?? { held: 0, entries: new Map<string, Entry>() }
    owner.entries.set(key, entry)
    owner.held += entry.bytes.length
    this.#held += entry.bytes.length
    this.#owners.delete(name)
    this.#owners.set(name, owner)
  }
}

const ownerOf = (key: string): string => key.slice(0, (key.indexOf('/') + 1 || key.length + 1) - 1)
