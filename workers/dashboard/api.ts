// /dashboard/v1: what an account's admins and their machines configure. Wiring only.

import { Hono } from 'hono'
import { declarations } from '../../domain/resources/registry.ts'
import type { Edge } from '../edge/edge.ts'
import { openApiRoute } from '../openapi/route.ts'
import { auditRecordRoutes } from './audit-records.ts'
import { clientRoutes } from './clients.ts'
import { meRoutes } from './me.ts'
import { mediaRoutes } from './media.ts'
import { policyRoutes } from './policies.ts'
import { resourceRoutes } from './resource-routes.ts'
import { roleRoutes } from './roles.ts'
import { runtimeLeaderboardRoutes } from './runtime-leaderboards.ts'
import { sessionRoutes } from './sessions.ts'
import { throttleRoutes } from './throttles.ts'
import { userImportRoutes } from './user-imports.ts'
import { userRoutes } from './users.ts'
import { workspaceRoutes } from './workspace.ts'
import { workspaceSettingsRoutes } from './workspace-settings.ts'

export function dashboardApi(edge: Edge): Hono {
  const app = new Hono()
  workspaceRoutes(app, edge)
  for (const declaration of declarations) resourceRoutes(app, edge, declaration)
  runtimeLeaderboardRoutes(app, edge)
  // Before /users/:userId, which would take "me" for an id.
  meRoutes(app, edge)
  userRoutes(app, edge)
  workspaceSettingsRoutes(app, edge)
  throttleRoutes(app, edge)
  policyRoutes(app, edge)
  clientRoutes(app, edge)
  roleRoutes(app, edge)
  sessionRoutes(app, edge)
  userImportRoutes(app, edge)
  auditRecordRoutes(app, edge)
  mediaRoutes(app, edge)
  openApiRoute(app, edge, 'dashboard')
  return app
}
