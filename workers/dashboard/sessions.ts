// /dashboard/v1/users/{userId}/sessions: where a user is signed in, and the way to end all of it at once, for managers and
// above, and of nobody who stands above them. Access tokens that were given before live on until they expire, an hour at most.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { fail, ok } from '../../domain/result.ts'
import { userIdSchema } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import { reach } from '../reach.ts'
import { showSession } from '../sign-in/show-session.ts'
import { commandPlayer } from './commit.ts'

const noSuchUser = () => fail(failure('resource/not_found', 'There is no such user.'))

export function sessionRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const params = z.object({ userId: z.string() })
  const at = { api: 'dashboard', path: '/users/:userId/sessions', kind: 'sessions', params } as const

  edge.route(app, { ...at, action: 'read', method: 'GET', operationId: 'users/sessions/list' }, async (call) => {
    const ref = { workspaceId: call.caller.workspaceId, userId: call.params.userId }
    if (!userIdSchema.safeParse(ref.userId).success) return noSuchUser()
    const reached = await reach(services, call, ref.userId, { least: 'manager', scope: 'dashboard/read' })
    if (!reached.ok) return reached
    const sessions = await services.player(ref).sessions(ref)
    return sessions.ok ? ok({ status: 200, body: { items: sessions.value.map(showSession), nextToken: null } }) : sessions
  })

  edge.route(app, { ...at, action: 'write', method: 'DELETE', operationId: 'users/sessions/deleteAll' }, async (call) => {
    const { userId } = call.params
    if (!userIdSchema.safeParse(userId).success) return noSuchUser()
    const reached = await reach(services, call, userId, { least: 'manager', scope: 'dashboard/write' })
    if (!reached.ok) return reached
    return call.answer(await commandPlayer(edge, call, userId, { kind: 'session.revoke' }))
  })
}
