// A bucket of which isolates hold leases: tokens that were taken and may be used within a second. Keeps one sum: what is
// in the bucket and what leases may still hold never exceed the quota. Every request that is let through takes one from
// that sum, and only time adds to it, so in any T seconds all isolates together let through at most the quota and what T
// seconds refill.
//
// Therefore the bucket refills only up to the quota less what is held, a lease that was used up or handed back is no longer
// held, and one that nobody settled in time is held no longer either, its tokens being lost: to credit them when its
// isolate speaks up later would be to let the same room be used twice. Trade-off: a full bucket gives away what it would
// have refilled while leases are out, and an isolate that dies takes its lease with it.

import type { TokenBucket } from '../../domain/limits/token-bucket.ts'
import type { Limit } from '../../domain/limits/types.ts'
import { heldMs } from './rpc.ts'

interface Lease {
  /** As many may still be used. */
  tokens: number
  /** As many the isolate was told it has beside its own. */
  granted: number
  untilMs: number
}

/** What is held by leases nobody knows any more. */
export interface Held {
  tokens: number
  untilMs: number
}

export class LeasedBucket {
  readonly #bucket: TokenBucket
  /** In the order of their ends: all live equally long. */
  readonly #leases = new Map<string, Lease>()
  #held = 0

  constructor(bucket: TokenBucket, held: Held | null = null) {
    this.#bucket = bucket
    // No isolate names its leases so, and nobody can settle this one.
    if (held) this.#hold('', { ...held, granted: 0 })
  }

  get limit(): Limit {
    return this.#bucket.limit
  }
  get tokens(): number {
    return this.#bucket.tokens
  }
  get grains(): number {
    return this.#bucket.grains
  }
  get atMs(): number {
    return this.#bucket.atMs
  }
  /** All that leases hold, and until when they may. */
  get held(): Held | null {
    let untilMs = 0
    for (const lease of this.#leases.values()) untilMs = lease.untilMs
    return this.#held === 0 ? null : { tokens: this.#held, untilMs }
  }
  /** When it will be full, if nobody takes and no lease is settled early. */
  get fullAtMs(): number {
    return Math.max(this.held?.untilMs ?? 0, this.atMs) + this.#bucket.resetMs
  }

  /** What was granted under this name, if that call was answered before. */
  granted(leaseId: string): number | undefined {
    return this.#leases.get(leaseId)?.granted
  }

  /** Refills up to `nowMs`, step by step past each lease that ends on the way. */
  advance(nowMs: number): void {
    const stepBackMs = this.atMs - nowMs
    if (stepBackMs > 0) for (const lease of this.#leases.values()) lease.untilMs -= stepBackMs
    for (const [leaseId, lease] of this.#leases) {
      if (lease.untilMs > nowMs) break
      this.#bucket.advance(lease.untilMs, this.#held)
      this.#drop(leaseId, lease)
    }
    this.#bucket.advance(nowMs, this.#held)
  }

  take(): boolean {
    return this.#bucket.remove(1)
  }

  /**
   * Leases up to `wanted` tokens, and half of what is there at most: so that others find some, and near the limit everybody
   * asks for one at a time. `own` of the caller's tokens, already taken, belong to the lease too.
   */
  lease(leaseId: string, wanted: number, own: number): number {
    const granted = Math.min(wanted, Math.floor(this.tokens / 2))
    this.#bucket.remove(granted)
    if (granted + own > 0) this.#hold(leaseId, { tokens: granted + own, granted, untilMs: this.atMs + heldMs })
    return granted
  }

  /** The end of a lease: `unused` of its tokens come back, the others were used. One that is not known, or no longer, changes nothing. */
  settle(leaseId: string, unused: number): void {
    const lease = this.#leases.get(leaseId)
    if (!lease || leaseId === '') return
    this.#drop(leaseId, lease)
    this.#bucket.give(Math.max(0, Math.min(unused, lease.tokens)), this.#held)
  }

  change(limit: Limit): void {
    this.#bucket.change(limit, this.#held)
  }

  /** Until a token is there, if what leases hold is settled by then: they mostly are, by the very call that comes next. */
  get waitMs(): number {
    const { quota, windowSeconds } = this.limit
    return quota === 0 ? windowSeconds * 1000 : (this.#bucket.waitMs(1) ?? 0)
  }

  #hold(leaseId: string, lease: Lease): void {
    this.#leases.set(leaseId, lease)
    this.#held += lease.tokens
  }

  #drop(leaseId: string, lease: Lease): void {
    this.#leases.delete(leaseId)
    this.#held -= lease.tokens
  }
}
