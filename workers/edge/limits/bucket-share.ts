// One isolate's share of one bucket: the leases it holds, what it last heard of the rest, how busy the bucket is here, and
// until when it refuses. No I/O: limiter.ts asks the object and tells this.
//
// A lease is used for a second from when it was asked for, on this isolate's clock; its object counts on twice that. What
// is left of it then goes back with the next call: within the second second it is credited, later it is lost.

import { sameLimit, TokenBucket } from '../../../domain/limits/token-bucket.ts'
import type { Limit, SuspectRule } from '../../../domain/limits/types.ts'
import type { TakeReply, TakeRequest, Throttled } from '../../../durable-objects/rate-limiter/rpc.ts'
import { RecentDemand } from './recent-demand.ts'

export interface Standing {
  /** In force: a throttled principal's is not the one it was given. */
  limit: Limit
  remaining: number
  /** Until all of it is there again; where nothing remains, until the next token. */
  resetSeconds: number
}

export type ThrottledBy = Throttled

/** What a request holds of a bucket. While it waits for the others it may still give it back: it is in doubt. */
export interface Token {
  doubt(): void
  settle(): void
  giveBack(): void
}

class Lease implements Token {
  readonly id: string
  left: number
  untilMs: number
  inDoubt = 0
  /** Only the token of the request that asked for it, and nobody else's so far. */
  isOwn: boolean

  constructor(id: string, left: number, untilMs: number) {
    this.id = id
    this.left = left
    this.untilMs = untilMs
    this.isOwn = left === 0
  }
  doubt(): void {
    this.inDoubt += 1
  }
  settle(): void {
    this.inDoubt -= 1
  }
  /** Where the object was told already what was left, nobody looks here any more: then the token is lost. */
  giveBack(): void {
    this.left += 1
    this.isOwn = false
  }
}

/** Of the object itself, outside any lease: there is nothing to give back to. */
const spent: Token = { doubt: () => undefined, settle: () => undefined, giveBack: () => undefined }

/** How long an object that could not be reached is left alone. */
const unreachableMs = 1_000
/** A request that was cut off never says so: after this long another may ask for a lease. */
const leaseAskedMs = 1_000
/** An admin may lift a throttle at any time; then nobody is told, so a refusal under one is remembered no longer than this. */
const throttledRefusalMs = 2_000
const settledKept = 256

export class BucketShare {
  #asked: Limit
  #limit: Limit
  readonly #demand: RecentDemand
  readonly #leases: Lease[] = []
  #remaining: number
  #heardAtMs: number
  #refusedUntilMs = 0
  #askAgainAtMs = 0
  #refusals = 0
  #leaseAskedAtMs = Number.NEGATIVE_INFINITY
  #throttled: Throttled | undefined
  /** This isolate's own, for when the object cannot be reached. Kept afterwards, so that no outage finds it full again too soon. */
  #own: TokenBucket | undefined
  #unreachableUntilMs = 0

  constructor(limit: Limit, nowMs: number) {
    this.#asked = limit
    this.#limit = limit
    this.#remaining = limit.quota
    this.#heardAtMs = nowMs
    this.#demand = new RecentDemand(nowMs)
  }

