// One request's trace as the edge sees it: its own span, and the steps and calls below.
//
//   exchange.trace = telemetry.begin(headers, now)           a child of the caller's span, or the root of a new trace
//   step(trace, 'auth', () => …)                             an internal span
//   within(trace, next)  +  tracedObject(stub, 'Player')     calls to objects, as client spans (traced-objects.ts)
//   trace.finish(end, afterAnswer)                           one export, when the answer has gone
//
// Guarantees: every request has a trace id and a span id, for its answer and its log line, and one that is not recorded
// has nothing else: no object a span, no clock read. Spans are bounded a request; nothing here throws, and no answer
// waits for an export.

import { outcomeOf } from '../../../domain/telemetry/request-log.ts'
import {
  errorTypeOf,
  type NativeTracing,
  type Span,
  type SpanData,
  type SpanKind,
  type SpanPorts,
  silentSpan,
  startSpan,
} from '../../../domain/telemetry/span.ts'
import {
  childOf,
  formatTraceparent,
  isSampled,
  newTrace,
  parseTraceparent,
  sampledFlag,
  type TraceContext,
} from '../../../domain/telemetry/trace-context.ts'
import type { SpanExport } from '../../../durable-objects/log/span-export.ts'

export type AfterAnswer = (work: Promise<unknown>) => void

export interface TelemetryPorts {
  /** Null: nothing is exported. */
  target: SpanExport | null
  now: () => number
  /** That many random bytes as lower-case hex. */
  randomHex: (bytes: number) => string
  /** `tracing` of `cloudflare:workers`, where the runtime has it. */
  native?: NativeTracing
}

export interface Telemetry {
  /** `startedAtMs`: when the request arrived. */
  begin(headers: Headers, startedAtMs: number): Trace
  /** A span of a queue batch's own; null where no message comes from a recorded one. */
  consume(traceparents: (string | undefined)[]): Trace | null
}

/** What is known of a request at its end. */
export interface RequestEnd {
  method: string
  /** The declared pattern; undefined where no route was found. */
  route?: string
  url: string
  status: number
  code?: string
  operationId?: string
  workspaceId?: string
  requestId: string
  policies?: string[]
  country?: string
  durability?: 'record' | 'edge'
  replayed?: boolean
}

const spansLimit = 128

export const edgeTelemetry = (ports: TelemetryPorts): Telemetry => ({
  begin(headers, startedAtMs) {
    const given = headers.get('traceparent')
    const parent = given === null ? null : parseTraceparent(given, headers.get('tracestate'))
    const context = parent ? childOf(parent, ports.randomHex(8)) : newTrace(ports.randomHex, ports.target?.share ?? 0)
    // Where nothing is exported, nothing is recorded, and whoever is called is told so.
    if (!ports.target || !isSampled(context)) return new Trace(ports, unsampled(context))
    return new Trace(ports, context, { name: 'request', kind: 'server', parent, isParentRemote: true, startMs: startedAtMs })
  },
  consume(traceparents) {
    if (!ports.target) return null
    const contexts = [...new Set(traceparents)].flatMap((text) => (text === undefined ? [] : (parseTraceparent(text) ?? [])))
    const [parent, ...links] = contexts.filter(isSampled)
    if (!parent) return null
    const context = childOf(parent, ports.randomHex(8))
    return new Trace(ports, context, { name: 'process outbox', kind: 'consumer', parent, isParentRemote: true, links })
  },
})

const unsampled = (context: TraceContext): TraceContext =>
  isSampled(context) ? { ...context, flags: context.flags & ~sampledFlag } : context

type OwnSpan = Omit<Parameters<typeof startSpan>[1], 'context'>

export class Trace {
  /** Of the request's own span: what the answer, the log line and an unrecorded call carry. */
  readonly context: TraceContext
  readonly native: NativeTracing | undefined
  /** The request's own span; keeps nothing where it is not recorded. */
  readonly own: Span
  readonly #ports: TelemetryPorts
  readonly #recorded: { spans: SpanData[]; lost: number; ports: SpanPorts } | undefined

