// The outermost layer: every request gets an id, a problem document when it fails, and one log line, whatever happens
// inside (many that are refused alike share one: telemetry/overload-lines.ts). Routes are mounted by the caller.

import { Hono } from 'hono'
import { failure } from '../../domain/failures.ts'
import { ok } from '../../domain/result.ts'
import { describeError } from '../../domain/telemetry/request-log.ts'
import { leaveUnread } from '../uploads/chunks.ts'
import { refuseDeclaredSize, tooSlow } from './body.ts'
import { preflightFields } from './cors.ts'
import { timedOut, withinDeadline } from './deadline.ts'
import type { Edge } from './edge.ts'
import {
  beginExchange,
  type EdgeApp,
  type EdgeContext,
  type EdgeEnv,
  internalError,
  logExchange,
  refuse,
  requestEnd,
  stampHeaders,
} from './exchange.ts'
import { ObjectUnavailable } from './object-unavailable.ts'
import { PolicyUnavailable } from './policy/decider.ts'
import { fieldsOf, isForPages, prefixes, type RouteFacts } from './route.ts'
import { afterAnswer } from './telemetry/after-answer.ts'
import { overloadLines } from './telemetry/overload-lines.ts'
import { within } from './telemetry/traced-objects.ts'

const segmentsLimit = 20

export function rootApp(edge: Edge): EdgeApp {
  const { services, log } = edge
  const app = new Hono<EdgeEnv>()
  const overload = overloadLines()

  app.use(async (c, next) => {
    const exchange = beginExchange(c.req.raw, {
      startedAtMs: services.now(),
      newId: services.newId,
      telemetry: edge.telemetry,
      ownOrigin: edge.ownOrigin,
    })
    c.set('exchange', exchange)
    // A signed upload URL says itself how much may come.
    const size = exchange.path.startsWith(`${prefixes.uploads}/`) ? ok(undefined) : refuseDeclaredSize(c.req.raw.headers)
    if (!size.ok) c.res = refuse(c, size.error, services.now())
    else if (!(await within(exchange.trace, () => withinDeadline(next(), { isUnbounded: () => exchange.isUnbounded === true })))) {
      // Whoever is still sending is told that nothing was done; so nothing may be done with what comes later.
      exchange.reading?.abort()
      c.res = refuse(c, exchange.reading ? tooSlow : timedOut, services.now())
    }
    stampHeaders(c.res, exchange)
    const line = exchange.failure?.code === 'server/overloaded' ? overload(exchange.access?.workspaceId ?? '', services.now()) : {}
    if (line) logExchange(exchange, c.req.method, c.res.status, services.now(), log, line)
    if (exchange.trace.isRecorded) exchange.trace.finish(requestEnd(exchange, c.req.method, c.req.url, c.res.status), afterAnswer(c))
    // Whatever is answered, and however early: the connection of whoever is still sending is closed on them, answer and all.
    await leaveUnread(c.req.raw.body)
  })

  app.onError((thrown, c: EdgeContext) => {
    const exchange = c.get('exchange')
    exchange.error = describeError(thrown)
    return refuse(
      c,
      thrown instanceof ObjectUnavailable || thrown instanceof PolicyUnavailable ? thrown.failure : internalError,
      services.now(),
    )
  })

  app.notFound((c: EdgeContext) => {
    const exchange = c.get('exchange')
    const { path, origin } = exchange
    const segments = segmentsOf(path)
    const allowed = methodsAt(app.routes, segments)
    if (allowed.length === 0) return refuse(c, failure('route/not_found', 'There is nothing at this path.'), services.now())
    const here = edge.routes.filter((route) => fits(route.fullPath, segments))
    exchange.isForPages = here.some(isForPages)
    exchange.fields = Object.assign({}, ...here.map(fieldsOf))
    if (c.req.method === 'OPTIONS') {
      const isPreflight = origin !== undefined && c.req.header('access-control-request-method') !== undefined
      const fields = Object.assign({}, isPreflight && exchange.isForPages ? preflightFields(allowed) : {}, ...here.map(optionsFieldsOf))
      return new Response(null, { status: 204, headers: { allow: allowed.join(', '), ...fields } })
    }
    const detail = `This path takes ${allowed.join(', ')}.`
    return refuse(c, failure('route/method_not_allowed', detail), services.now(), { allow: allowed.join(', ') })
  })

  return app
}

const optionsFieldsOf = (route: RouteFacts): Record<string, string> => ('optionsFields' in route && route.optionsFields) || {}

/** The methods of every route whose pattern fits the path, middleware apart; a GET answers HEAD as well. */
function methodsAt(routes: { method: string; path: string }[], segments: string[]): string[] {
  const methods = routes.filter((route) => route.method !== 'ALL' && fits(route.path, segments)).map((route) => route.method)
  if (methods.length > 0) methods.push('OPTIONS')
  if (methods.includes('GET')) methods.push('HEAD')
  return [...new Set(methods)].sort()
}

/** Empty, which fits nothing, for a path with more segments than any route has: anyone may send one of 16 KB. */
function segmentsOf(path: string): string[] {
  const segments = path.split('/', segmentsLimit + 1)
  return segments.length > segmentsLimit ? [] : segments
}

function fits(pattern: string, given: string[]): boolean {
  const wanted = pattern.split('/')
  return wanted.length === given.length && wanted.every((part, i) => (part.startsWith(':') ? given[i] !== '' : part === given[i]))
}