  /** A request draws on it. Another limit than before is the object's to apply: what was leased under the old one ends. */
  meet(limit: Limit, nowMs: number): void {
    this.#demand.count(nowMs)
    if (sameLimit(limit, this.#asked)) return
    this.#asked = limit
    this.#limit = limit
    this.#own?.change(limit)
    this.end()
  }

  /** A token of what this isolate holds. */
  spend(nowMs: number): Token | undefined {
    for (let i = this.#leases.length - 1; i >= 0; i--) {
      const lease = this.#leases[i] as Lease
      if (lease.left > 0 && nowMs < lease.untilMs) {
        lease.left -= 1
        return lease
      }
    }
    if (nowMs >= this.#unreachableUntilMs || !this.#own) return undefined
    const own = this.#own
    own.advance(nowMs)
    return own.remove(1) ? { doubt: () => undefined, settle: () => undefined, giveBack: () => own.give(1) } : undefined
  }

  /** Whether it is known to refuse, after spend() found nothing. */
  isRefusing(nowMs: number): boolean {
    return nowMs < this.#askAgainAtMs || nowMs < this.#unreachableUntilMs
  }

  countRefusal(): void {
    this.#refusals += 1
  }

  /** How much to ask for ahead: what a second needs where it is busy, and nothing while another request asks already. */
  wantedLease(maximum: number, nowMs: number): number {
    const isAsked = nowMs - this.#leaseAskedAtMs < leaseAskedMs
    const wanted = isAsked || !this.#demand.isBusy ? 0 : Math.min(maximum, this.#demand.perSecond)
    if (wanted > 0) this.#leaseAskedAtMs = nowMs
    return wanted
  }

  /** The next call to the object, which also tells it what became of the leases that are over. */
  request(leaseId: string, suspect: SuspectRule | null, lease: number, revocable: boolean, nowMs: number): TakeRequest {
    const used: string[] = []
    const settled: [string, number][] = []
    let kept = 0
    for (const one of this.#leases) {
      const isOver = nowMs >= one.untilMs || (one.left === 0 && one.inDoubt <= 0)
      if (!isOver) this.#leases[kept++] = one
      else if (used.length + settled.length >= settledKept) continue
      else if (one.isOwn) used.push(one.id)
      else settled.push([one.id, one.left])
    }
    this.#leases.length = kept
    const refused = this.#refusals
    this.#refusals = 0
    return { limit: this.#asked, suspect, leaseId, lease, revocable, used, settled, refused }
  }

  /** The object's answer. A lease that would be over by now (`leaseUntilMs`) is not begun: its tokens stay unused. */
  hear(request: TakeRequest, reply: TakeReply, leaseUntilMs: number, nowMs: number): Token | undefined {
    if (request.lease > 0) this.#leaseAskedAtMs = Number.NEGATIVE_INFINITY
    this.#unreachableUntilMs = 0
    this.#limit = reply.limit
    this.#remaining = reply.remaining
    this.#heardAtMs = nowMs
    // That one began is kept until it was told, whatever comes in before that.
    if (!this.#throttled?.started || this.#throttled.untilMs !== reply.throttled?.untilMs) this.#throttled = reply.throttled
    this.#refusedUntilMs = reply.allowed ? 0 : nowMs + reply.retryMs
    this.#askAgainAtMs = reply.throttled ? Math.min(this.#refusedUntilMs, nowMs + throttledRefusalMs) : this.#refusedUntilMs
    if (!reply.allowed) return undefined
    if (reply.leased === 0 && !request.revocable) return spent
    const lease = new Lease(request.leaseId, reply.leased, leaseUntilMs)
    this.#leases.push(lease)
    return request.revocable ? lease : spent
  }

  /** The object could not be reached. From here on this isolate counts by itself, for a second. */
  lose(wasLease: boolean, nowMs: number): void {
    if (wasLease) this.#leaseAskedAtMs = Number.NEGATIVE_INFINITY
    this.#own ??= new TokenBucket(this.#limit, nowMs)
    if (!sameLimit(this.#own.limit, this.#limit)) this.#own.change(this.#limit)
    this.#unreachableUntilMs = nowMs + unreachableMs
    this.#askAgainAtMs = 0
  }

  /** Nothing that was held or remembered counts any more. */
  end(): void {
    for (const lease of this.#leases) lease.untilMs = 0
    this.#askAgainAtMs = 0
    this.#unreachableUntilMs = 0
    this.#leaseAskedAtMs = Number.NEGATIVE_INFINITY
  }

  standing(isRefusing: boolean, nowMs: number): Standing {
    const { quota, windowSeconds } = this.#limit
    const remaining = isRefusing ? 0 : this.#known(nowMs)
    if (remaining > 0) return { limit: this.#limit, remaining, resetSeconds: Math.ceil(((quota - remaining) * windowSeconds) / quota) }
    const waitMs = isRefusing ? this.#waitMs(nowMs) : (windowSeconds * 1000) / Math.max(1, quota)
    return { limit: this.#limit, remaining, resetSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
  }

  /** `started` only once. */
  throttled(nowMs: number): Throttled | undefined {
    const throttled = this.#throttled
    if (throttled === undefined) return undefined
    this.#throttled = throttled.untilMs > nowMs ? { ...throttled, started: false } : undefined
    return throttled.untilMs > nowMs ? throttled : undefined
  }

  /** What is left for callers here: what the object had, what it has refilled since, and what is held. */
  #known(nowMs: number): number {
    if (nowMs < this.#unreachableUntilMs && this.#own) return this.#own.tokens
    const { quota, windowSeconds } = this.#limit
    let remaining = this.#remaining + Math.floor((Math.max(0, nowMs - this.#heardAtMs) * quota) / (windowSeconds * 1000))
    for (const lease of this.#leases) if (nowMs < lease.untilMs) remaining += lease.left
    return Math.min(quota, remaining)
  }

  #waitMs(nowMs: number): number {
    return nowMs < this.#unreachableUntilMs ? (this.#own?.waitMs(1) ?? unreachableMs) : this.#refusedUntilMs - nowMs
  }
}
