// What every route file is given: the ports, and the one way to declare a route. A declared route passes, in this
// order and before its handler runs: token, workspace, origin, room for a write, rate limit, policy, acting user, idempotency
// key, parameters, body.
//
// All routes are listed in `routes`: unknown methods (405), the isolation test and OpenAPI read it.

import { zValidator } from '@hono/zod-validator'
import type { Hono, MiddlewareHandler } from 'hono'
import type { z } from 'zod'
import { ok } from '../../domain/result.ts'
import { rememberingAdmissions } from './admitted.ts'
import { type BodyLimits, bodyLimits, readBody, strangersLimits } from './body.ts'
import { openCall, tenantCall } from './call.ts'
import { type EdgeApp, type EdgeContext, type EdgeEnv, refuse } from './exchange.ts'
import { guardAddress, guardOperator, identifyTenant, permitTenant } from './guards.ts'
import { keptOf } from './kept.ts'
import { bodyTurn, type EdgeShares, newEdgeShares } from './limits/edge-shares.ts'
import { roomForWrites, writeCapacity } from './limits/write-capacity.ts'
import type { EdgeParts } from './parts.ts'
import {
  type Call,
  fieldsOf,
  type Handler,
  isForPages,
  type OpenCall,
  type OpenDeclaration,
  prefixes,
  type Reply,
  type RouteDeclaration,
  type RouteFacts,
} from './route.ts'
import { afterAnswer } from './telemetry/after-answer.ts'
import { inputFailure, unknownParameters } from './validate.ts'

type In<S> = S extends z.ZodType ? z.output<S> : unknown

export interface Edge extends EdgeParts {
  readonly routes: RouteFacts[]
  /** What there is little of in this isolate, and who has it. */
  readonly shares: EdgeShares
  /** Declares a route of a workspace's API on an app that is mounted at that API's prefix. */
  route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
    app: Hono,
    declaration: RouteDeclaration<P, Q, B>,
    handler: Handler<Call<In<P>, In<Q>, In<B>>>,
  ): void
  /** Declares a route outside the tenants. */
  open<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
    app: Hono,
    declaration: OpenDeclaration<P, Q, B>,
    handler: Handler<OpenCall<In<P>, In<Q>, In<B>>>,
  ): void
}

export function createEdge(parts: EdgeParts): Edge {
  const routes: RouteFacts[] = []
  const admit = rememberingAdmissions(parts)
  const writes = writeCapacity()
  const shares = newEdgeShares()

  /** Every step but the last may end the request with a problem; each sees what the steps before it found out. */
  function declare(app: Hono, route: RouteFacts, guards: MiddlewareHandler<EdgeEnv>[], run: (c: EdgeContext) => Promise<Response>): void {
    routes.push(route)
    const edgeApp = app as unknown as EdgeApp
    const steps: MiddlewareHandler<EdgeEnv>[] = [named(route), ...guards]
    if (isWrite(route)) steps.push(knownQuery(route, parts))
    if (route.params) steps.push(checked('param', route.params, parts))
    if (route.query) steps.push(checked('query', route.query, parts))
    if (route.body) steps.push(bodyTurn(shares.bodies, limitsOf(route).bytes, parts.services), parsedBody(route, route.body, parts))
    edgeApp.on(route.method, [route.path], ...steps, run)
  }

  async function answered(c: EdgeContext, handling: ReturnType<Handler<unknown>>): Promise<Response> {
    const startedAtMs = parts.services.now()
    const result = await handling
    const nowMs = parts.services.now()
    c.get('exchange').handlerMs = nowMs - startedAtMs
    return result.ok ? respond(result.value) : refuse(c, result.error, nowMs)
  }

  return {
    ...parts,
    routes,
    shares,
    route(app, declaration, handler) {
      const route: RouteFacts & RouteDeclaration = { ...declaration, fullPath: prefixes[declaration.api] + declaration.path }
      declare(
        app,
        route,
        [identifyTenant(route, parts, admit), ...roomForWrites(route, writes, parts), permitTenant(route, parts)],
        async (c) => {
          return answered(c, (handler as Handler<Call>)(tenantCall(c.get('exchange'), route, inputOf(c), parts, c.req.raw, afterAnswer(c))))
        },
      )
    },
    open(app, declaration, handler) {
      const route: RouteFacts = { ...declaration, fullPath: prefixes[declaration.api] + declaration.path }
      const guard = declaration.api === 'platform' ? guardOperator(parts) : guardAddress(declaration, parts)
      declare(app, route, [guard], async (c) => {
        return answered(c, (handler as Handler<OpenCall>)(openCall(c.get('exchange'), route, inputOf(c), parts, c.req.raw, afterAnswer(c))))
      })
    },
  }
}