  /** Without `own` it is not recorded. */
  constructor(ports: TelemetryPorts, context: TraceContext, own?: OwnSpan) {
    this.#ports = ports
    this.context = context
    this.native = ports.native
    if (!own) {
      this.own = silentSpan(context)
      return
    }
    const recorded = { spans: [] as SpanData[], lost: 0, ports: { ...ports, ended: (span: SpanData) => this.#ended(span) } }
    this.#recorded = recorded
    this.own = startSpan(recorded.ports, { ...own, context })
  }

  get isRecorded(): boolean {
    return this.#recorded !== undefined
  }

  /** Below the request's own span. What is not ended is not exported. */
  start(name: string, kind: SpanKind = 'internal'): Span {
    return this.#recorded ? startSpan(this.#recorded.ports, { name, kind, parent: this.context }) : this.own
  }

  /** Ends a request's own span and exports all, after the answer. */
  finish(end: RequestEnd, afterAnswer: AfterAnswer): void {
    if (!this.#recorded) return
    describe(this.own, end)
    this.own.end(spanName(end))
    this.close(afterAnswer)
  }

  /** Ends the span as it stands and exports all. */
  close(afterAnswer: AfterAnswer): void {
    const recorded = this.#recorded
    const exporter = this.#ports.target?.exporter
    if (!recorded || !exporter) return
    this.own.end()
    for (const span of recorded.spans.splice(0)) exporter.add(span)
    exporter.lost(recorded.lost, 'too many spans in one request')
    recorded.lost = 0
    afterAnswer(exporter.flush())
  }

  #ended(span: SpanData): void {
    const recorded = this.#recorded
    if (!recorded) return
    const isOwn = span.context === this.context
    // The request's own span has a place kept for it: without it the others hang in the air.
    if (!isOwn && recorded.spans.length >= spansLimit - 1) recorded.lost += 1
    else recorded.spans.push(span)
  }
}

/** The value of the answer's `traceresponse` (the response header of the W3C drafts): how a client finds its trace. */
export const traceresponseOf = ({ context }: Trace): string => formatTraceparent(context)

/**
 * Runs one named step as a span, in Workers' own tracing too where that is present. What answers at once answers at once
 * still, unless it is recorded.
 */
export function step<T>(trace: Trace, name: string, run: (span: Span) => T | Promise<T>): T | Promise<T> {
  const { native } = trace
  if (!trace.isRecorded) return native ? native.enterSpan(name, () => run(trace.own)) : run(trace.own)
  const recorded = async () => {
    const span = trace.start(name)
    try {
      return await run(span)
    } catch (thrown) {
      span.fail(errorTypeOf(thrown))
      throw thrown
    } finally {
      span.end()
    }
  }
  return native ? native.enterSpan(name, recorded) : recorded()
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** A method that we do not know is the caller's own text. */
const methodOf = ({ method }: RequestEnd): string => (methods.has(method) ? method : '_OTHER')
const spanName = (end: RequestEnd): string => `${methodOf(end) === '_OTHER' ? 'HTTP' : end.method}${end.route ? ` ${end.route}` : ''}`

function describe(span: Span, end: RequestEnd): void {
  span.set('http.request.method', methodOf(end))
  span.set('http.route', end.route)
  span.set('http.response.status_code', end.status)
  // A Host field may be anything: what is no URL has no address.
  const url = URL.parse(end.url)
  span.set('url.scheme', url?.protocol.slice(0, -1))
  span.set('server.address', url?.hostname)
  span.set('client.geo.country_iso_code', end.country)
  span.set('laurel.request_id', end.requestId)
  span.set('laurel.workspace_id', end.workspaceId)
  span.set('laurel.operation', end.operationId)
  span.set('laurel.policies', end.policies?.length ? end.policies : undefined)
  span.set('laurel.outcome', outcomeOf(end.status))
  span.set('laurel.durability', end.durability)
  span.set('laurel.replayed', end.replayed || undefined)
  if (end.status >= 500) span.fail(end.code ?? String(end.status))
  else if (end.status >= 400) span.set('error.type', end.code ?? String(end.status))
}
