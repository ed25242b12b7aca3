// Errors of the token endpoint as RFC 6749 section 5.2 wants them, which carry the members of our problem documents too:
// an OAuth library reads `error`, our clients read `code`, and both read the same answer.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { OpenCall, Reply } from '../edge/route.ts'

export interface Refusal {
  error: 'invalid_request' | 'invalid_client' | 'invalid_grant' | 'unsupported_grant_type' | 'invalid_scope'
  /** Printable ASCII without `"` and `\`, as the RFC has it. */
  description: string
}

export const refusal = (error: Refusal['error'], description: string): { ok: false; error: Refusal } => fail({ error, description })

/** One answer for an unknown workspace, an unknown client, a wrong and an expired secret. */
export const invalidClient = () => refusal('invalid_client', 'The client is not known, or its secret is wrong.')

export const neverStored = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** RFC 9110 section 15.5.2: a 401 names the scheme, however the client tried. */
const challenge = { 'www-authenticate': 'Basic realm="oauth2", charset="UTF-8"' }

export function refuse(call: OpenCall, { error, description }: Refusal): Result<Reply> {
  const isUnknown = error === 'invalid_client'
  const problem = call.problem(failure(isUnknown ? 'auth/invalid_token' : 'validation/invalid_input', description))
  const body = { error, error_description: description, ...problem }
  return ok({ status: problem.status, body, headers: { ...neverStored, ...(isUnknown && challenge) } })
}
