// A deadline that counts only time in which this isolate could have taken an answer.
//
// An isolate that is busy (another request's body, a long rule) stands still, its timers too; when it goes on, the answer
// lies in the socket's buffer, and a plain timeout would give it up unread and blame the other side. So the time is
// counted in steps, and a step that took longer than twice its length counts as twice its length.
//
// Guarantees: `signal` fires after `timeoutMs` of counted time, and after `longestStretch` times that in any case.
// `lagged`: it fired for the latter, so the other side never had the time that was meant for it.

export interface DeadlineTimers {
  now: () => number
  setTimer: (run: () => void, ms: number) => unknown
  clearTimer: (timer: unknown) => void
}

export interface Deadline {
  readonly signal: AbortSignal
  readonly lagged: boolean
  /** Must be called when the work has ended. */
  end(): void
}

const steps = 10
const longestStretch = 4

export const platformTimers = (now: () => number): DeadlineTimers => ({
  now,
  setTimer: (run, ms) => setTimeout(run, ms),
  clearTimer: (timer) => clearTimeout(timer as number),
})

export function patientDeadline(timeoutMs: number, { now, setTimer, clearTimer }: DeadlineTimers): Deadline {
  const controller = new AbortController()
  const stepMs = Math.max(1, timeoutMs / steps)
  const startedMs = now()
  let leftMs = timeoutMs
  let lastMs = startedMs
  let lagged = false
  let timer: unknown
  const step = () => {
    const nowMs = now()
    const passedMs = nowMs - lastMs
    lastMs = nowMs
    // A clock that stands still must not stop the deadline.
    leftMs -= Math.max(stepMs, Math.min(passedMs, 2 * stepMs))
    lagged = leftMs > 0 && nowMs - startedMs >= longestStretch * timeoutMs
    if (leftMs <= 0 || lagged) controller.abort(new DOMException('The deadline has passed.', 'TimeoutError'))
    else timer = setTimer(step, Math.min(stepMs, leftMs))
  }
  timer = setTimer(step, stepMs)
  return {
    signal: controller.signal,
    get lagged() {
      return lagged
    },
    end: () => clearTimer(timer),
  }
}
