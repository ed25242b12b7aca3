// Every expected failure of the platform, as a closed set of codes. workers/edge/problems.ts is the one place that
// turns a code into an HTTP problem document (RFC 9457); nothing else knows status numbers.

export type FailureCode =
  | 'auth/missing_token'
  | 'auth/invalid_token'
  | 'auth/expired_token'
  | 'auth/insufficient_permissions'
  | 'auth/origin_not_allowed'
  | 'validation/invalid_input'
  | 'resource/not_found'
  | 'resource/already_exists'
  | 'resource/conflict'
  | 'resource/gone'
  | 'resource/locked'
  | 'business/invalid_operation'
  | 'business/precondition_failed'
  | 'route/not_found'
  | 'route/method_not_allowed'
  | 'request/unsupported_media_type'
  | 'request/range_not_satisfiable'
  | 'request/too_large'
  | 'request/precondition_failed'
  | 'idempotency/key_reused'
  | 'idempotency/in_flight'
  | 'rate_limit/exceeded'
  | 'record/unavailable'
  | 'request/timed_out'
  | 'request/too_slow'
  | 'server/overloaded'
  | 'server/internal_error'

/** One mistake in the input. `pointer` is a JSON pointer (RFC 6901) into the body; `parameter` names a query, path or header field. */
export interface InputError {
  pointer?: string
  parameter?: string
  detail: string
}

/** Plain data, so that it crosses a Durable Object call unchanged. `detail` is shown to the caller: never a secret, never another tenant's id. */
export interface Failure {
  code: FailureCode
  detail: string
  errors?: InputError[]
  /** Seconds; only with what is answered 503, 504 or 429. */
  retryAfterSeconds?: number
  /** Bytes that there are; only with `request/range_not_satisfiable`. */
  size?: number
  /** The rate limit policies that refused; only with `rate_limit/exceeded`. */
  violatedPolicies?: string[]
}

export const failure = (code: FailureCode, detail: string, rest: Omit<Failure, 'code' | 'detail'> = {}): Failure => ({
  code,
  detail,
  ...rest,
})

/** The common case: one member of the body is wrong. */
export const invalidInput = (pointer: string, detail: string): Failure =>
  failure('validation/invalid_input', detail, { errors: [{ pointer, detail }] })
