// A circuit breaker as functions over a plain value, so that an isolate can share it between requests.
//
// Guarantees: `failuresToOpen` failures in a row open it; for `openMs` nothing is let through; then one trial at a time,
// and `successesToClose` successes close it, one failure opens it again. An answer counts only for the state it was
// asked in: a late one, from before the breaker opened, changes nothing.
//
// Trade-offs: failures count in a row, so one throttled key among healthy ones never takes a region away, and a region
// that fails every other call stays in use. The state is an isolate's own: each learns for itself.

export interface BreakerSettings {
  failuresToOpen: number
  successesToClose: number
  openMs: number
  /** How long a trial may be out before another is let through: its request may have been cancelled and never report. */
  trialMs: number
}

export const breakerDefaults: BreakerSettings = { failuresToOpen: 5, successesToClose: 2, openMs: 60_000, trialMs: 5_000 }

export type BreakerState = {
  /** Grows with every change of mode; an answer that carries an older one is late. */
  epoch: number
} & (
  | { mode: 'closed'; failures: number }
  | { mode: 'open'; untilMs: number }
  | { mode: 'half-open'; successes: number; trialUntilMs: number | null }
)

export const closedBreaker: BreakerState = { epoch: 0, mode: 'closed', failures: 0 }

export type Admission = { admitted: true; state: BreakerState; ticket: number } | { admitted: false; state: BreakerState }

/** Asks to make a call at `now` (ms). Keep `state`; hand `ticket` to `settle` with the answer. */
export function admit(state: BreakerState, now: number, settings: BreakerSettings): Admission {
  if (state.mode === 'closed') return { admitted: true, state, ticket: state.epoch }
  if (state.mode === 'open') {
    if (now < state.untilMs) return { admitted: false, state }
    const epoch = state.epoch + 1
    return { admitted: true, ticket: epoch, state: { epoch, mode: 'half-open', successes: 0, trialUntilMs: now + settings.trialMs } }
  }
  if (state.trialUntilMs !== null && now < state.trialUntilMs) return { admitted: false, state }
  return { admitted: true, ticket: state.epoch, state: { ...state, trialUntilMs: now + settings.trialMs } }
}

/** Whether a call that came now would be refused; asks without changing anything. */
export function isRefusing(state: BreakerState, now: number): boolean {
  if (state.mode === 'open') return now < state.untilMs
  return state.mode === 'half-open' && state.trialUntilMs !== null && now < state.trialUntilMs
}

/** The state after the call with this ticket ended and says nothing about the other side: the next trial may go. */
export function release(state: BreakerState, ticket: number): BreakerState {
  return ticket === state.epoch && state.mode === 'half-open' ? { ...state, trialUntilMs: null } : state
}

/** The state after the call with this ticket was answered at `now` (ms). */
export function settle(state: BreakerState, ticket: number, succeeded: boolean, now: number, settings: BreakerSettings): BreakerState {
  if (ticket !== state.epoch || state.mode === 'open') return state
  const epoch = state.epoch + 1
  if (state.mode === 'closed') {
    const failures = succeeded ? 0 : state.failures + 1
    return failures < settings.failuresToOpen ? { ...state, failures } : { epoch, mode: 'open', untilMs: now + settings.openMs }
  }
  if (!succeeded) return { epoch, mode: 'open', untilMs: now + settings.openMs }
  const successes = state.successes + 1
  return successes < settings.successesToClose ? { ...state, successes, trialUntilMs: null } : { epoch, mode: 'closed', failures: 0 }
}
