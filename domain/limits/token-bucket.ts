// A token bucket that is exact. What it holds is counted in grains: a token is as many grains as its window has
// milliseconds, and every millisecond refills as many grains as the quota has tokens. So all arithmetic is on whole
// numbers, nothing drifts, and in any T seconds at most the quota and what T seconds refill are let through.
//
// Time is passed in and may jump. A step back refills nothing and moves the bucket's own time back with it (as
// golang.org/x/time/rate does), so a clock that was set back does not stop the refill; time counts as the sum of the
// clock's steps forward. Grains stay below 2^53 while quota × window (in milliseconds) does.
//
// `held` is what callers hold that was taken and not yet used: the bucket leaves room for it, see advance().

import type { Limit } from './types.ts'

export interface Taken {
  allowed: boolean
  /** Whole tokens. */
  remaining: number
  /** Until the bucket is full. */
  resetMs: number
  /** Until as many tokens will be there. Null when they were, and when they never can be (more than the quota). */
  retryMs: number | null
}

export class TokenBucket {
  #limit: Limit
  #windowMs: number
  #grains: number
  #atMs: number

  /** Full, unless `grains` says otherwise. */
  constructor(limit: Limit, nowMs: number, grains = Number.POSITIVE_INFINITY) {
    this.#limit = limit
    this.#windowMs = windowMsOf(limit)
    this.#grains = Math.max(0, Math.min(grains, limit.quota * this.#windowMs))
    this.#atMs = nowMs
  }

  get limit(): Limit {
    return this.#limit
  }
  get grains(): number {
    return this.#grains
  }
  get atMs(): number {
    return this.#atMs
  }
  /** Whole tokens, as of the last step. */
  get tokens(): number {
    return Math.floor(this.#grains / this.#windowMs)
  }
  get isFull(): boolean {
    return this.#grains >= this.#limit.quota * this.#windowMs
  }
  /** Until it is full, if nobody takes. */
  get resetMs(): number {
    return this.isFull ? 0 : Math.ceil((this.#limit.quota * this.#windowMs - this.#grains) / this.#limit.quota)
  }

  /** Until `n` tokens are there, if nobody takes: 0 when they are. Null when they never will be. */
  waitMs(n: number): number | null {
    if (n > this.#limit.quota) return null
    return Math.max(0, Math.ceil((n * this.#windowMs - this.#grains) / this.#limit.quota))
  }

  /** Refills up to `nowMs`, and never above the quota less `held` tokens: so what is here and what is held elsewhere never exceed the quota. */
  advance(nowMs: number, held = 0): void {
    if (nowMs > this.#atMs) this.#add((nowMs - this.#atMs) * this.#limit.quota, held)
    this.#atMs = nowMs
  }

  /** Takes `n` tokens, all or none, of what is there: advance() first. */
  remove(n: number): boolean {
    if (!(Number.isSafeInteger(n) && n >= 0)) throw new RangeError(`a number of tokens is a whole number, not ${n}`)
    if (n * this.#windowMs > this.#grains) return false
    this.#grains -= n * this.#windowMs
    return true
  }

  /** Advances, takes and says where that leaves the bucket. */
  take(n: number, nowMs: number): Taken {
    this.advance(nowMs)
    const allowed = this.remove(n)
    return { allowed, remaining: this.tokens, resetMs: this.resetMs, retryMs: allowed ? null : this.waitMs(n) }
  }

  /** Puts back what was taken and not used. */
  give(n: number, held = 0): void {
    this.#add(n * this.#windowMs, held)
  }

  /** From here on another limit: what is there stays, down to the part of a token, and never exceeds the new quota less `held`. */
  change(limit: Limit, held = 0): void {
    const windowMs = windowMsOf(limit)
    // A token's part is carried over by itself, so that no product leaves the safe integers; it is rounded down.
    const part = Math.floor(((this.#grains % this.#windowMs) * windowMs) / this.#windowMs)
    this.#grains = this.tokens * windowMs + part
    this.#limit = limit
    this.#windowMs = windowMs
    this.#add(0, held)
  }

  #add(grains: number, held: number): void {
    this.#grains = Math.min(this.#grains + grains, Math.max(0, this.#limit.quota - held) * this.#windowMs)
  }
}

export const sameLimit = (a: Limit, b: Limit): boolean => a === b || (a.quota === b.quota && a.windowSeconds === b.windowSeconds)

/** The one that refills slower; of the same refill, the one with the smaller quota. */
export function stricter(a: Limit, b: Limit): Limit {
  const difference = a.quota * b.windowSeconds - b.quota * a.windowSeconds
  return difference < 0 || (difference === 0 && a.quota <= b.quota) ? a : b
}

function windowMsOf({ quota, windowSeconds }: Limit): number {
  const windowMs = Math.round(windowSeconds * 1000)
  if (Number.isSafeInteger(quota) && quota >= 0 && windowMs > 0 && Number.isSafeInteger(quota * windowMs)) return windowMs
  throw new RangeError(`not a limit that can be counted: ${quota} in ${windowSeconds} s`)
}
