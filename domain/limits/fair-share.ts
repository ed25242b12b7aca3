// Something scarce, shared out: so many units, holders and waiters by key (the workspace). Pure: no clock, no promises, no
// randomness; whoever asks says what time it is.
//
// Guarantees:
//   - what is held never exceeds the capacity, but for one item that is heavier than all of it, which is held alone;
//   - no key holds more than `perKey` (one item heavier than that, alone), so whoever comes new finds room;
//   - while another key waits, no key is given more than its share, capacity / active keys (max-min). Within that the keys take
//     turns by weight: virtual start times, as in weighted fair queuing, so a key of light items gets many for one heavy item;
//   - nobody starves: the virtual time moves on with all that is given, and a heavy item whose turn it is is not overtaken;
//   - the line is bounded, of each key and in all. Where all is full, the youngest of the key with the most waiting gives way;
//   - holds and places in the line run out unless they are renewed: in Workers a cancelled request never gives back.
// Trade-offs: what is held is not taken away; while a heavy item waits for room, some room stands empty.

export interface FairShareLimits {
  /** In units of weight. */
  capacity: number
  /** The most that one key holds, also while nobody else wants anything. */
  perKey: number
  /** The most that the holders of a group hold together, whatever their keys. */
  groups?: Record<string, number>
  /**
   * Weight in the line, of one key and in all; 0: whoever finds no room is refused. An item that is heavier than a key's line
   * counts as much as that line: so one may wait, however heavy.
   */
  waitingPerKey: number
  waiting: number
}

/** A place: plain state, which changes under its owner. `over`: given back, run out, or pushed out of the line. */
export interface Place {
  readonly key: string
  /** A whole number, more than 0. */
  readonly weight: number
  readonly group: string | undefined
  /** Of two places, the younger has the larger one. */
  readonly order: number
  state: 'held' | 'waiting' | 'over'
  believedUntilMs: number
}

export type Wanted = Pick<Place, 'key' | 'weight' | 'believedUntilMs'> & { group?: string }

/** A key that holds or waits. */
interface ActiveKey {
  name: string
  held: number
  waiting: number
  /** Oldest first. Items of one group stand in one line: a group that is full holds up no others. */
  lines: Map<string | undefined, Place[]>
  /** The virtual time at which its next item starts. */
  startsAt: number
}

const fits = (held: number, weight: number, limit: number): boolean => held === 0 || held + weight <= limit

export class FairShare {
  readonly #limits: FairShareLimits
  readonly #keys = new Map<string, ActiveKey>()
  /** Of keys that want nothing now and have had more than their turn: where they go on. */
  readonly #ahead = new Map<string, number>()
  readonly #holders = new Set<Place>()
  readonly #heldByGroup = new Map<string, number>()
  #held = 0
  #waiting = 0
  #virtualTime = 0
  #order = 0

  constructor(limits: FairShareLimits) {
    this.#limits = limits
  }

