// From a request to a verified caller in an existing workspace. The workspace comes from the token and from nowhere
// else; that it exists under the token's account is checked on each request against the remembered rule set.

import { clientNow } from '../../../domain/access/standing-now.ts'
import { failure } from '../../../domain/failures.ts'
import type { Caller, Context } from '../../../domain/identity.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import type { EdgeParts } from '../parts.ts'
import { scopesOf, userIdSchema } from './claims.ts'
import type { Identified } from './identified.ts'

const invalid = () => fail(failure('auth/invalid_token', 'The access token is not valid here.'))
const how = 'Send an access token: Authorization: Bearer <token>.'
const noToken = failure('auth/missing_token', how)
const wrongScheme = failure('auth/invalid_token', how)

const otherApi = failure(
  'auth/insufficient_permissions',
  'This access token is for the other API: app and dashboard take tokens of their own.',
)

/**
 * `api` is the one the route belongs to: whoever has a good token of the other one is known, and may not. `any`: where both are
 * taken.
 */
export async function identify(
  headers: Headers,
  api: Context | 'any',
  { verifier, services }: Pick<EdgeParts, 'verifier' | 'services'>,
): Promise<Result<Identified>> {
  const authorization = headers.get('authorization') ?? ''
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)
  if (!bearer) return fail(authorization === '' ? noToken : wrongScheme)
  const verified = await verifier.verify(bearer[1] as string)
  if (!verified.ok) return verified
  const claims = verified.value
  const asked = services.workspaceEdge(claims.workspaceId)
  const workspace = asked instanceof Promise ? await asked : asked
  if (!workspace.ok) return workspace.error.code === 'resource/not_found' ? invalid() : workspace
  const { ruleSet, access } = workspace.value
  if (ruleSet.accountId !== claims.accountId) return invalid()
  const machine = claims.platform === 'm2m'
  const shown: Caller = {
    subject: claims.sub,
    workspaceId: claims.workspaceId,
    accountId: claims.accountId,
    // A machine acts for the user it names in each request, and for nobody else.
    userId: machine ? undefined : claims.userId,
    context: claims.context,
    platform: claims.platform,
    role: claims.role,
    scopes: scopesOf(claims.scope),
    ...(claims.client_id !== undefined && { clientId: claims.client_id }),
    ...(claims.sid !== undefined && { sessionId: claims.sid }),
  }
  // A client that was deleted takes its tokens with it, and one that was lowered is lowered now.
  const caller = clientNow(shown, access)
  if (caller === null) return invalid()
  if (api !== 'any' && claims.context !== api) return fail(otherApi)
  const identified = { caller, ruleSet, access, lang: claims.lang, timezone: claims.timezone, expiresAtMs: claims.exp * 1000 }
  const acting = actingFor(headers, caller)
  return acting.ok ? ok({ ...identified, caller: { ...caller, userId: acting.value } }) : acting
}

/** `x-user-id`: a machine's way to act for a user. That the user exists is for the user's own object to say. */
function actingFor(headers: Headers, caller: Caller): Result<string | undefined> {
  const named = headers.get('x-user-id')
  if (named === null || named === caller.userId) return ok(caller.userId)
  if (caller.platform !== 'm2m') return fail(failure('auth/insufficient_permissions', 'Only a machine token may act for another user.'))
  if (userIdSchema.safeParse(named).success) return ok(named)
  const detail = 'Not a user id.'
  return fail(failure('validation/invalid_input', detail, { errors: [{ parameter: 'x-user-id', detail }] }))
}
