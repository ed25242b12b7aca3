// Who may pass: the steps before anything is read. Tenants by workspace token, rate limit, policy and who they are by now; the operator by a key
// of its own; whoever comes for a token, by address.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { failure } from '../../domain/failures.ts'
import type { Caller } from '../../domain/identity.ts'
import { eventLogLine } from '../../domain/telemetry/request-log.ts'
import { allowedAs, askedOf, exceeded, refusedBy } from './admission.ts'
import type { Admit } from './admitted.ts'
import { originFailure } from './cors.ts'
import { type EdgeEnv, refuse } from './exchange.ts'
import { givenKey } from './idempotency.ts'
import type { LimitOutcome } from './limits/limiter.ts'
import type { EdgeParts } from './parts.ts'
import type { OpenDeclaration, RouteDeclaration } from './route.ts'
import { step } from './telemetry/trace.ts'

/** Who comes, and from which workspace: the first step of a tenant's route. */
export function identifyTenant(route: RouteDeclaration, { services }: EdgeParts, admit: Admit): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const exchange = c.get('exchange')
    const proving = step(exchange.trace, 'auth', () => admit(c.req.raw.headers, route.api))
    const admitted = proving instanceof Promise ? await proving : proving
    const identifiedAtMs = services.now()
    exchange.authMs = identifiedAtMs - exchange.startedAtMs
    if (!admitted.ok) return refuse(c, admitted.error, identifiedAtMs)
    exchange.admitted = admitted.value
    exchange.identified = admitted.value.identified
    exchange.access = admitted.value.identified.access
    const foreign = originFailure(exchange.origin, exchange.access)
    return foreign ? refuse(c, foreign, services.now()) : next()
  }
}

/** Whether they may, and how often: the step behind it. */
export function permitTenant(route: RouteDeclaration, parts: EdgeParts): MiddlewareHandler<EdgeEnv> {
  const { services } = parts
  const asked = askedOf(route)
  return async (c, next) => {
    const exchange = c.get('exchange')
    const headers = c.req.raw.headers
    const { trace, admitted } = exchange
    if (!admitted) throw new Error('permission is asked for nobody')
    const { identified, demands, decisions } = admitted
    const { caller, access } = identified
    const identifiedAtMs = services.now()

    // Counted before the policies are asked: what is refused there has had its price.
    const taken = step(trace, 'rate limit', () => parts.limits.take(demands))
    const outcome = taken instanceof Promise ? await taken : taken
    const countedAtMs = services.now()
    exchange.limits = outcome
    exchange.limitMs = countedAtMs - identifiedAtMs
    // The one line that says that a rule, and no admin, holds somebody to less from now on.
    if (outcome.throttled?.started) parts.log(throttledLine(countedAtMs, access.workspaceId, outcome.throttled))
    if (!outcome.allowed) return refuse(c, exceeded(outcome), countedAtMs)

    const decided = step(trace, 'policy', () => decisions.get(asked) ?? parts.policies.decide({ caller, ...asked, access }))
    const decision = decided instanceof Promise ? await decided : decided
    decisions.set(asked, decision)
    exchange.policyMs = services.now() - countedAtMs
    if (!decision.allowed) return refuse(c, refusedBy(decision, route), services.now())
    exchange.policies = decision.policies

    if (asksWhoItIs(route, caller)) {
      const asking = step(trace, 'standing', () => parts.standings.now(caller))
      const standing = asking instanceof Promise ? await asking : asking
      if (!standing.ok) return refuse(c, standing.error, services.now())
      if (standing.value !== caller) {
        const allowed = await allowedAs(parts, standing.value, access, asked)
        if (!allowed.ok) return refuse(c, allowed.error, services.now())
        exchange.identified = { ...identified, caller: allowed.value.caller }
        exchange.policies = allowed.value.decision.policies
      }
    }

    if (caller.userId === undefined && route.needsUser) return refuse(c, userNeeded, services.now())
    if (caller.platform === 'm2m' && caller.userId !== undefined && !route.needsUser) {
      // A machine names a user and the handler will not ask for them: that they exist here is checked now.
      const { workspaceId, userId } = caller
      const profile = await services.player({ workspaceId, userId }).profile({ workspaceId, userId })
      if (!profile.ok) return refuse(c, profile.error, services.now())
    }
    if (route.action === 'write') {
      const key = givenKey(headers)
      if (!key.ok) return refuse(c, key.error, services.now())
      exchange.idempotencyKey = key.value
    }
    return next()
  }
}

/**
 * Whether the edge must ask who the caller is now: always, but for what a person does in the app with their own user and
 * nothing else. Then it is that user's object that is asked, once, and it refuses whoever was deleted; and no role opens
 * anything there.
 */
const asksWhoItIs = ({ api, needsUser, ownUserOnly }: RouteDeclaration, { platform }: Caller): boolean =>
  platform !== 'm2m' && (api === 'dashboard' || !(needsUser || ownUserOnly))

export const throttledLine = (atMs: number, workspaceId: string, { policy, untilMs }: NonNullable<LimitOutcome['throttled']>): string =>
  eventLogLine({ atMs, event: `rate_limiter/throttled_${policy}`, workspaceId, durationMs: untilMs - atMs })

const missingUser = 'Name the user the call acts for.'
const userNeeded = failure('validation/invalid_input', missingUser, { errors: [{ parameter: 'x-user-id', detail: missingUser }] })

export const guardOperator =
  ({ operatorKey, services }: EdgeParts): MiddlewareHandler<EdgeEnv> =>
  (c, next) => {
    const authorization = c.req.raw.headers.get('authorization') ?? ''
    const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? ''
    // Hashes are of one length, so the comparison says nothing about the key's.
    const same = timingSafeEqual(hashed(given), hashed(operatorKey))
    if (same && operatorKey !== '') return next()
    const code = authorization === '' ? 'auth/missing_token' : 'auth/invalid_token'
    return Promise.resolve(refuse(c, failure(code, "Send the operator's key."), services.now()))
  }

const hashed = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Nobody is known yet, so it is the address that is counted: 20 in 60 s where people sign in, 100 where machines do. */
export function guardAddress({ limitedBy }: OpenDeclaration, { addressLimits, services }: EdgeParts): MiddlewareHandler<EdgeEnv> {
  if (limitedBy === undefined) return (_, next) => next()
  return async (c, next) => {
    if (await addressLimits[limitedBy](c.get('exchange').address)) return next()
    const detail = 'Too many attempts from this address. Retry later.'
    return refuse(c, failure('rate_limit/exceeded', detail, { retryAfterSeconds: 60, violatedPolicies: ['address'] }), services.now())
  }
}
