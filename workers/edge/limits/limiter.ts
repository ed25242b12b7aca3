// Who may go on. Every request takes one token of each bucket it draws on; a bucket is one RateLimiter object. What this
// isolate holds of a bucket is spent at once, without a call and without awaiting anything; else the object is asked, all
// that have to be asked side by side. A request that one bucket refuses gives back what it took from the others.
//
// State is plain values (a promise of one request cannot be awaited in another on Workers), so requests that come at the
// same moment each ask for themselves, and one of them for a lease. Memory is bounded: what was not used lately is
// forgotten; tokens of a forgotten bucket are lost, never doubled.
//
// An object that cannot be reached: the isolate counts by itself, by the same limit, for that bucket, and asks again after
// a second. The sum over isolates may then exceed the limit; refusing everybody would be worse. See docs/limits.md.

import { steadyClock } from '../../../domain/limits/steady-clock.ts'
import type { Limit, SuspectRule } from '../../../domain/limits/types.ts'
import { leaseMs, type RateLimiterRpc } from '../../../durable-objects/rate-limiter/rpc.ts'
import { ObjectUnavailable } from '../object-unavailable.ts'
import { BucketShare, type Standing, type ThrottledBy, type Token } from './bucket-share.ts'
import { RecentMap } from './recent-map.ts'

export type LimitPolicy = 'user' | 'client' | 'workspace'

/** One bucket that a request draws on. */
export interface LimitDemand {
  policy: LimitPolicy
  /** Of the bucket's object. */
  name: string
  limit: Limit
  /** Absent or null: nobody is throttled by rule. */
  suspect?: SuspectRule | null
  /** The most tokens that this isolate may hold ahead. 0: none. */
  maximumLease: number
}

export interface LimitOutcome {
  allowed: boolean
  /** In the order of the demands. */
  standings: ({ policy: LimitPolicy } & Standing)[]
  /** Only when refused: not before then will all of them allow it. */
  retryAfterSeconds?: number
  /** Only when refused: by whom. */
  refusedBy?: LimitPolicy[]
  /** The throttle that the suspect rule holds one of them to; `started` in the one outcome that is to be logged. */
  throttled?: { policy: LimitPolicy } & ThrottledBy
}

export interface Limiter {
  /** At once when the isolate knows the answer. Rejects only for a bug in an object. */
  take(demands: LimitDemand[]): LimitOutcome | Promise<LimitOutcome>
}

export interface LimiterEvent {
  event: 'rate_limiter/unreachable'
  policy: LimitPolicy
  name: string
  /** Calls that failed since the event before, this one included. */
  calls: number
}

export interface LimiterPorts {
  now: () => number
  newId: () => string
  /** The bucket's object; a call that fails throws ObjectUnavailable (workers/retry.ts). */
  object: (name: string) => RateLimiterRpc
  /** At most once a second. */
  report: (event: LimiterEvent) => void
  /** How many buckets are remembered at least; at most twice as many. */
  capacity?: number
}

const reportEveryMs = 1_000

