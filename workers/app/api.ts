// /app/v1: what a user's own app, or a machine for a user, may do. One file per resource.

import { Hono } from 'hono'
import type { Edge } from '../edge/edge.ts'
import { openApiRoute } from '../openapi/route.ts'
import { activityLogRoutes } from './activity-logs.ts'
import { activityLogBatchRoutes } from './activity-logs-batch.ts'
import { mediaRoutes } from './media.ts'
import { rankingRoutes } from './rankings.ts'
import { runtimeLeaderboardRoutes } from './runtime-leaderboards.ts'
import { sessionRoutes } from './sessions.ts'
import { usersMeRoutes } from './users-me.ts'
import { virtualBalanceRoutes } from './virtual-balances.ts'
import { virtualTransactionRoutes } from './virtual-transactions.ts'

export function appApi(edge: Edge): Hono {
  const app = new Hono()
  for (const routes of [
    activityLogRoutes,
    activityLogBatchRoutes,
    virtualBalanceRoutes,
    virtualTransactionRoutes,
    usersMeRoutes,
    runtimeLeaderboardRoutes,
    rankingRoutes,
    sessionRoutes,
    mediaRoutes,
  ])
    routes(edge, app)
  openApiRoute(app, edge, 'app')
  return app
}
