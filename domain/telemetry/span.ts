// A span as plain data, and the handle that makes one.
//
// Guarantees: an attribute has one of the names below and a plain value, so no header, token, body or query value finds
// a place in a span; a span that was ended twice is one span. People are not named in spans at all: a trace leads to
// the log line, which says who it was.

import { childOf, type TraceContext } from './trace-context.ts'

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** OpenTelemetry's semantic conventions where they have a name for it, `laurel.` where they have none. */
export interface SpanAttributes {
  'http.request.method'?: string
  /** The declared pattern. */
  'http.route'?: string
  'http.response.status_code'?: number
  'url.scheme'?: string
  'server.address'?: string
  'client.geo.country_iso_code'?: string
  /** A failure's code, the class of what was thrown, or the status. */
  'error.type'?: string
  'rpc.system.name'?: string
  'rpc.service'?: string
  'rpc.method'?: string
  'db.system.name'?: string
  'db.operation.name'?: string
  'db.operation.batch.size'?: number
  'cloud.region'?: string
  'messaging.system'?: string
  'messaging.destination.name'?: string
  'messaging.operation.type'?: string
  'messaging.batch.message_count'?: number
  'laurel.request_id'?: string
  'laurel.workspace_id'?: string
  'laurel.operation'?: string
  'laurel.outcome'?: string
  'laurel.policies'?: readonly string[]
  'laurel.durability'?: string
  'laurel.replayed'?: boolean
  /** How many commands, commits or rows it is about. */
  'laurel.count'?: number
  /** The how many-th send of the same bytes by this object. */
  'laurel.attempt'?: number
}

export interface SpanData {
  name: string
  kind: SpanKind
  context: TraceContext
  parent: { spanId: string; isRemote: boolean } | null
  startMs: number
  endMs: number
  attributes: SpanAttributes
  links: readonly TraceContext[]
  hasFailed: boolean
}

/** What is under way. `context` is what a callee is told. */
export interface Span {
  readonly context: TraceContext
  set<Name extends keyof SpanAttributes>(name: Name, value: SpanAttributes[Name]): void
  /** For an end that its owner must look at; `errorType` becomes `error.type`. */
  fail(errorType: string): void
  /** `name` where it is known only now. Nothing that comes after it counts. */
  end(name?: string): void
}

export interface SpanPorts {
  now: () => number
  /** That many random bytes as lower-case hex. */
  randomHex: (bytes: number) => string
  ended: (span: SpanData) => void
}

export interface SpanStart {
  name: string
  kind: SpanKind
  parent: TraceContext | null
  /** True where the parent is a span of another process: a caller, another object, whoever sent a message. */
  isParentRemote?: boolean
  /** Where it is known already, as of a request's own span. */
  context?: TraceContext
  startMs?: number
  links?: readonly TraceContext[]
  attributes?: SpanAttributes
}

/** Without a parent, `context` says which trace it begins. Throws when there is neither. */
export function startSpan(ports: SpanPorts, start: SpanStart): Span {
  const { kind, parent, isParentRemote = false, links = [] } = start
  const context = start.context ?? (parent && childOf(parent, ports.randomHex(8)))
  if (!context) throw new Error(`the span ${start.name} has neither a parent nor a context`)
  const startMs = start.startMs ?? ports.now()
  const attributes: SpanAttributes = { ...start.attributes }
  let hasFailed = false
  let isOver = false
  return {
    context,
    set(key, value) {
      if (value !== undefined) attributes[key] = value
    },
    fail(errorType) {
      hasFailed = true
      attributes['error.type'] = errorType
    },
    end(name = start.name) {
      if (isOver) return
      isOver = true
      const above = parent && { spanId: parent.spanId, isRemote: isParentRemote }
      ports.ended({ name, kind, context, parent: above, startMs, endMs: Math.max(startMs, ports.now()), attributes, links, hasFailed })
    },
  }
}

/** What stands for every span of a request that is not recorded: made once for it, and keeps nothing. */
export const silentSpan = (context: TraceContext): Span => ({ context, set() {}, fail() {}, end() {} })

/** Workers' own tracing, as much of it as is used: `tracing` of `cloudflare:workers`, where the runtime has it. */
export interface NativeTracing {
  enterSpan<T>(name: string, run: () => T): T
}

/** The class of what was thrown; never its message. */
export const errorTypeOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name.slice(0, 64) : `thrown ${typeof thrown}`)