export function rateLimiter({ now, newId, object, report, capacity = 10_000 }: LimiterPorts): Limiter {
  const shares = new RecentMap<BucketShare>(capacity)
  const steady = steadyClock(now)
  let seenAtMs = 0
  let isolateId: string | undefined
  let calls = 0
  let failures = 0
  let reportedAtMs = Number.NEGATIVE_INFINITY

  /** A clock that was set back would make leases live longer than their object knows: they all end then. */
  function clock(): number {
    const nowMs = steady()
    if (nowMs < seenAtMs) for (const share of shares.values()) share.end()
    seenAtMs = nowMs
    return nowMs
  }

  function shareOf({ name, limit }: LimitDemand, nowMs: number): BucketShare {
    let share = shares.get(name)
    if (share === undefined) {
      share = new BucketShare(limit, nowMs)
      shares.set(name, share)
    }
    share.meet(limit, nowMs)
    return share
  }

  function nextLeaseId(): string {
    isolateId ??= newId()
    calls += 1
    return `${isolateId}:${calls}`
  }

  function failed({ policy, name }: LimitDemand, nowMs: number): void {
    failures += 1
    if (nowMs - reportedAtMs >= 0 && nowMs - reportedAtMs < reportEveryMs) return
    report({ event: 'rate_limiter/unreachable', policy, name, calls: failures })
    reportedAtMs = nowMs
    failures = 0
  }

  async function ask(share: BucketShare, demand: LimitDemand, isOneOfSeveral: boolean, askedAtMs: number): Promise<Token | undefined> {
    const wanted = share.wantedLease(demand.maximumLease, askedAtMs)
    const request = share.request(nextLeaseId(), demand.suspect ?? null, wanted, isOneOfSeveral, askedAtMs)
    try {
      const reply = await object(demand.name).take(request)
      const nowMs = clock()
      const isInTime = nowMs >= askedAtMs && nowMs - askedAtMs < leaseMs
      // Refused there; but another request of this isolate may have brought a lease meanwhile.
      return inDoubt(share.hear(request, reply, isInTime ? askedAtMs + leaseMs : 0, nowMs) ?? share.spend(nowMs))
    } catch (thrown) {
      if (!(thrown instanceof ObjectUnavailable)) throw thrown
      const nowMs = clock()
      failed(demand, nowMs)
      share.lose(wanted > 0, nowMs)
      return inDoubt(share.spend(nowMs))
    }
  }

  async function askFor(demands: LimitDemand[], held: BucketShare[], tokens: (Token | undefined)[], nowMs: number): Promise<LimitOutcome> {
    for (const token of tokens) inDoubt(token)
    const missing = tokens.reduce((count, token) => count + (token === undefined ? 1 : 0), 0)
    const asked = await Promise.all(held.map((share, i) => tokens[i] ?? ask(share, demands[i] as LimitDemand, missing > 1, nowMs)))
    const outcome = conclude(demands, held, asked, seenAtMs, true)
    for (const token of asked) token?.settle()
    return outcome
  }

  return {
    take(demands) {
      const nowMs = clock()
      const held: BucketShare[] = []
      const tokens: (Token | undefined)[] = []
      let isMissing = false
      let isRefused = false
      for (const demand of demands) {
        const share = shareOf(demand, nowMs)
        const token = share.spend(nowMs)
        if (token === undefined) {
          isMissing = true
          if (share.isRefusing(nowMs)) {
            isRefused = true
            share.countRefusal()
          }
        }
        held.push(share)
        tokens.push(token)
      }
      // One that refuses decides it: nobody else needs to be asked.
      return isMissing && !isRefused ? askFor(demands, held, tokens, nowMs) : conclude(demands, held, tokens, nowMs, false)
    },
  }
}

/** From the moment it is had: until the others have answered too, it may go back. */
function inDoubt(token: Token | undefined): Token | undefined {
  token?.doubt()
  return token
}

/** Allowed when there is a token of each; else those that there are go back. `wereAsked`: whoever gave none has refused. */
function conclude(
  demands: LimitDemand[],
  held: BucketShare[],
  tokens: (Token | undefined)[],
  nowMs: number,
  wereAsked: boolean,
): LimitOutcome {
  let allowed = true
  for (const token of tokens) if (token === undefined) allowed = false
  if (!allowed) for (const token of tokens) token?.giveBack()

  const outcome: LimitOutcome = { allowed, standings: [] }
  const refusedBy: LimitPolicy[] = []
  let retryAfterSeconds = 1
  for (let i = 0; i < held.length; i++) {
    const { policy } = demands[i] as LimitDemand
    const share = held[i] as BucketShare
    const isRefusing = tokens[i] === undefined && (wereAsked || share.isRefusing(nowMs))
    const { limit, remaining, resetSeconds } = share.standing(isRefusing, nowMs)
    outcome.standings.push({ policy, limit, remaining, resetSeconds })
    if (isRefusing) {
      refusedBy.push(policy)
      retryAfterSeconds = Math.max(retryAfterSeconds, resetSeconds)
    }
    const throttled = share.throttled(nowMs)
    if (throttled && !outcome.throttled?.started) outcome.throttled = { policy, ...throttled }
  }
  if (!allowed) Object.assign(outcome, { retryAfterSeconds, refusedBy })
  return outcome
}
