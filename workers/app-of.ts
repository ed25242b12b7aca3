// All routes on one app. Wiring only; apart from index.ts so that tests mount it on ports of their own.

import { appApi } from './app/api.ts'
import { dashboardApi } from './dashboard/api.ts'
import { createEdge, type Edge } from './edge/edge.ts'
import type { EdgeApp } from './edge/exchange.ts'
import type { EdgeParts } from './edge/parts.ts'
import { rootApp } from './edge/root.ts'
import { mediaApi } from './media/api.ts'
import { oauthApi } from './oauth/api.ts'
import { wellKnownApi } from './oauth/well-known.ts'
import { platformApi } from './platform/api.ts'
import { healthApi } from './platform/health.ts'
import { authApi, revocationApi } from './sign-in/api.ts'
import { refreshGrant } from './sign-in/refresh.ts'
import { uploadsApi } from './uploads/api.ts'

export function laurelApp(parts: EdgeParts): { app: EdgeApp; edge: Edge } {
  const edge = createEdge(parts)
  const app = rootApp(edge)
  app.route('/health', healthApi(edge))
  app.route('/app/v1', appApi(edge))
  app.route('/dashboard/v1', dashboardApi(edge))
  app.route('/platform/v1', platformApi(edge))
  app.route('/oauth2', oauthApi(edge, refreshGrant))
  app.route('/oauth2', revocationApi(edge))
  app.route('/.well-known', wellKnownApi(edge))
  app.route('/auth/v1', authApi(edge))
  app.route('/media', mediaApi(edge))
  app.route('/uploads/v1', uploadsApi(edge))
  return { app, edge }
}