export const limitsOf = ({ api, limits }: RouteFacts): BodyLimits => ({
  ...(api === 'auth' || api === 'oauth2' ? strangersLimits : bodyLimits),
  ...limits,
})

/** RFC 6749 section 3.2: a token endpoint ignores what it does not know. */
const isWrite = (route: RouteFacts): boolean =>
  route.api !== 'oauth2' && (route.method !== 'GET' || ('action' in route && route.action === 'write'))

const named =
  (route: RouteFacts): MiddlewareHandler<EdgeEnv> =>
  (c, next) => {
    const exchange = c.get('exchange')
    exchange.route = route.fullPath
    exchange.operationId = route.operationId
    exchange.isForPages = isForPages(route)
    exchange.isUnbounded = 'takesBytes' in route && route.takesBytes === true
    exchange.fields = fieldsOf(route)
    return next()
  }

/** A parameter that is misspelt (`?dryrun=true`) must not make a write another than was meant. */
function knownQuery(route: RouteFacts, { services }: EdgeParts): MiddlewareHandler<EdgeEnv> {
  const names = Object.keys((route.query as z.ZodObject | undefined)?.shape ?? {})
  return (c, next) => {
    const { path, target } = c.get('exchange')
    const refused = target.length > path.length ? unknownParameters(target.slice(path.length), names) : null
    return refused ? Promise.resolve(refuse(c, refused, services.now())) : next()
  }
}

const checked = (target: 'param' | 'query', schema: z.ZodType, { services }: EdgeParts): MiddlewareHandler<EdgeEnv> =>
  zValidator(target, schema, (result, c) => {
    if (!result.success) return refuse(c as EdgeContext, inputFailure(result.error as z.ZodError, 'parameter'), services.now())
  }) as unknown as MiddlewareHandler<EdgeEnv>

/** Not zValidator: it would parse once more, leniently, and take a body of another type for an empty object. */
const parsedBody =
  (route: RouteFacts, schema: z.ZodType, { services }: EdgeParts): MiddlewareHandler<EdgeEnv> =>
  async (c, next) => {
    // The router takes a path that spells the pattern out (`/users/:userId`) for two matches and runs each step twice;
    // a body can be read once.
    const exchange = c.get('exchange')
    if ('said' in exchange) return next()
    const reading = new AbortController()
    exchange.reading = reading
    const json =
      route.bodyMayBeAbsent && isAbsent(c.req.raw)
        ? ok({})
        : await readBody(c.req.raw, route.accepts ?? 'json', limitsOf(route), reading.signal, exchange.bodyRoom)
    exchange.reading = undefined
    if (!json.ok) return refuse(c, json.error, services.now())
    const parsed = schema.safeParse(json.value)
    if (!parsed.success) return refuse(c, inputFailure(parsed.error, 'body'), services.now())
    exchange.said = keptOf(json.value, parsed.data)
    c.req.addValidatedData('json', parsed.data as object)
    return next()
  }

/** Clients say that nothing follows in one of two ways. */
const isAbsent = ({ body, headers }: Request): boolean => body === null || headers.get('content-length') === '0'

function inputOf(c: EdgeContext): { params: unknown; query: unknown; body: unknown } {
  const valid = (target: string) => (c.req as unknown as { valid(target: string): unknown }).valid(target)
  return { params: valid('param'), query: valid('query'), body: valid('json') }
}

function respond({ status, body, stream, headers }: Reply): Response {
  const all = new Headers({ 'cache-control': 'no-store', ...headers })
  if (stream) return new Response(stream, { status, headers: all })
  if (body === undefined || status === 204) return new Response(null, { status, headers: all })
  all.set('content-type', 'application/json')
  return new Response(JSON.stringify(body), { status, headers: all })
}
