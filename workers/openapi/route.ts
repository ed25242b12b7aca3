// GET /app/v1/openapi.json and /dashboard/v1/openapi.json, for anyone: they say nothing that a client does not know.
// Not a declared route, since those are guarded by a token. Made at the first request, when every route is declared.

import type { Hono } from 'hono'
import type { Edge } from '../edge/edge.ts'
import type { EdgeContext } from '../edge/exchange.ts'
import { prefixes } from '../edge/route.ts'
import { openApiDocument } from './document.ts'

export function openApiRoute(app: Hono, edge: Edge, api: 'app' | 'dashboard'): void {
  let text: string | undefined
  app.get('/openapi.json', (c) => {
    ;(c as unknown as EdgeContext).get('exchange').route = `${prefixes[api]}/openapi.json`
    text ??= JSON.stringify(openApiDocument(edge.routes, api, prefixes[api]))
    // Also to who sends no Origin: a shared cache may hand this answer to a page.
    const headers = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }
    return c.body(text, 200, { 'content-type': 'application/json', ...headers })
  })
}
