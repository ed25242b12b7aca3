// What the pipeline knows of one request while it passes: filled in step by step, read by the log line at the end.

import type { Context, Hono } from 'hono'
import { type Failure, failure } from '../../domain/failures.ts'
import { type LogLine, type RequestFacts, requestLogLine } from '../../domain/telemetry/request-log.ts'
import type { Identified } from './auth/caller.ts'
import { problemResponse } from './problems.ts'
import { requestIdOf, traceparentOf } from './request-id.ts'

export interface Exchange {
  requestId: string
  traceparent: string | undefined
  startedAtMs: number
  path: string
  /** Path and query as they came. */
  target: string
  route?: string
  operationId?: string
  identified?: Identified
  authMs?: number
  /** The key that the caller gave, to be echoed. */
  idempotencyKey?: string | null
  /** The body as it was parsed, before any default. */
  json?: unknown
  durability?: 'record' | 'edge'
  replayed?: boolean
  failure?: Failure
  error?: string
}

export type EdgeEnv = { Variables: { exchange: Exchange } }
export type EdgeContext = Context<EdgeEnv>
export type EdgeApp = Hono<EdgeEnv>

export function beginExchange(request: Request, startedAtMs: number, newId: () => string): Exchange {
  const url = new URL(request.url)
  return {
    requestId: requestIdOf(request.headers, newId),
    traceparent: traceparentOf(request.headers),
    startedAtMs,
    path: url.pathname,
    target: url.pathname + url.search,
  }
}

/** Ends the pipeline with a problem document. */
export function refuse(c: EdgeContext, reason: Failure, nowMs: number, headers?: Record<string, string>): Response {
  const exchange = c.get('exchange')
  exchange.failure = reason
  return problemResponse(reason, { requestId: exchange.requestId, path: exchange.path, nowMs }, headers)
}

/** The headers that follow from what happened, on answers and problems alike. */
export function stampHeaders(headers: Headers, exchange: Exchange): void {
  headers.set('x-request-id', exchange.requestId)
  if (exchange.idempotencyKey) headers.set('x-idempotency-key', exchange.idempotencyKey)
  if (exchange.durability) headers.set('x-durability', exchange.durability)
  if (exchange.replayed) headers.set('x-idempotency-cache-hit', 'true')
}

export function logExchange(exchange: Exchange, method: string, status: number, nowMs: number, log: LogLine): void {
  const caller = exchange.identified?.caller
  const facts: RequestFacts = {
    requestId: exchange.requestId,
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
    durability: exchange.durability,
    replayed: exchange.replayed,
    error: exchange.error,
    traceparent: exchange.traceparent,
  }
  log(requestLogLine(facts))
}

export const internalError = failure('server/internal_error', 'Something went wrong on our side.')
