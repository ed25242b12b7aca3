// The RateLimiter object: one per bucket, reached by idFromName of the bucket's name (`{workspaceId}:{principal}` or
// `{workspaceId}:workspace`). Plain data only.

import type { Limit, SuspectRule } from '../../domain/limits/types.ts'

/** How long an isolate may use what it leased, from the moment it asked. */
export const leaseMs = 1_000

/**
 * How long the object takes leased tokens for possibly unused, from the moment it granted them. An isolate asks before the
 * object grants, so its second is over first; the other second is room for clocks that disagree, and for handing back.
 */
export const heldMs = 2_000

export interface TakeRequest {
  /** What the bucket is held to from now on: the newest wins. */
  limit: Limit
  /** Null: nobody is throttled by rule, and who was no longer is. */
  suspect: SuspectRule | null
  /** Names what is leased. Never used for two calls; the same call may come twice. */
  leaseId: string
  /** Tokens wanted beside the one of the request itself. Fewer may be granted, or none. */
  lease: number
  /** The request's own token may yet come back, so it is a part of the lease too. */
  revocable: boolean
  /**
   * Leases of a request's own token alone that the very request used: like any other it counts from when it was granted, and
   * was never held.
   */
  used: string[]
  /** Other leases that are over, and how many of their tokens were not used. */
  settled: [leaseId: string, unused: number][]
  /** Requests that the isolate refused by itself since its last call. */
  refused: number
}

export interface TakeReply {
  allowed: boolean
  /** Tokens granted beside the request's own. */
  leased: number
  /** What is in force: the limit that was asked for, or a stricter one while throttled. */
  limit: Limit
  /** Whole tokens left in the bucket. */
  remaining: number
  /** Until a token will be there; 0 when allowed. */
  retryMs: number
  throttled?: Throttled
}

/** A principal that the suspect rule holds to less. */
export interface Throttled {
  limit: Limit
  untilMs: number
  /** True in the one reply to the call that began it. */
  started: boolean
}

export interface RateLimiterRpc {
  take(request: TakeRequest): Promise<TakeReply>
  /** The throttle that the suspect rule set, if one is on. */
  throttled(): Promise<Throttled | null>
  /** Ends it. True when there was one. Isolates follow within two seconds. */
  lift(): Promise<boolean>
}
