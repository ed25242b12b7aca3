// A request is answered within 29 seconds, whatever it waits for: gateways in front give up at 30, and then nobody is told
// anything. What was begun goes on: a command may still be decided, and its retry with the same key gets that answer.

import { failure } from '../../domain/failures.ts'

export const deadlineMs = 29_000

export const timedOut = failure('request/timed_out', 'This took too long. It may still be done: retry with the same idempotency key.', {
  retryAfterSeconds: 1,
})

interface Deadline {
  ms?: number
  /** Asked when the time is up: whoever is still sending, or must read what was sent, has all the time they need. */
  isUnbounded?: () => boolean
}

/** False where `work` did not end in time; it goes on then, and its failure is nobody's any more. */
export async function withinDeadline(
  work: Promise<unknown>,
  { ms = deadlineMs, isUnbounded = () => false }: Deadline = {},
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const ended = work.then(() => true)
  try {
    const isInTime = await Promise.race([ended, late])
    if (!isInTime && isUnbounded()) return await ended
    if (!isInTime) ended.catch(() => {})
    return isInTime
  } finally {
    clearTimeout(timer)
  }
}
