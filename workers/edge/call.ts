// Builds what a handler is given from what the pipeline has gathered.

import type { Trail } from '../../domain/identity.ts'
import type { Result } from '../../domain/result.ts'
import { fail, ok } from '../../domain/result.ts'
import { formatTraceparent } from '../../domain/telemetry/trace-context.ts'
import type { CommandReply } from '../../durable-objects/log/rpc.ts'
import { admitNamedUser } from './admission.ts'
import { fingerprintOf } from './canonical.ts'
import { originFailure } from './cors.ts'
import type { Exchange } from './exchange.ts'
import { claimFor, isOnceClaim, keyLifetimesOf, onceClaim } from './idempotency.ts'
import type { PageScope } from './page-token.ts'
import type { EdgeParts } from './parts.ts'
import { problemDocument } from './problems.ts'
import type { Call, EventIdentity, OpenCall, Reply, RouteDeclaration, RouteFacts } from './route.ts'
import type { AfterAnswer } from './telemetry/trace.ts'
import type { PageQuery } from './validate.ts'

interface Input {
  params: unknown
  query: unknown
  body: unknown
}

export function openCall(
  exchange: Exchange,
  route: RouteFacts,
  input: Input,
  { services }: EdgeParts,
  request: Request,
  outlive: AfterAnswer,
): OpenCall {
  const { headers } = request
  const identified = exchange.identified
  const caller = identified?.caller
  const nowMs = services.now()
  let repeatable = false
  const settings = identified?.ruleSet.settings
  const trail: Trail = {
    subject: caller?.subject ?? (route.api === 'platform' ? 'operator' : 'anonymous'),
    platform: caller?.platform ?? 'system',
    ...(caller?.userId !== undefined && { userId: caller.userId }),
    requestId: exchange.requestId,
    traceparent: formatTraceparent(exchange.trace.context),
    operation: route.operationId,
    ...(exchange.policies && { policies: exchange.policies }),
    from: { address: exchange.address, ...(exchange.country !== undefined && { country: exchange.country }) },
  }

  /** The item of a batch has a scope and a fingerprint of its own. */
  function claim({ eventId, part, said = exchange.said }: EventIdentity) {
    const hasEventId = eventId !== undefined
    const key = exchange.idempotencyKey ?? null
    const isDerivable = !(('noDerivedKey' in route && route.noDerivedKey) || ('tellsSecret' in route && route.tellsSecret))
    const derive = !hasEventId && isDerivable && (settings?.derivedIdempotency ?? false)
    const body = part === undefined ? said : [part, said]
    const route_ = part === undefined ? route.fullPath : `${route.fullPath}#${part}`
    const subject = caller?.subject ?? 'operator'
    const call = { method: route.method, route: route_, target: exchange.target, subject, userId: caller?.userId, body, nowMs }
    const found = claimFor(call, key, derive, keyLifetimesOf(settings?.idempotency))
    return found ?? (hasEventId ? undefined : onceClaim(services.newId(), nowMs))
  }

  function note(reply: CommandReply): void {
    if (!reply.ok) return
    exchange.durability = exchange.durability === 'edge' ? 'edge' : reply.durability
  }

  return {
    requestId: exchange.requestId,
    nowMs,
    ...input,
    headers,
    method: request.method,
    ownOrigin: exchange.ownOrigin,
    bytes: 'takesBytes' in route && route.takesBytes ? request.body : null,
    trail,
    address: exchange.address,
    admitOrigin(access) {
      exchange.access = access
      const foreign = originFailure(exchange.origin, access)
      return foreign ? fail(foreign) : ok(undefined)
    },
    identifiedAs(who) {
      exchange.identified = who
      exchange.access = who.access
    },
    counted(outcome) {
      exchange.limits = outcome
    },
    stamp(fields) {
      exchange.fields = { ...exchange.fields, ...fields }
    },
    outlive,
    request(command, event: EventIdentity = {}) {
      const { eventId, eventFingerprint, carriesOut, forUserId } = event
      const idempotency = carriesOut ? undefined : claim(event)
      repeatable ||= !carriesOut && !isOnceClaim(idempotency)
      return {
        command,
        ...(eventId !== undefined && { eventId, eventFingerprint }),
        ...(idempotency && { idempotency }),
        trail: forUserId === undefined ? trail : { ...trail, userId: forUserId },
      }
    },
    answer(reply, body): Result<Reply> {
      note(reply)
      // A repeat that only our own retry made is the first answer to the caller.
      if (reply.replayed && repeatable) exchange.replayed = true
      return reply.ok ? ok({ status: reply.answer.status, body: body ?? reply.answer.body }) : fail(reply.error)
    },
    note,
    problem: (reason) => problemDocument(reason, { requestId: exchange.requestId, path: exchange.path, nowMs }),
  }
}

export function tenantCall(
  exchange: Exchange,
  route: RouteFacts & RouteDeclaration,
  input: Input,
  parts: EdgeParts,
  request: Request,
  outlive: AfterAnswer,
): Call {
  const identified = exchange.identified
  if (!identified) throw new Error(`${route.fullPath} was reached without a caller`)
  const { caller, ruleSet, access, lang } = identified
  const { limit: _limit, nextToken: _token, ...query } = (input.query ?? {}) as Record<string, unknown>
  const scope: PageScope = { workspaceId: caller.workspaceId, userId: caller.userId, path: exchange.path, query }
  return {
    ...openCall(exchange, route, input, parts, request, outlive),
    caller,
    ruleSet,
    access,
    lang,
    admitUser: (userId) => admitNamedUser(parts, route, identified, userId),
    user() {
      if (!route.needsUser || caller.userId === undefined) throw new Error(`${route.operationId} does not declare needsUser`)
      return { workspaceId: caller.workspaceId, userId: caller.userId }
    },
    page() {
      // Not every list of the contract may be turned round.
      const { limit, order = 'desc', nextToken } = input.query as Omit<PageQuery, 'order'> & Partial<PageQuery>
      if (nextToken === undefined) return ok({ limit, order })
      const after = parts.pages.open(scope, nextToken)
      return after.ok ? ok({ limit, order, after: after.value }) : after
    },
    nextToken: (after) => (after === null ? null : parts.pages.seal(scope, after)),
  }
}

/** What an event says, for telling a repeat from a conflict. */
export const eventFingerprintOf = (fields: Record<string, unknown>): string => fingerprintOf(fields)
