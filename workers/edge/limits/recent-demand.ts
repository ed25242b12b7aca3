// How many requests a second draw on something, near enough: the fuller one of this second and the one before.

const secondMs = 1_000
/** Fewer than this many within a second are not worth a lease. */
const busyFrom = 3

export class RecentDemand {
  #sinceMs: number
  #count = 0
  #before = 0

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  count(nowMs: number): void {
    const elapsedMs = nowMs - this.#sinceMs
    if (elapsedMs >= secondMs || elapsedMs < 0) {
      this.#before = elapsedMs >= 0 && elapsedMs < 2 * secondMs ? this.#count : 0
      this.#count = 0
      this.#sinceMs = nowMs
    }
    this.#count += 1
  }

  get perSecond(): number {
    return Math.max(this.#count, this.#before)
  }
  get isBusy(): boolean {
    return this.perSecond >= busyFrom
  }
}