  /** `held` at once, `waiting` in the line, or `over`: the line is full. */
  ask({ key: name, weight, group, believedUntilMs }: Wanted, nowMs: number): Place {
    if (!(Number.isInteger(weight) && weight > 0)) throw new Error('a weight is a whole number, more than 0')
    const place: Place = { key: name, weight, group, order: ++this.#order, state: 'waiting', believedUntilMs }
    this.#join(place)
    this.#admit()
    this.#forgetLate(nowMs)
    if (place.state === 'waiting') this.#boundLine(place)
    return place
  }

  /** Where it stands now; what is held or waits is believed until `believedUntilMs`. */
  look(place: Place, believedUntilMs: number, nowMs: number): Place['state'] {
    if (place.state !== 'over') place.believedUntilMs = believedUntilMs
    this.#forgetLate(nowMs)
    return place.state
  }

  /** Again is no mistake. */
  giveBack(place: Place, nowMs: number): void {
    this.#leave(place)
    this.#forgetLate(nowMs)
  }

  /** Of one key, or of all. */
  held(key?: string): number {
    return key === undefined ? this.#held : (this.#keys.get(key)?.held ?? 0)
  }

  waiting(key?: string): number {
    return key === undefined ? this.#waiting : (this.#keys.get(key)?.waiting ?? 0)
  }

  #join(place: Place): void {
    let key = this.#keys.get(place.key)
    if (!key) {
      // Who was away has saved nothing up.
      const startsAt = Math.max(this.#ahead.get(place.key) ?? 0, this.#virtualTime)
      this.#ahead.delete(place.key)
      key = { name: place.key, held: 0, waiting: 0, lines: new Map(), startsAt }
      this.#keys.set(place.key, key)
    }
    if (key.waiting === 0) key.startsAt = Math.max(key.startsAt, this.#virtualTime)
    const line = key.lines.get(place.group)
    if (line) line.push(place)
    else key.lines.set(place.group, [place])
    const weight = this.#inLine(place)
    key.waiting += weight
    this.#waiting += weight
  }

  #boundLine(place: Place): void {
    const { waitingPerKey, waiting } = this.#limits
    if (this.waiting(place.key) > waitingPerKey) this.#leave(place)
    while (this.#waiting > waiting && place.state === 'waiting') {
      const longest = [...this.#keys.values()].reduce((a, b) => (b.waiting > a.waiting ? b : a))
      // Of two that are as long, the newcomer gives way.
      const gives = longest.waiting > this.waiting(place.key) ? youngestOf(longest) : place
      this.#leave(gives)
    }
  }

  #admit(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#hold(next)
  }

  /** Whose turn it is; nobody where there is no room for it. */
  #next(): Place | undefined {
    if (this.#waiting === 0) return undefined
    const { capacity, perKey, groups = {} } = this.#limits
    const full = new Set<string | undefined>()
    for (const { group, weight, place } of this.#heads(capacity / this.#keys.size)) {
      if (full.has(group) || !fits(this.held(place.key), weight, perKey)) continue
      const limit = (group !== undefined && groups[group]) || Number.POSITIVE_INFINITY
      if (group !== undefined && !fits(this.#heldByGroup.get(group) ?? 0, weight, limit)) full.add(group)
      else return fits(this.#held, weight, capacity) ? place : undefined
    }
    return undefined
  }

  /** The first of every line, in turn: those that stay within their share, then those of whoever holds least. */
  #heads(share: number) {
    const heads = [...this.#keys.values()].flatMap((key) =>
      [...key.lines.values()].flatMap(([place]) =>
        // Within the share it counts as nothing held: there the turn alone decides.
        place ? [{ place, ...place, beyond: fits(key.held, place.weight, share) ? 0 : key.held, startsAt: key.startsAt }] : [],
      ),
    )
    return heads.sort((a, b) => a.beyond - b.beyond || a.startsAt - b.startsAt || a.order - b.order)
  }

  #hold(place: Place): void {
    const key = this.#keys.get(place.key)
    if (!key) return
    key.startsAt = Math.max(key.startsAt, this.#virtualTime) + place.weight
    this.#virtualTime += place.weight / this.#keys.size
    this.#unline(key, place)
    place.state = 'held'
    this.#holders.add(place)
    this.#count(key, place, place.weight)
  }

  #leave(place: Place): void {
    const key = this.#keys.get(place.key)
    if (key && place.state === 'waiting') this.#unline(key, place)
    if (key && this.#holders.delete(place)) this.#count(key, place, -place.weight)
    place.state = 'over'
    if (key && key.held === 0 && key.waiting === 0) this.#forget(key)
  }

  #count(key: ActiveKey, { group }: Place, weight: number): void {
    key.held += weight
    this.#held += weight
    if (group !== undefined) this.#heldByGroup.set(group, (this.#heldByGroup.get(group) ?? 0) + weight)
  }

  #unline(key: ActiveKey, place: Place): void {
    const line = (key.lines.get(place.group) ?? []).filter((other) => other !== place)
    if (line.length > 0) key.lines.set(place.group, line)
    else key.lines.delete(place.group)
    const weight = this.#inLine(place)
    key.waiting -= weight
    this.#waiting -= weight
  }

  #inLine({ weight }: Place): number {
    return Math.min(weight, Math.max(1, this.#limits.waitingPerKey))
  }

  #forget(key: ActiveKey): void {
    this.#keys.delete(key.name)
    if (this.#keys.size === 0) {
      this.#ahead.clear()
      this.#virtualTime = 0
      return
    }
    if (key.startsAt > this.#virtualTime) this.#ahead.set(key.name, key.startsAt)
    if (this.#ahead.size <= 2 * this.#keys.size) return
    for (const [name, startsAt] of this.#ahead) if (startsAt <= this.#virtualTime) this.#ahead.delete(name)
  }

  /** What has run out is looked for only where somebody waits for it: else each call would cost a look at all holders. */
  #forgetLate(nowMs: number): void {
    if (this.#waiting === 0) return
    const isLate = ({ believedUntilMs }: Place): boolean => believedUntilMs <= nowMs
    for (const place of this.#holders) if (isLate(place)) this.#leave(place)
    const lines = [...this.#keys.values()].flatMap((key) => [...key.lines.values()])
    for (const place of lines.flat()) if (isLate(place)) this.#leave(place)
    this.#admit()
  }
}

const youngestOf = ({ lines }: ActiveKey): Place =>
  [...lines.values()].flatMap((line) => line.slice(-1)).reduce((a, b) => (b.order > a.order ? b : a))
