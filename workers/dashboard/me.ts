// /dashboard/v1/users/me: the user the caller is.

import type { Hono } from 'hono'
import { z } from 'zod'
import { ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { fieldsQuery } from '../edge/validate.ts'
import { principalView, userFields, userView } from './user-view.ts'

export function meRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const own = { api: 'dashboard', action: 'read', method: 'GET', needsUser: true } as const

  const query = z.object({ fields: fieldsQuery(userFields) })
  edge.route(app, { ...own, path: '/users/me', operationId: 'users/getMe', query }, async (call) => {
    const profile = await services.player(call.user()).profile(call.user())
    return profile.ok ? ok({ status: 200, body: userView(profile.value, call.query.fields) }) : profile
  })

  edge.route(app, { ...own, path: '/users/me/principal', operationId: 'users/me/principal/get' }, async (call) => {
    const profile = await services.player(call.user()).profile(call.user())
    return profile.ok ? ok({ status: 200, body: principalView(profile.value) }) : profile
  })
}
