// What the pipeline knows of one request while it passes: filled in step by step, read by the log line at the end.

import type { Context, Hono } from 'hono'
import type { WorkspaceAccess } from '../../domain/access/types.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import type { Result } from '../../domain/result.ts'
import { type LogLine, type RequestFacts, requestLogLine } from '../../domain/telemetry/request-log.ts'
import type { Admitted } from './admitted.ts'
import type { Identified } from './auth/identified.ts'
import { resourceMetadataUrl } from './auth/protected-resource.ts'
import { foreignOrigin, stampCors } from './cors.ts'
import { limitFields } from './limits/fields.ts'
import type { LimitOutcome } from './limits/limiter.ts'
import { problemResponse } from './problems.ts'
import { requestIdOf } from './request-id.ts'
import { stampSecurity } from './security-headers.ts'
import { type RequestEnd, type Telemetry, type Trace, traceresponseOf } from './telemetry/trace.ts'

export interface Exchange {
  requestId: string
  trace: Trace
  startedAtMs: number
  path: string
  /** Path and query as they came. */
  target: string
  route?: string
  operationId?: string
  /** Asks for the room that a large body takes in memory: `server/overloaded` where there is none. Again is no mistake. */
  bodyRoom?: () => Promise<Result<void>>
  /** What the token came to, for the steps behind the first. */
  admitted?: Admitted
  identified?: Identified
  /** Of the workspace that the request is about, once it is known: the caller's, or what a sign-in names. */
  access?: WorkspaceAccess
  /** The page's origin, where a browser says it is another than ours. */
  origin: string | undefined
  /** Scheme and host of this deployment, as configured. */
  ownOrigin: string
  /** Over TLS. */
  isSecure: boolean
  /** The handler reads the body as it comes: no deadline. */
  isUnbounded?: boolean
  address: string
  country: string | undefined
  /** Ids of the policies that let it pass. */
  policies?: string[]
  limits?: LimitOutcome
  /** Whether any page may read an answer that is about no workspace. */
  isForPages?: boolean
  authMs?: number
  policyMs?: number
  limitMs?: number
  handlerMs?: number
  /** What the handler wants every answer of this request to say, a refusal too. */
  fields?: Record<string, string>
  /** The key that the caller gave, to be echoed. */
  idempotencyKey?: string | null
  /** While the body is read: ends that, and with it the request. */
  reading?: AbortController | undefined
  /** What the schema keeps of the body, as it came: before any default. */
  said?: unknown
  durability?: 'record' | 'edge'
  replayed?: boolean
  failure?: Failure
  error?: string
}

export type EdgeEnv = { Variables: { exchange: Exchange } }
export type EdgeContext = Context<EdgeEnv>
export type EdgeApp = Hono<EdgeEnv>

interface Beginning {
  startedAtMs: number
  newId: () => string
  telemetry: Telemetry
  ownOrigin: string
}

export function beginExchange(request: Request, { startedAtMs, newId, telemetry, ownOrigin }: Beginning): Exchange {
  // The runtime gives the URL as the URL standard writes it: origin, path, query. Parsing it again is what it would cost.
  const pathAt = request.url.indexOf('/', request.url.indexOf('://') + 3)
  const target = request.url.slice(pathAt)
  const queryAt = target.indexOf('?')
  return {
    requestId: requestIdOf(request.headers, newId),
    trace: telemetry.begin(request.headers, startedAtMs),
    startedAtMs,
    path: queryAt < 0 ? target : target.slice(0, queryAt),
    target,
    origin: foreignOrigin(request.headers, ownOrigin),
    ownOrigin,
    isSecure: request.url.startsWith('https:'),
    address: request.headers.get('cf-connecting-ip') ?? 'unknown',
    country: (request as { cf?: { country?: string } }).cf?.country,
  }
}

/** Ends the pipeline with a problem document. */
export function refuse(c: EdgeContext, reason: Failure, nowMs: number, headers?: Record<string, string>): Response {
  const exchange = c.get('exchange')
  exchange.failure = reason
  const { requestId, path, ownOrigin } = exchange
  return problemResponse(reason, { requestId, path, nowMs, resourceMetadata: resourceMetadataUrl(ownOrigin, path) }, headers)
}

/** The headers that follow from what happened, on answers and problems alike. */
export function stampHeaders({ headers, status }: Response, exchange: Exchange): void {
  headers.set('x-request-id', exchange.requestId)
  headers.set('traceresponse', traceresponseOf(exchange.trace))
  if (exchange.fields) for (const [name, value] of Object.entries(exchange.fields)) headers.set(name, value)
  if (exchange.idempotencyKey) headers.set('x-idempotency-key', exchange.idempotencyKey)
  if (exchange.durability) headers.set('x-durability', exchange.durability)
  if (exchange.replayed) headers.set('x-idempotency-cache-hit', 'true')
  if (exchange.limits) for (const [name, value] of Object.entries(limitFields(exchange.limits))) headers.set(name, value)
  if (exchange.origin !== undefined) stampCors(headers, exchange.origin, exchange.access, exchange.isForPages ?? true)
  stampSecurity(headers, status, exchange.isSecure)
}

export function logExchange(
  exchange: Exchange,
  method: string,
  status: number,
  nowMs: number,
  log: LogLine,
  { leftOut }: { leftOut?: number } = {},
): void {
  const caller = exchange.identified?.caller
  const facts: RequestFacts = {
    requestId: exchange.requestId,
    traceId: exchange.trace.context.traceId,
    spanId: exchange.trace.context.spanId,
    atMs: exchange.startedAtMs,
    method,
    route: exchange.route ?? '(none)',
    status,
    code: exchange.failure?.code,
    operationId: exchange.operationId,
    workspaceId: caller?.workspaceId,
    subject: caller?.subject,
    userId: caller?.userId,
    durationMs: nowMs - exchange.startedAtMs,
    authMs: exchange.authMs,
    policyMs: exchange.policyMs,
    limitMs: exchange.limitMs,
    handlerMs: exchange.handlerMs,
    policies: exchange.policies,
    country: exchange.country,
    durability: exchange.durability,
    replayed: exchange.replayed,
    error: exchange.error,
    ...(leftOut !== undefined && { leftOut }),
  }
  log(requestLogLine(facts))
}

export const internalError = failure('server/internal_error', 'Something went wrong on our side.')

/** What the request's own span is told at its end. */
export const requestEnd = (exchange: Exchange, method: string, url: string, status: number): RequestEnd => ({
  method,
  url,
  status,
  requestId: exchange.requestId,
  route: exchange.route,
  code: exchange.failure?.code,
  operationId: exchange.operationId,
  workspaceId: exchange.identified?.caller.workspaceId,
  policies: exchange.policies,
  country: exchange.country,
  durability: exchange.durability,
  replayed: exchange.replayed,
})
