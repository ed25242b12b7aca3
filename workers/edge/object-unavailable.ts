// Thrown where a Durable Object could not be reached and no retry helped: broken infrastructure, told as a 503.

import { type Failure, failure } from '../../domain/failures.ts'

export class ObjectUnavailable extends Error {
  override readonly name = 'ObjectUnavailable'
  readonly failure: Failure

  constructor(cause: unknown, isOverloaded = false) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.failure = isOverloaded
      ? failure('server/overloaded', 'Too much is asked of this right now. Try again later.', { retryAfterSeconds: 2 })
      : failure('record/unavailable', 'This cannot be served right now. Try again.', { retryAfterSeconds: 1 })
  }
}
