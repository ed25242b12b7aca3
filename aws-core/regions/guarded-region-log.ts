// A RegionLog behind a breaker: while the region is known to be down, every call is answered at once.
//
// What counts against a region: no answer, or no service (`unavailable`, `unknown_outcome`). A mismatch is a true answer
// of a healthy region, and a refusal is about the request: one bad item, or one isolate's credentials, must not take the
// region from everyone else.

import { fail, type Result } from '../../domain/result.ts'
import type { RegionFailure, RegionLog } from '../dynamodb/region-log.ts'
import { admit, type BreakerSettings, type BreakerState, closedBreaker, settle } from './breaker.ts'

/** Plain data, one per region, kept by the isolate and shared by all that call the region from it. */
export interface BreakerHolder {
  state: BreakerState
}

export const newBreaker = (): BreakerHolder => ({ state: closedBreaker })

export interface GuardSettings extends BreakerSettings {
  now: () => number
}

/** `now` in ms. Everything the log rejects with is passed on, and counts against the region. */
export function guardedRegionLog(log: RegionLog, holder: BreakerHolder, settings: GuardSettings): RegionLog {
  const { now } = settings

  async function guard<Value>(call: () => Promise<Result<Value, RegionFailure>>): Promise<Result<Value, RegionFailure>> {
    const admission = admit(holder.state, now(), settings)
    holder.state = admission.state
    if (!admission.admitted) return fail({ code: 'region/unavailable', region: log.region, detail: 'its breaker is open' })
    let answered = false
    try {
      const result = await call()
      answered = result.ok || (result.error.code !== 'region/unavailable' && result.error.code !== 'region/unknown_outcome')
      return result
    } finally {
      // The state is read again: others have settled meanwhile.
      holder.state = settle(holder.state, admission.ticket, answered, now(), settings)
    }
  }

  return {
    region: log.region,
    append: (ref, item, expected) => guard(() => log.append(ref, item, expected)),
    fill: (ref, item) => guard(() => log.fill(ref, item)),
    readFence: (ref) => guard(() => log.readFence(ref)),
    listItems: (ref, after) => guard(() => log.listItems(ref, after)),
    readItems: (ref) => guard(() => log.readItems(ref)),
    ping: () => guard(() => log.ping()),
  }
}
