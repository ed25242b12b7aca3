// /auth/v1, where people sign in, and what of /oauth2 is about their sessions. Wiring only.

import { Hono } from 'hono'
import type { Edge } from '../edge/edge.ts'
import { emailCodeRoutes } from './email-codes.ts'
import { revocationRoutes } from './revocation.ts'

export function authApi(edge: Edge): Hono {
  const app = new Hono()
  emailCodeRoutes(edge, app)
  return app
}

export function revocationApi(edge: Edge): Hono {
  const app = new Hono()
  revocationRoutes(edge, app)
  return app
}
