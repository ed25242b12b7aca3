// What an isolate remembers, within a budget of weight: what was used last. Shared by owners: what comes takes the place of what
// its owner, or whoever holds most, used least lately. So an owner of many cannot push out the few of another. An owner is what
// a key begins with, up to its first slash: the workspace.

interface Owner<Value> {
  held: number
  /** Oldest first. */
  entries: Map<string, Value>
}

export class OwnedRecent<Value> {
  readonly #budget: number
  readonly #weightOf: (value: Value) => number
  #held = 0
  /** Used least lately first. */
  readonly #owners = new Map<string, Owner<Value>>()

  /** `weightOf` is the same for one value each time; unless given, entries are counted. */
  constructor(budget: number, weightOf: (value: Value) => number = () => 1) {
    this.#budget = budget
    this.#weightOf = weightOf
  }

  get(key: string): Value | undefined {
    const value = this.#owners.get(ownerOf(key))?.entries.get(key)
    if (value === undefined) return undefined
    this.delete(key)
    this.#add(key, value)
    return value
  }

  /** What is heavier than the budget is not held. */
  set(key: string, value: Value): void {
    this.delete(key)
    if (this.#weightOf(value) > this.#budget) return
    this.#add(key, value)
    while (this.#held > this.#budget) this.delete(this.#nextToGo(key))
  }

  delete(key: string): void {
    const name = ownerOf(key)
    const owner = this.#owners.get(name)
    const value = owner?.entries.get(key)
    if (!owner || value === undefined) return
    const weight = this.#weightOf(value)
    owner.entries.delete(key)
    owner.held -= weight
    this.#held -= weight
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

  #add(key: string, value: Value): void {
    const name = ownerOf(key)
    const owner = this.#owners.get(name) ?? { held: 0, entries: new Map<string, Value>() }
    const weight = this.#weightOf(value)
    owner.entries.set(key, value)
    owner.held += weight
    this.#held += weight
    this.#owners.delete(name)
    this.#owners.set(name, owner)
  }
}

const ownerOf = (key: string): string => key.split('/', 1)[0] ?? ''
