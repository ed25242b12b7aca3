// The outermost layer: every request gets an id, a problem document when it fails, and one log line, whatever happens
// inside. Routes are mounted by the caller.

import { Hono } from 'hono'
import { failure } from '../../domain/failures.ts'
import { describeError } from '../../domain/telemetry/request-log.ts'
import { refuseDeclaredSize } from './body.ts'
import type { Edge } from './edge.ts'
import {
  beginExchange,
  type EdgeApp,
  type EdgeContext,
  type EdgeEnv,
  internalError,
  logExchange,
  refuse,
  stampHeaders,
} from './exchange.ts'
import { ObjectUnavailable } from './object-unavailable.ts'

export function rootApp(edge: Edge): EdgeApp {
  const { services, log } = edge
  const app = new Hono<EdgeEnv>()

  app.use(async (c, next) => {
    const exchange = beginExchange(c.req.raw, services.now(), services.newId)
    c.set('exchange', exchange)
    const size = refuseDeclaredSize(c.req.raw.headers)
    if (size.ok) await next()
    else c.res = refuse(c, size.error, services.now())
    stampHeaders(c.res.headers, exchange)
    logExchange(exchange, c.req.method, c.res.status, services.now(), log)
  })

  app.onError((thrown, c: EdgeContext) => {
    const exchange = c.get('exchange')
    exchange.error = describeError(thrown)
    return refuse(c, thrown instanceof ObjectUnavailable ? thrown.failure : internalError, services.now())
  })

  app.notFound((c: EdgeContext) => {
    const allowed = methodsAt(app.routes, c.get('exchange').path)
    if (allowed.length === 0) return refuse(c, failure('route/not_found', 'There is nothing at this path.'), services.now())
    const detail = `This path takes ${allowed.join(', ')}.`
    return refuse(c, failure('route/method_not_allowed', detail), services.now(), { allow: allowed.join(', ') })
  })

  return app
}

/** The methods of every route whose pattern fits the path, middleware apart; a GET answers HEAD as well. */
function methodsAt(routes: { method: string; path: string }[], path: string): string[] {
  const methods = routes.filter((route) => route.method !== 'ALL' && fits(route.path, path)).map((route) => route.method)
  if (methods.includes('GET')) methods.push('HEAD')
  return [...new Set(methods)].sort()
}

function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return wanted.length === given.length && wanted.every((part, i) => (part.startsWith(':') ? given[i] !== '' : part === given[i]))
}
