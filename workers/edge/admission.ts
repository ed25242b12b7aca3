// Policy and rate limit: what is asked of both for a route, and how each refuses. The guard asks for every request; a
// handler asks again for each user that a machine names in a body and not in x-user-id.

import { userPrincipal } from '../../domain/access/principal.ts'
import type { WorkspaceAccess } from '../../domain/access/types.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import type { Caller } from '../../domain/identity.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Identified } from './auth/identified.ts'
import { limitDemand } from './limits/demands.ts'
import type { LimitOutcome } from './limits/limiter.ts'
import type { EdgeParts } from './parts.ts'
import type { PolicyDecision, PolicyRequest } from './policy/decider.ts'
import type { RouteDeclaration } from './route.ts'

type Asked = Omit<PolicyRequest, 'caller' | 'access'>

export const askedOf = ({ api, action, operationId, kind, path, machinesOnly }: RouteDeclaration): Asked => ({
  api,
  action,
  operation: operationId,
  kind: kind ?? path.split('/')[1] ?? '',
  ...(machinesOnly && { machinesOnly }),
})

/** Never the policy's own words. */
export function refusedBy({ reason }: PolicyDecision, { api, action }: Pick<RouteDeclaration, 'api' | 'action'>): Failure {
  const details: Record<PolicyDecision['reason'], string> = {
    allowed: '',
    scope: `This operation needs the scope ${api}/${action}.`,
    machines_only: 'This operation is for machine tokens.',
    role: 'Your role does not allow this operation.',
    forbidden: 'A policy of this workspace forbids this operation.',
  }
  return failure('auth/insufficient_permissions', details[reason])
}

/**
 * The caller as they stand now, where policies let them do it so. They are asked for the token's role first: who may not by
 * that costs no look at who they are. `auth/insufficient_permissions`, `auth/invalid_token`, or an outage.
 */
export async function allowedNow(
  { policies, standings }: Pick<EdgeParts, 'policies' | 'standings'>,
  { caller, access }: Pick<Identified, 'caller' | 'access'>,
  asked: Asked,
): Promise<Result<{ caller: Caller; decision: PolicyDecision }>> {
  const byToken = await policies.decide({ caller, ...asked, access })
  if (!byToken.allowed) return fail(refusedBy(byToken, asked))
  const now = await standings.now(caller)
  if (!now.ok) return now
  return now.value === caller ? ok({ caller, decision: byToken }) : allowedAs({ policies }, now.value, access, asked)
}

/** For a caller who stands lower than their token says. */
export async function allowedAs(
  { policies }: Pick<EdgeParts, 'policies'>,
  caller: Caller,
  access: WorkspaceAccess,
  asked: Asked,
): Promise<Result<{ caller: Caller; decision: PolicyDecision }>> {
  const decision = await policies.decide({ caller, ...asked, access })
  return decision.allowed ? ok({ caller, decision }) : fail(refusedBy(decision, asked))
}

export const exceeded = ({ retryAfterSeconds, refusedBy }: LimitOutcome): Failure =>
  failure('rate_limit/exceeded', 'More requests than the rate limit allows. Retry later.', {
    retryAfterSeconds,
    violatedPolicies: refusedBy,
  })

/**
 * For a user whom a machine names in a body: the policies are asked as if the machine acted for them, and an admin's throttle
 * of theirs holds. Their own limit does not: one batch of an importer may name a hundred users, and the machine's own is
 * drawn on already. `auth/insufficient_permissions` or `rate_limit/exceeded`.
 */
export async function admitNamedUser(
  { policies, limits }: EdgeParts,
  route: RouteDeclaration,
  { caller, access }: Identified,
  userId: string,
): Promise<Result<void>> {
  if (caller.platform !== 'm2m' || caller.userId === userId) return ok(undefined)
  const decision = await policies.decide({ caller: { ...caller, userId }, ...askedOf(route), access })
  if (!decision.allowed) return fail(refusedBy(decision, route))
  const principal = userPrincipal(userId)
  if (!access.throttles.some((throttle) => throttle.principal === principal)) return ok(undefined)
  const outcome = await limits.take([limitDemand(principal, access)])
  return outcome.allowed ? ok(undefined) : fail(exceeded(outcome))
}
