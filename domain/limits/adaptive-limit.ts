// How many calls may be under way to somebody whose capacity nobody knows: learnt from how long the calls take.
//
// The rule is Gradient2 of Netflix's concurrency-limits (https://github.com/Netflix/concurrency-limits): the longer calls
// take beside their long-term average, the fewer may be out; a little queueing is allowed, so that the limit grows while
// nothing gets slower. A call that was dropped (no answer, throttled) lowers it at once, multiplicatively, and at most once
// a round trip: one burst of failures is one piece of news.
//
// Guarantees: `min` ≤ limit ≤ `max`; a limit that is not used does not grow. Pure: time is passed in.

export interface AdaptiveLimitSettings {
  initial: number
  min: number
  max: number
  /** How many times the long-term average a call may take before it lowers the limit. */
  tolerance: number
  /** In (0, 1]: what a dropped call leaves of the limit. */
  backoff: number
}

export const adaptiveLimitDefaults: AdaptiveLimitSettings = { initial: 16, min: 4, max: 64, tolerance: 2, backoff: 0.7 }

export interface AdaptiveLimit {
  /** May be fractional; `placesOf` says how many calls that is. */
  limit: number
  /** Long-term average of how long a call takes, ms; 0 before the first. */
  longMs: number
  /** Average of late, ms. */
  recentMs: number
  loweredAtMs: number
}

export const newAdaptiveLimit = ({ initial }: AdaptiveLimitSettings): AdaptiveLimit => ({
  limit: initial,
  longMs: 0,
  recentMs: 0,
  loweredAtMs: Number.NEGATIVE_INFINITY,
})

export const placesOf = ({ limit }: AdaptiveLimit): number => Math.floor(limit)

/** Calls of headroom that the limit asks for beyond what the gradient says. */
const queueAllowed = 4
const smoothing = 0.2
/** The long-term average looks back over about so many calls. */
const longWindow = 600
const recentWindow = 20

/** After a call that was answered in `tookMs`, with `inFlight` calls out when it began. */
export function answered(state: AdaptiveLimit, tookMs: number, inFlight: number, settings: AdaptiveLimitSettings): AdaptiveLimit {
  const ms = Math.max(tookMs, 0.1)
  const recentMs = state.recentMs === 0 ? ms : state.recentMs + (ms - state.recentMs) / recentWindow
  let longMs = state.longMs === 0 ? ms : state.longMs + (ms - state.longMs) / longWindow
  // After a long time of overload the average is too high: it comes down faster than it went up.
  if (longMs > 2 * recentMs) longMs *= 0.95
  const next = { ...state, recentMs, longMs }
  // Nothing is learnt about the limit from calls that did not come near it.
  if (inFlight < state.limit / 2) return next
  const gradient = Math.max(0.5, Math.min(1, (settings.tolerance * longMs) / recentMs))
  const wanted = state.limit * gradient + queueAllowed
  return { ...next, limit: clamp(state.limit * (1 - smoothing) + wanted * smoothing, settings) }
}

/** After a call that had no answer, or was turned away for its number. */
export function dropped(state: AdaptiveLimit, nowMs: number, settings: AdaptiveLimitSettings): AdaptiveLimit {
  if (nowMs - state.loweredAtMs < state.recentMs) return state
  return { ...state, loweredAtMs: nowMs, limit: clamp(state.limit * settings.backoff, settings) }
}

const clamp = (limit: number, { min, max }: AdaptiveLimitSettings): number => Math.max(min, Math.min(max, limit))
