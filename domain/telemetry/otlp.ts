// Spans as an OTLP/JSON ExportTraceServiceRequest (OTLP 1.x, stable; proto3's JSON mapping with OTLP's exceptions:
// ids in hex, enums as numbers, 64-bit integers as strings of digits, names in lowerCamelCase).
//
// Written here rather than taken from a library. Measured in November 2026, minified and gzipped: the serializer of
// @opentelemetry/otlp-transformer 0.301.1 is 2.8 KB and starts in workerd, but takes ReadableSpans, an interface that
// changed in each of the SDK's three majors and has more members to fill than the JSON has, brings seven packages, and
// writes 64-bit integers as numbers; with its SDK it is 13 KB. @microlabs/otel-cf-workers 0.9.1 is 56 KB and works by
// wrapping the handlers, `env` and the global fetch. The format is stable, and is this file.

import { withoutAddresses } from './request-log.ts'
import type { SpanAttributes, SpanData, SpanKind } from './span.ts'
import type { TraceContext } from './trace-context.ts'

type AnyValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number }
  | { arrayValue: { values: AnyValue[] } }

interface KeyValue {
  key: string
  value: AnyValue
}

/** SpanKind of trace.proto. */
const kinds: Record<SpanKind, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
const statusError = 2
/** SpanFlags of trace.proto: the W3C flags, and whether the parent is known to be in another process. */
const hasIsRemote = 0x100
const isRemote = 0x200

/** Long enough for every name we use; a value that is longer is no name. */
const valueLimit = 256

export type ResourceAttributes = Record<string, string>

/** The body of one POST to /v1/traces. */
export const otlpTraces = (resource: ResourceAttributes, spans: readonly SpanData[]): string =>
  JSON.stringify({
    resourceSpans: [
      { resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope: { name: 'laurel' }, spans: spans.map(spanJson) }] },
    ],
  })

function spanJson({ name, kind, context, parent, startMs, endMs, attributes, links, hasFailed }: SpanData): object {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(context.state !== undefined && { traceState: context.state }),
    ...(parent && { parentSpanId: parent.spanId }),
    flags: context.flags | hasIsRemote | (parent?.isRemote ? isRemote : 0),
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs),
    attributes: keyValues(attributes),
    ...(links.length > 0 && { links: links.map(linkJson) }),
    status: hasFailed ? { code: statusError } : {},
  }
}

const linkJson = ({ traceId, spanId, flags }: TraceContext): object => ({ traceId, spanId, flags: flags | hasIsRemote | isRemote })

/** Whole milliseconds are all a Worker's clock gives; as a number this many nanoseconds would lose digits. */
const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms)) * 1_000_000n)

const keyValues = (attributes: SpanAttributes | ResourceAttributes): KeyValue[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value as string | number | boolean | readonly string[]) }))

function anyValue(value: string | number | boolean | readonly string[]): AnyValue {
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (typeof value === 'string') return { stringValue: withoutAddresses(value).slice(0, valueLimit) }
  return { arrayValue: { values: value.map(anyValue) } }
}
