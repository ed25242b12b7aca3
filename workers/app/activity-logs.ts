// POST /activity-logs: one event in, decided in one step by the user's object, answered when it is durable.

import type { Hono } from 'hono'
import { fail } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { onlyReply } from '../only-reply.ts'
import { activityLogCommand, activityLogInput, eventDepth, eventIdentity, refuseFarAhead, refuseOtherUser } from './activity-log-input.ts'

export function activityLogRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  edge.route(
    app,
    {
      api: 'app',
      action: 'write',
      method: 'POST',
      path: '/activity-logs',
      operationId: 'activityLogs/create',
      body: activityLogInput,
      // refuseOtherUser: the busiest call there is costs one object, and no more.
      ownUserOnly: true,
      // A list of digits is the most that fits into `additionalData`.
      limits: { members: 8400, depth: eventDepth },
    },
    async (call) => {
      const { body, caller, ruleSet } = call
      const refusal = refuseOtherUser(caller, body.userId) ?? refuseFarAhead(caller, body, call.nowMs)
      if (refusal) return fail(refusal)
      const admitted = await call.admitUser(body.userId)
      if (!admitted.ok) return admitted
      const ref = { workspaceId: caller.workspaceId, userId: body.userId }
      const request = call.request(activityLogCommand(body, call.nowMs, services.newId), eventIdentity(body))
      const reply = onlyReply(await services.player(ref).execute(ref, ruleSet.number, [request]))
      return call.answer(reply)
    },
  )
}
