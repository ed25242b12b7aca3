// A turn at something scarce in this isolate (domain/limits/fair-share.ts): asked for, waited for, and given back.
//
// Guarantees: whoever cannot be served soon is told so at once, where the line is full, or when the time is up; a turn that
// nobody gives back, since its request was cancelled, runs out.
//
// Another request's promise cannot be waited for in Workers: so whoever waits looks at plain state, by a timer of its own.

import { type Failure, failure } from '../../../domain/failures.ts'
import type { FairShare, Wanted } from '../../../domain/limits/fair-share.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'

export interface TurnPorts {
  now: () => number
  pause: (ms: number) => Promise<void>
}

export interface Patience {
  /** In the line. */
  waitMs: number
  /** How long a holder that says nothing is believed to be there. */
  heldMs: number
}

export interface Turn {
  /** Says that it is still needed, for as long again. False where it has run out. */
  renew(): boolean
  /** Again is no mistake. */
  end(): void
}

const lookEveryMs = 50
/** Of who waits: some looks long. */
const waitingBelievedMs = 2000

/** `server/overloaded` (503, Retry-After). */
export async function takeTurn(
  share: FairShare,
  wanted: Omit<Wanted, 'believedUntilMs'>,
  { waitMs, heldMs }: Patience,
  ports: TurnPorts,
): Promise<Result<Turn>> {
  const { now } = ports
  const startedAtMs = now()
  const place = share.ask({ ...wanted, believedUntilMs: startedAtMs + waitingBelievedMs }, startedAtMs)
  while (place.state === 'waiting') {
    if (now() - startedAtMs >= waitMs) {
      share.giveBack(place, now())
      return fail(overloaded)
    }
    await ports.pause(lookEveryMs)
    share.look(place, now() + waitingBelievedMs, now())
  }
  const renew = () => share.look(place, now() + heldMs, now()) === 'held'
  if (!renew()) return fail(overloaded)
  return ok({ renew, end: () => share.giveBack(place, now()) })
}

export const overloaded: Failure = failure('server/overloaded', 'Too much of this is asked of this place right now. Try again.', {
  retryAfterSeconds: 2,
})
