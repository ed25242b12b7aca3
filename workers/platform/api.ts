// /platform/v1: the operator's own API (OPERATOR_KEY, no tenant): making workspaces and first users, sweeping media,
// refilling a region, and what verify and rebuild ask. Wiring only.

import { Hono } from 'hono'
import type { Edge } from '../edge/edge.ts'
import { auditRoutes } from './audit-routes.ts'
import { mediaSweepRoutes } from './media.ts'
import { rebuildRoutes } from './rebuild-routes.ts'
import { regionRoutes } from './region-routes.ts'
import { userRoutes } from './users.ts'
import { workspaceRoutes } from './workspaces.ts'

export function platformApi(edge: Edge): Hono {
  const app = new Hono()
  workspaceRoutes(edge, app)
  userRoutes(edge, app)
  auditRoutes(edge, app)
  rebuildRoutes(edge, app)
  mediaSweepRoutes(edge, app)
  regionRoutes(edge, app)
  return app
}
