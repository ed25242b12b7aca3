// Counts a principal's refusals over a sliding time in ten slots. A slot leaves the count as a whole, so what is counted is
// of the last nine to ten tenths of the time: never too much. Kept in memory: who restarts an object by chance starts anew.

import type { SuspectRule } from '../../domain/limits/types.ts'

const slots = 10

export class Suspicion {
  readonly #counts = new Array<number>(slots).fill(0)
  #slotMs = 0
  #slot = 0

  /** Notes `count` refusals; true when the rule is met, and then the count begins again. */
  note(count: number, nowMs: number, { refusals, withinSeconds }: SuspectRule): boolean {
    const slotMs = (withinSeconds * 1000) / slots
    const slot = Math.floor(nowMs / slotMs)
    // Another rule, or a clock that was set back: what was counted no longer says when.
    if (slotMs !== this.#slotMs || slot < this.#slot) this.clear()
    else for (let next = Math.max(this.#slot + 1, slot - slots + 1); next <= slot; next++) this.#counts[next % slots] = 0
    this.#slotMs = slotMs
    this.#slot = slot
    this.#counts[slot % slots] = (this.#counts[slot % slots] ?? 0) + count
    if (this.#counts.reduce((sum, one) => sum + one, 0) < refusals) return false
    this.clear()
    return true
  }

  clear(): void {
    this.#counts.fill(0)
  }
}
