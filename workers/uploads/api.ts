// /uploads/v1: where the bytes of media come in. A signed URL (grants.ts) says what may come; how it comes is the client's
// choice: in one PUT, in parts, or by tus.

import { Hono } from 'hono'
import type { Edge } from '../edge/edge.ts'
import { multipartRoutes } from './multipart.ts'
import { singlePutRoute } from './single-put.ts'
import { tusRoutes } from './tus.ts'

export function uploadsApi(edge: Edge): Hono {
  const app = new Hono()
  singlePutRoute(app, edge)
  multipartRoutes(app, edge)
  tusRoutes(app, edge)
  return app
}
