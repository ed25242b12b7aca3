// The one place that turns a failure's code into an HTTP answer: problem details (RFC 9457) that also carry the
// members existing clients read (code, message, status, requestId, timestamp, path). A 500 says a request id and
// nothing else, whatever was thrown.

import type { Failure, FailureCode, InputError } from '../../domain/failures.ts'

interface Kind {
  status: number
  title: string
  /** What clients of the contract know this failure as (domain.md, Errors). */
  code: string
}

const kinds: Record<FailureCode, Kind> = {
  'auth/missing_token': { status: 401, title: 'Token needed', code: 'auth/invalid_token' },
  'auth/invalid_token': { status: 401, title: 'Invalid token', code: 'auth/invalid_token' },
  'auth/expired_token': { status: 401, title: 'Expired token', code: 'auth/expired_token' },
  'auth/insufficient_permissions': { status: 403, title: 'Not allowed', code: 'auth/insufficient_permissions' },
  'auth/origin_not_allowed': { status: 403, title: 'Origin not allowed', code: 'auth/insufficient_permissions' },
  'validation/invalid_input': { status: 400, title: 'Invalid input', code: 'validation/invalid_input' },
  'resource/not_found': { status: 404, title: 'Not found', code: 'resource/not_found' },
  'resource/already_exists': { status: 409, title: 'Already exists', code: 'resource/already_exists' },
  'resource/conflict': { status: 409, title: 'Conflict', code: 'resource/conflict' },
  'resource/gone': { status: 410, title: 'Gone', code: 'resource/not_found' },
  'resource/locked': { status: 423, title: 'Locked', code: 'resource/conflict' },
  'business/invalid_operation': { status: 400, title: 'Invalid operation', code: 'business/invalid_operation' },
  'business/precondition_failed': { status: 400, title: 'Precondition failed', code: 'business/precondition_failed' },
  'route/not_found': { status: 404, title: 'No such route', code: 'resource/not_found' },
  'route/method_not_allowed': { status: 405, title: 'Method not allowed', code: 'validation/invalid_input' },
  'request/unsupported_media_type': { status: 415, title: 'Unsupported media type', code: 'validation/invalid_input' },
  'request/range_not_satisfiable': { status: 416, title: 'Range not satisfiable', code: 'validation/invalid_input' },
  'request/too_large': { status: 413, title: 'Too large', code: 'validation/invalid_input' },
  'request/precondition_failed': { status: 412, title: 'Precondition failed', code: 'business/precondition_failed' },
  'idempotency/key_reused': { status: 422, title: 'Idempotency key reused', code: 'validation/invalid_input' },
  'idempotency/in_flight': { status: 409, title: 'Request in progress', code: 'resource/conflict' },
  'rate_limit/exceeded': { status: 429, title: 'Too many requests', code: 'rate_limit/exceeded' },
  'record/unavailable': { status: 503, title: 'Temporarily unavailable', code: 'server/external_service_error' },
  'request/timed_out': { status: 504, title: 'Timed out', code: 'server/external_service_error' },
  'request/too_slow': { status: 408, title: 'Request timeout', code: 'validation/invalid_input' },
  'server/overloaded': { status: 503, title: 'Overloaded', code: 'server/external_service_error' },
  'server/internal_error': { status: 500, title: 'Internal error', code: 'server/internal_error' },
}

export interface ProblemContext {
  requestId: string
  path: string
  nowMs: number
  /** Where a client finds out which server gives tokens for what it called (RFC 9728). */
  resourceMetadata?: string | undefined
}

export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  errors?: InputError[]
  'violated-policies'?: string[]
  code: string
  message: string
  requestId: string
  timestamp: string
  path: string
}

export const statusOf = (code: FailureCode): number => kinds[code].status

/** draft-ietf-httpapi-ratelimit-headers, section 5: types that any client may know. */
const registeredTypes: Partial<Record<FailureCode, string>> = {
  'rate_limit/exceeded': 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  'server/overloaded': 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
}

/** RFC 9457. `type` is a URN: it names the failure exactly, also where several share one legacy `code`. */
export function problemDocument(failure: Failure, context: ProblemContext): ProblemDocument {
  const kind = kinds[failure.code]
  // What a 500 has to say is for the log: the detail may quote anything.
  const detail = kind.status === 500 ? 'Something went wrong on our side. Quote the request id.' : failure.detail
  return {
    type: registeredTypes[failure.code] ?? `urn:laurel:problem:${failure.code.replace('/', ':')}`,
    title: kind.title,
    status: kind.status,
    detail,
    instance: `urn:laurel:request:${context.requestId}`,
    ...(failure.errors && failure.errors.length > 0 && kind.status !== 500 ? { errors: failure.errors } : {}),
    ...(failure.violatedPolicies && { 'violated-policies': failure.violatedPolicies }),
    code: kind.code,
    message: detail,
    requestId: context.requestId,
    timestamp: new Date(context.nowMs).toISOString(),
    path: context.path,
  }
}

/** `headers` adds to what the failure itself asks for (`Allow`, say). */
export function problemResponse(failure: Failure, context: ProblemContext, headers: Record<string, string> = {}): Response {
  const document = problemDocument(failure, context)
  const all = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers })
  if (document.status === 401) all.set('www-authenticate', challenge(failure, document.title, context.resourceMetadata))
  if (document.status === 503 || document.status === 504 || document.status === 429)
    all.set('retry-after', String(Math.max(1, Math.ceil(failure.retryAfterSeconds ?? 1))))
  // RFC 9110, section 15.5.17.
  if (failure.size !== undefined) all.set('content-range', `bytes */${failure.size}`)
  const body = new TextEncoder().encode(JSON.stringify(document))
  // Said here, so that HEAD, whose answer goes without its body, says it too (section 9.3.2).
  all.set('content-length', String(body.byteLength))
  return new Response(body, { status: document.status, headers: all })
}

/** RFC 6750 section 3.1: the challenge says why only where a token was shown. RFC 9728 section 5.1: and where tokens are from. */
function challenge({ code }: Failure, title: string, resourceMetadata: string | undefined): string {
  const why = code === 'auth/missing_token' ? [] : ['error="invalid_token"', `error_description="${quotable(title)}"`]
  const parameters = [...why, ...(resourceMetadata === undefined ? [] : [`resource_metadata="${quotable(resourceMetadata)}"`])]
  return ['Bearer', parameters.join(', ')].join(' ').trim()
}

const quotable = (text: string): string => text.replace(/["\\]/g, '')
