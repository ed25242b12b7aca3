// /users/me/sessions: where a person is signed in, and the ways to end it. An access token that was given before lives on
// until it expires, an hour at most.

import type { Hono } from 'hono'
import { z } from 'zod'
import { ok, type Result } from '../../domain/result.ts'
import type { SessionCommand } from '../../domain/sessions/types.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call, Reply } from '../edge/route.ts'
import { onlyReply } from '../only-reply.ts'
import { reachAsMachine } from '../reach.ts'
import { showSession } from '../sign-in/show-session.ts'

export function sessionRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const all = { api: 'app', path: '/users/me/sessions', kind: 'sessions', needsUser: true } as const
  const params = z.object({ sessionId: z.string() })

  edge.route(app, { ...all, action: 'read', method: 'GET', operationId: 'users/me/sessions/list' }, async (call) => {
    const reached = await reachAsMachine(services, call, 'app/read')
    if (!reached.ok) return reached
    const ref = call.user()
    const sessions = await services.player(ref).sessions(ref)
    return sessions.ok ? ok({ status: 200, body: { items: sessions.value.map(showSession), nextToken: null } }) : sessions
  })

  edge.route(
    app,
    { ...all, action: 'write', method: 'DELETE', path: '/users/me/sessions/:sessionId', operationId: 'users/me/sessions/delete', params },
    (call) => end(call, { kind: 'session.revoke', sessionId: call.params.sessionId }),
  )

  edge.route(app, { ...all, action: 'write', method: 'DELETE', operationId: 'users/me/sessions/deleteAll' }, (call) =>
    end(call, { kind: 'session.revoke' }),
  )

  async function end(call: Call, command: SessionCommand): Promise<Result<Reply>> {
    const reached = await reachAsMachine(services, call, 'app/write')
    if (!reached.ok) return reached
    const ref = call.user()
    const reply = onlyReply(await services.player(ref).execute(ref, call.ruleSet.number, [call.request(command)]))
    return call.answer(reply)
  }
}
