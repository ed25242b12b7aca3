// What one RateLimiter object decides, without the object: who gets a token, who gets a lease, who is a suspect. Each call
// is one synchronous step with the time passed in.
//
// What is kept over a restart (Saved) is at most a second old. Restored, a bucket has lost the memory of what it gave
// since: so much may be let through once more. It is restored as having refilled nothing in that second, so one that is
// drained as fast as it refills goes on so, and what leases held when it was saved stays held.

import { sameLimit, stricter, TokenBucket } from '../../domain/limits/token-bucket.ts'
import type { Limit, SuspectRule } from '../../domain/limits/types.ts'
import { type Held, LeasedBucket } from './leased-bucket.ts'
import { heldMs, type TakeReply, type TakeRequest, type Throttled } from './rpc.ts'
import { Suspicion } from './suspicion.ts'

/** The most that a restart may forget. */
export const saveEveryMs = 1_000

type Throttle = Omit<Throttled, 'started'>

export interface Saved {
  limit: Limit
  grains: number
  atMs: number
  held: Held | null
  throttle: Throttle | null
}

export class Admission {
  #bucket: LeasedBucket | undefined
  #throttle: Throttle | null
  /** The limit that was last asked for. */
  #asked: Limit | undefined
  readonly #suspicion = new Suspicion()

  constructor(saved: Saved | undefined, nowMs: number) {
    this.#throttle = saved?.throttle ?? null
    if (!saved) return
    const { limit, grains, atMs, held } = saved
    const bucket = new TokenBucket(limit, Math.min(nowMs, atMs + saveEveryMs), grains)
    // However the clock was set meanwhile, no lease lives longer than leases do.
    this.#bucket = new LeasedBucket(bucket, held && { ...held, untilMs: Math.min(held.untilMs, nowMs + heldMs) })
  }

  take(request: TakeRequest, nowMs: number): TakeReply {
    const { suspect } = request
    if (!suspect) this.#suspicion.clear()
    if (!suspect || (this.#throttle && this.#throttle.untilMs <= nowMs)) this.#unthrottle(nowMs)
    let started = this.#note(request.refused, suspect, nowMs)

    for (const leaseId of request.used) this.#bucket?.settle(leaseId, 0)
    const bucket = this.#advanced(request.limit, nowMs)
    for (const [leaseId, unused] of request.settled) bucket.settle(leaseId, unused)
    const before = bucket.granted(request.leaseId)
    if (before !== undefined) return this.#reply(bucket, { allowed: true, leased: before }, started)

    const allowed = bucket.take()
    const leased = allowed ? bucket.lease(request.leaseId, request.lease, request.revocable ? 1 : 0) : 0
    if (!allowed && this.#note(1, suspect, nowMs)) {
      started = true
      bucket.change(this.#inForce(request.limit))
    }
    return this.#reply(bucket, { allowed, leased }, started)
  }

  throttled(nowMs: number): Throttled | null {
    return this.#throttle && this.#throttle.untilMs > nowMs ? { ...this.#throttle, started: false } : null
  }

  lift(nowMs: number): boolean {
    const wasOn = this.throttled(nowMs) !== null
    this.#unthrottle(nowMs)
    this.#suspicion.clear()
    return wasOn
  }

  /** Null while there is nothing that a new object would not know. */
  save(nowMs: number): Saved | null {
    if (!this.#bucket || this.idleAtMs(nowMs) <= nowMs) return null
    const { limit, grains, atMs, held } = this.#bucket
    return { limit, grains, atMs, held, throttle: this.#throttle }
  }

  /** When the bucket will be full and nobody throttled, if nothing happens until then. Only looks: it settles no lease early. */
  idleAtMs(nowMs: number): number {
    return Math.max(nowMs, this.#bucket?.fullAtMs ?? 0, this.#throttle?.untilMs ?? 0)
  }

  #advanced(asked: Limit, nowMs: number): LeasedBucket {
    this.#asked = asked
    const limit = this.#inForce(asked)
    this.#bucket ??= new LeasedBucket(new TokenBucket(limit, nowMs))
    this.#bucket.advance(nowMs)
    if (!sameLimit(limit, this.#bucket.limit)) this.#bucket.change(limit)
    return this.#bucket
  }

  #inForce(asked: Limit): Limit {
    return this.#throttle ? stricter(asked, this.#throttle.limit) : asked
  }

  /** Who is throttled already is not counted: a throttle runs out even if nobody listens, and can then begin again. */
  #note(count: number, rule: SuspectRule | null, nowMs: number): boolean {
    if (!rule || this.#throttle || count <= 0 || !this.#suspicion.note(count, nowMs, rule)) return false
    this.#throttle = { limit: rule.limit, untilMs: nowMs + rule.forSeconds * 1000 }
    return true
  }

  /** From its end on the bucket refills as it did before. */
  #unthrottle(nowMs: number): void {
    if (!this.#throttle) return
    const endedAtMs = Math.min(nowMs, this.#throttle.untilMs)
    this.#throttle = null
    if (!this.#bucket || !this.#asked) return
    this.#bucket.advance(Math.max(endedAtMs, Math.min(nowMs, this.#bucket.atMs)))
    this.#bucket.change(this.#asked)
  }

  #reply(bucket: LeasedBucket, { allowed, leased }: { allowed: boolean; leased: number }, started: boolean): TakeReply {
    return {
      allowed,
      leased,
      limit: bucket.limit,
      remaining: bucket.tokens,
      retryMs: allowed ? 0 : bucket.waitMs,
      ...(this.#throttle && { throttled: { ...this.#throttle, started } }),
    }
  }
}
