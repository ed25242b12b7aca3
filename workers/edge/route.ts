// What a route says of itself, once: enough to guard it, to validate it, to describe it (OpenAPI) and to list it. And
// what its handler is given: plain, verified, parsed values, never the request.

import type { z } from 'zod'
import type { WorkspaceAccess } from '../../domain/access/types.ts'
import type { Failure } from '../../domain/failures.ts'
import type { Caller, Trail } from '../../domain/identity.ts'
import type { Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { CommandReply, CommandRequest } from '../../durable-objects/log/rpc.ts'
import type { PlayerRef } from '../../durable-objects/player/rpc.ts'
import type { Identified } from './auth/identified.ts'
import type { BodyLimits } from './body.ts'
import type { LimitOutcome } from './limits/limiter.ts'
import type { ProblemDocument } from './problems.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Api = 'app' | 'dashboard' | OpenApi
/** Outside the tenants: the operator's, health, where people and machines come for their tokens, media, and signed upload URLs. */
export type OpenApi = 'platform' | 'health' | 'oauth2' | 'well-known' | 'auth' | 'media' | 'uploads'

export const prefixes: Record<Api, string> = {
  app: '/app/v1',
  dashboard: '/dashboard/v1',
  platform: '/platform/v1',
  health: '/health',
  oauth2: '/oauth2',
  'well-known': '/.well-known',
  auth: '/auth/v1',
  media: '/media',
  uploads: '/uploads/v1',
}

interface Shape<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  method: Method
  /** Below the API's prefix, with `:name` for parameters. */
  path: string
  /** As the contract names it; where it names none, in the same manner. */
  operationId: string
  params?: P
  /** An object. Parameters that it does not name are refused by a write, and ignored by a read. */
  query?: Q
  /** A body is required where this is given, and none is read where it is not. */
  body?: B
  /** No body at all is `{}`. */
  bodyMayBeAbsent?: true
  /** What the body is: JSON unless given. `form`: an object of strings. `csv`: the text. */
  accepts?: 'json' | 'form' | 'csv'
  /** Where its body may hold more, or must hold less, than bodies do (body.ts). */
  limits?: Partial<BodyLimits>
}

export interface RouteDeclaration<P extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType>
  extends Shape<P, Q, B> {
  api: 'app' | 'dashboard'
  action: 'read' | 'write'
  machinesOnly?: boolean
  /** What the policies call the thing that is asked for; the path's first segment unless given. */
  kind?: string
  /** Of a POST that sets a state: done, undone and done again are three requests, though the last says what the first said. */
  noDerivedKey?: true
  /** The answer holds a secret, which is told once: the same request again wants another one, so no key is derived here. */
  tellsSecret?: true
  /** The call is about the user it acts as; the handler asks that user's object, which knows whether there is one. */
  needsUser?: boolean
  /**
   * A person's call goes to their own user's object and to nothing else, though it does not act as that user by `needsUser`. The
   * object refuses who was deleted, so the edge does not ask who they are now.
   */
  ownUserOnly?: true
}

/** A route outside the tenants: for the operator (OPERATOR_KEY), or for anyone; those who come for tokens are counted by address. */
export interface OpenDeclaration<P extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType>
  extends Shape<P, Q, B> {
  api: OpenApi
  /** Whose pages may call it: anyone's, nobody's (the default), or those of the workspace that the handler names (`admitOrigin`). */
  cors?: 'any' | 'none' | 'workspace'
  limitedBy?: 'sign-in' | 'token'
  /** The body is the handler's to read, as it comes, however long that takes: no limit of size or time is set here. */
  takesBytes?: true
  /** On every answer at this path: a refusal before the handler is reached, and of another method, too. */
  fields?: Record<string, string>
  /** What an OPTIONS request at this path is told besides (tus says there what it can). */
  optionsFields?: Record<string, string>
}

export type RouteFacts = (RouteDeclaration | OpenDeclaration) & { fullPath: string }

/** Whether a page of another origin may ever read what it answers. */
export const isForPages = (route: RouteFacts): boolean =>
  route.api === 'app' || route.api === 'dashboard' || ('cors' in route && route.cors !== undefined && route.cors !== 'none')

export const fieldsOf = (route: RouteFacts): Record<string, string> => ('fields' in route && route.fields) || {}

export interface Reply {
  status: number
  /** JSON; absent for an answer without a body. */
  body?: unknown
  /** In place of `body`: bytes, as they come or all at once, under a content type in `headers`. */
  stream?: ReadableStream<Uint8Array> | Uint8Array
  headers?: Record<string, string>
}

export interface OpenCall<P = unknown, Q = unknown, B = unknown> {
  requestId: string
  nowMs: number
  params: P
  query: Q
  body: B
  headers: Headers
  /** As it came: HEAD reaches the handler of GET, whose answer then goes without its body. */
  method: string
  /** Scheme and host of this deployment, as configured. */
  ownOrigin: string
  /** The body of a route that takes bytes; null where there is none. */
  bytes: ReadableStream<Uint8Array> | null
  /** The address the request came from, as the platform saw it. */
  address: string
  /** `auth/origin_not_allowed` where a page of another origin than the workspace's calls a route of `cors: 'workspace'`. */
  admitOrigin(access: WorkspaceAccess): Result<void>
  /** Notes whom a token that the handler has proved stands for: for the log line, the limits and the trail. */
  identifiedAs(identified: Identified): void
  /** Fields that the answer has whatever it is, a refusal too. */
  stamp(fields: Record<string, string>): void
  /** Work that goes on when the caller has gone: for half a minute, as the platform has it. It must not reject. */
  outlive(work: Promise<void>): void
  /** Notes what the limiter said, for the answer's fields. */
  counted(outcome: LimitOutcome): void
  /** Of this call, for commands that are not made by `request`. */
  trail: Trail
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
  access: WorkspaceAccess
  /** The language of the caller's token. */
  lang: string | undefined
  /** For a user whom a machine names in a body: may it act for them? `auth/insufficient_permissions`, `rate_limit/exceeded`. */
  admitUser(userId: string): Promise<Result<void>>
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
  /** What the request says of that part, as its schema keeps it; of all of them unless given. */
  said?: unknown
  /** Whom the trail names as acted for, where the body named them. */
  forUserId?: string
  /** What another object has decided under the request's key, and this one carries out: known by its event id alone. */
  carriesOut?: true
}

export type Handler<C> = (call: C) => Promise<Result<Reply>>
