import { expect, test } from 'vitest'
import { type FailureCode, failure } from '../../../domain/failures.ts'
import { problemDocument, problemResponse } from '../../../workers/edge/problems.ts'

const context = { requestId: 'r1', path: '/app/v1/x', nowMs: 0 }

const table: [FailureCode, number, string][] = [
  ['auth/invalid_token', 401, 'auth/invalid_token'],
  ['auth/expired_token', 401, 'auth/expired_token'],
  ['auth/insufficient_permissions', 403, 'auth/insufficient_permissions'],
  ['auth/missing_token', 401, 'auth/invalid_token'],
  ['auth/origin_not_allowed', 403, 'auth/insufficient_permissions'],
  ['request/timed_out', 504, 'server/external_service_error'],
  ['server/overloaded', 503, 'server/external_service_error'],
  ['validation/invalid_input', 400, 'validation/invalid_input'],
  ['resource/not_found', 404, 'resource/not_found'],
  ['resource/already_exists', 409, 'resource/already_exists'],
  ['resource/conflict', 409, 'resource/conflict'],
  ['resource/gone', 410, 'resource/not_found'],
  ['resource/locked', 423, 'resource/conflict'],
  ['business/invalid_operation', 400, 'business/invalid_operation'],
  ['business/precondition_failed', 400, 'business/precondition_failed'],
  ['route/not_found', 404, 'resource/not_found'],
  ['route/method_not_allowed', 405, 'validation/invalid_input'],
  ['request/unsupported_media_type', 415, 'validation/invalid_input'],
  ['request/too_large', 413, 'validation/invalid_input'],
  ['request/precondition_failed', 412, 'business/precondition_failed'],
  ['idempotency/key_reused', 422, 'validation/invalid_input'],
  ['idempotency/in_flight', 409, 'resource/conflict'],
  ['rate_limit/exceeded', 429, 'rate_limit/exceeded'],
  ['record/unavailable', 503, 'server/external_service_error'],
  ['server/internal_error', 500, 'server/internal_error'],
]

/** Types that the rate limit draft registers. */
const registered: Partial<Record<FailureCode, string>> = {
  'rate_limit/exceeded': 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  'server/overloaded': 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
}

test.each(table)('%s is a %i that old clients read as %s', async (code, status, legacy) => {
  const response = problemResponse(failure(code, 'why'), context)
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const document = (await response.json()) as Record<string, unknown>
  expect(document).toMatchObject({ status, code: legacy, requestId: 'r1', path: '/app/v1/x', timestamp: '1970-01-01T00:00:00.000Z' })
  expect(document.type).toBe(registered[code] ?? `urn:laurel:problem:${code.replace('/', ':')}`)
  expect(document.message).toBe(document.detail)
})

test('a 500 says nothing of what happened', () => {
  const reason = failure('server/internal_error', 'password=1', { errors: [{ pointer: '/secret', detail: 'secret' }] })
  expect(JSON.stringify(problemDocument(reason, context))).not.toMatch(/password|secret/)
})

test('a refusal by the rate limit names the policies that refused', () => {
  const reason = failure('rate_limit/exceeded', 'x', { violatedPolicies: ['user'] })
  expect(problemDocument(reason, context)).toMatchObject({ 'violated-policies': ['user'] })
})

test('a challenge says what was wrong only where there was a token (RFC 6750 section 3.1)', () => {
  expect(problemResponse(failure('auth/missing_token', 'x'), context).headers.get('www-authenticate')).toBe('Bearer')
  expect(problemResponse(failure('auth/invalid_token', 'x'), context).headers.get('www-authenticate')).toContain('error="invalid_token"')
})

test('401 challenges, 503 and 429 say when to come again', () => {
  expect(problemResponse(failure('auth/expired_token', 'x'), context).headers.get('www-authenticate')).toMatch(/^Bearer /)
  expect(problemResponse(failure('record/unavailable', 'x'), context).headers.get('retry-after')).toBe('1')
  expect(problemResponse(failure('rate_limit/exceeded', 'x', { retryAfterSeconds: 2.2 }), context).headers.get('retry-after')).toBe('3')
})
