// What our store says no to crosses the tus library as something thrown, since the library knows no other way; it is caught
// again on the other side, and answered as every refusal is. The library's own refusals are told in the platform's words.

import { type Failure, type FailureCode, failure } from '../../domain/failures.ts'

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly failure: Failure

  constructor(reason: Failure) {
    super(reason.detail)
    this.failure = reason
  }
}

/** Throws what was refused. */
export function need<T>(result: { ok: true; value: T } | { ok: false; error: Failure }): T {
  if (!result.ok) throw new Refusal(result.error)
  return result.value
}

const codes: Record<number, FailureCode> = {
  400: 'validation/invalid_input',
  403: 'validation/invalid_input',
  404: 'resource/not_found',
  409: 'resource/conflict',
  410: 'resource/gone',
  412: 'request/precondition_failed',
  413: 'request/too_large',
  501: 'validation/invalid_input',
}

/** Of an answer of the library's own; undefined for one that says that something broke. */
export function libraryFailure(status: number, said: string): Failure | undefined {
  const code = codes[status]
  return code && failure(code, said.trim() || 'tus refuses this.')
}
