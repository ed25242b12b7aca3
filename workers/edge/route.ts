// What a route says of itself, once: enough to guard it, to validate it, to describe it (OpenAPI) and to list it. And
// what its handler is given: plain, verified, parsed values, never the request.

import type { z } from 'zod'
import type { Failure } from '../../domain/failures.ts'
import type { Caller, Role } from '../../domain/identity.ts'
import type { Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { CommandReply, CommandRequest } from '../../durable-objects/log/rpc.ts'
import type { PlayerRef } from '../../durable-objects/player/rpc.ts'
import type { ProblemDocument } from './problems.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Api = 'app' | 'dashboard' | 'platform' | 'health'

export const prefixes: Record<Api, string> = { app: '/app/v1', dashboard: '/dashboard/v1', platform: '/platform/v1', health: '/health' }

interface Shape<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  method: Method
  /** Below the API's prefix, with `:name` for parameters. */
  path: string
  /** As the contract names it; where it names none, in the same manner. */
  operationId: string
  params?: P
  /** Unknown query parameters are ignored. */
  query?: Q
  /** A JSON body is required where this is given, and none is read where it is not. */
  body?: B
}

export interface RouteDeclaration<P extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType>
  extends Shape<P, Q, B> {
  api: 'app' | 'dashboard'
  action: 'read' | 'write'
  /** Dashboard: the least role; viewer for reads and editor for writes unless given. */
  minimumRole?: Role
  machinesOnly?: boolean
  /** The call is about the user it acts as; the handler asks that user's object, which knows whether there is one. */
  needsUser?: boolean
}

/** A route outside the tenants: for the operator (OPERATOR_KEY), or for anyone. */
export interface OpenDeclaration<P extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType>
  extends Shape<P, Q, B> {
  api: 'platform' | 'health'
}

export type RouteFacts = (RouteDeclaration | OpenDeclaration) & { fullPath: string }

export interface Reply {
  status: number
  /** JSON; absent for an answer without a body. */
  body?: unknown
  headers?: Record<string, string>
}

export interface OpenCall<P = unknown, Q = unknown, B = unknown> {
  requestId: string
  nowMs: number
  params: P
  query: Q
  body: B
  /** A command with its trail, and a key that makes a repeat of this very call harmless. */
  request<Command>(command: Command, event?: EventIdentity): CommandRequest<Command>
  /** The reply as an answer; its durability, or that it was a replay, goes into the headers. */
  answer(reply: CommandReply, body?: unknown): Result<Reply>
  /** Notes the durability of one of several replies: the weakest is told. */
  note(reply: CommandReply): void
  /** A failure as a document, for an answer that holds several. */
  problem(reason: Failure): ProblemDocument
}

export interface Call<P = unknown, Q = unknown, B = unknown> extends OpenCall<P, Q, B> {
  caller: Caller
  ruleSet: RuleSet
  /** The language of the caller's token. */
  lang: string | undefined
  /** The user the call acts as; only where the route declares `needsUser`. */
  user(): PlayerRef
  /** Where the list goes on, from the `nextToken` of a `pageQuery`. */
  page(): Result<{ limit: number; order: 'asc' | 'desc'; after?: string }>
  nextToken(after: string | null): string | null
}

export interface EventIdentity {
  eventId?: string
  eventFingerprint?: string
  /** Which of several commands of one request this is. */
  part?: number
}

export type Handler<C> = (call: C) => Promise<Result<Reply>>
