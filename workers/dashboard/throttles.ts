// /dashboard/v1/throttles: principals that are held to less than the others, each until it expires. Listed are those that an
// admin holds. One that a rule holds (settings: limits.suspect) is known to its limiter, which is asked about one principal.

import type { Hono } from 'hono'
import { z } from 'zod'
import type { Throttle } from '../../domain/access/types.ts'
import { failure } from '../../domain/failures.ts'
import { instant, text } from '../../domain/resources/text.ts'
import { fail, ok } from '../../domain/result.ts'
import { askerOf } from '../../domain/workspace/asker.ts'
import type { Edge } from '../edge/edge.ts'
import { changeAccess } from './commit.ts'
import { iso } from './shown.ts'

const principal = z.string().regex(/^(?:user|client):[\x21-\x7e]{1,255}$/, 'user:{userId} or client:{clientId}.')
const params = z.object({ principal })

const members = {
  quota: z.int().min(1).max(1_000_000),
  windowSeconds: z.int().min(1).max(3600),
  reason: text(500),
  expiresAt: instant,
}
const throttleCreate = z.object({ principal, ...members })
const throttleReplace = z.object(members)

export function throttleRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const all = { api: 'dashboard', path: '/throttles' } as const
  const one = { api: 'dashboard', action: 'write', path: '/throttles/:principal', params } as const

  edge.route(app, { ...all, action: 'read', method: 'GET', operationId: 'throttles/list' }, async (call) => {
    const { workspaceId } = call.caller
    const found = await services.workspace(workspaceId).accessEntries(workspaceId, 'throttle')
    if (!found.ok) return found
    const items = found.value.filter(({ expiresAtMs }) => expiresAtMs > call.nowMs).map(throttleView)
    return ok({ status: 200, body: { items, nextToken: null } })
  })

  edge.route(
    app,
    { ...all, action: 'write', method: 'POST', operationId: 'throttles/create', body: throttleCreate, noDerivedKey: true },
    (call) =>
      changeAccess(
        edge,
        call,
        { kind: 'throttle.create', throttle: throttleOf(call.body.principal, call.body), by: askerOf(call.caller) },
        shown,
      ),
  )

  edge.route(app, { ...one, method: 'PUT', operationId: 'throttles/update', body: throttleReplace }, (call) =>
    changeAccess(
      edge,
      call,
      { kind: 'throttle.replace', throttle: throttleOf(call.params.principal, call.body), by: askerOf(call.caller) },
      shown,
    ),
  )

  edge.route(app, { ...one, action: 'read', method: 'GET', operationId: 'throttles/get' }, async (call) => {
    const { workspaceId } = call.caller
    const { principal } = call.params
    const byAdmin = await services.workspace(workspaceId).accessEntry(workspaceId, 'throttle', principal)
    if (byAdmin.ok && byAdmin.value.expiresAtMs > call.nowMs) return ok({ status: 200, body: throttleView(byAdmin.value) })
    if (!byAdmin.ok && byAdmin.error.code !== 'resource/not_found') return byAdmin
    const byRule = await services.rateLimiter(`${workspaceId}:${principal}`).throttled()
    if (byRule === null) return noSuchThrottle
    return ok({ status: 200, body: { principal, ...byRule.limit, reason: byTheRule, expiresAt: iso(byRule.untilMs) } })
  })

  edge.route(app, { ...one, method: 'DELETE', operationId: 'throttles/delete' }, async (call) => {
    const { principal } = call.params
    const limiter = services.rateLimiter(`${call.caller.workspaceId}:${principal}`)
    // The record first: nothing is lifted that nobody can be asked about later. A repeat lifts what a death in between left.
    const wasByRule = (await limiter.throttled()) !== null
    const command = { kind: 'throttle.delete', principal, ...(wasByRule && { wasByRule }), by: askerOf(call.caller) } as const
    const answer = await changeAccess(edge, call, command)
    if (answer.ok) await limiter.lift()
    return answer
  })
}

const noSuchThrottle = fail(failure('resource/not_found', 'There is no such throttle.'))
const byTheRule = 'Refused too often (limits.suspect of the settings).'

const throttleOf = (principal: string, { quota, windowSeconds, reason, expiresAt }: z.infer<typeof throttleReplace>) => ({
  principal,
  limit: { quota, windowSeconds },
  reason,
  expiresAtMs: Date.parse(expiresAt),
})

const shown = (body: unknown) => throttleView(body as Throttle)

const throttleView = ({ principal, limit, reason, expiresAtMs, createdAtMs }: Throttle) => ({
  principal,
  ...limit,
  reason,
  expiresAt: iso(expiresAtMs),
  createdAt: iso(createdAtMs),
})
