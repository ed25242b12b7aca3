// /dashboard/v1/users/{userId}/role: what a person may do on the dashboard. Kept in the workspace's directory, read when
// they sign in and at each refresh: an access token that was given before keeps its role until it expires, an hour at most,
// except for changes of who may come, which go by the role of now (domain/workspace/asker.ts).

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { roles } from '../../domain/identity.ts'
import { fail, ok } from '../../domain/result.ts'
import { roleOf } from '../../domain/sign-in/admission.ts'
import { askerOf } from '../../domain/workspace/asker.ts'
import { userIdSchema } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import { commandWorkspace } from './commit.ts'

const noSuchUser = () => fail(failure('resource/not_found', 'There is no such user.'))

export function roleRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const params = z.object({ userId: z.string() })
  const at = { api: 'dashboard', path: '/users/:userId/role', kind: 'roles', params } as const

  edge.route(app, { ...at, action: 'read', method: 'GET', operationId: 'users/getRole' }, async ({ caller: { workspaceId }, params }) => {
    if (!userIdSchema.safeParse(params.userId).success) return noSuchUser()
    const entry = await services.workspace(workspaceId).directoryEntry(workspaceId, params.userId)
    if (!entry.ok || entry.value.deleted) return entry.ok ? noSuchUser() : entry
    return ok({ status: 200, body: { userId: params.userId, role: roleOf(entry.value) } })
  })

  const body = z.object({ role: z.enum(roles) })
  edge.route(app, { ...at, action: 'write', method: 'PUT', operationId: 'users/putRole', body }, async (call) => {
    const { userId } = call.params
    if (!userIdSchema.safeParse(userId).success) return noSuchUser()
    const command = { kind: 'user.role', userId, role: call.body.role, by: askerOf(call.caller) } as const
    return call.answer(await commandWorkspace(edge, call, command))
  })
}
