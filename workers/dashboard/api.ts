// /dashboard/v1: what an account's admins and their machines configure. Wiring only.

import { Hono } from 'hono'
import { declarations } from '../../domain/resources/registry.ts'
import type { Edge } from '../edge/edge.ts'
import { openApiRoute } from '../openapi/route.ts'
import { meRoutes } from './me.ts'
import { resourceRoutes } from './resource-routes.ts'
import { runtimeLeaderboardRoutes } from './runtime-leaderboards.ts'
import { userRoutes } from './users.ts'
import { workspaceRoutes } from './workspace.ts'

export function dashboardApi(edge: Edge): Hono {
  const app = new Hono()
  workspaceRoutes(app, edge)
  for (const declaration of declarations) resourceRoutes(app, edge, declaration)
  runtimeLeaderboardRoutes(app, edge)
  // Before /users/:userId, which would take "me" for an id.
  meRoutes(app, edge)
  userRoutes(app, edge)
  openApiRoute(app, edge, 'dashboard')
  return app
}
