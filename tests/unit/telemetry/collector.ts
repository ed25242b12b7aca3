// A stand-in for an OTLP/HTTP collector: takes what ExportTraceServiceRequest's JSON allows and answers 400 to anything
// else, as a real one does; unknown members are refused too, where a real one would drop what we meant to say.

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

const hex = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`))
    .refine((id) => !/^0+$/.test(id))
const digits = z.string().regex(/^(0|[1-9]\d*)$/)
const uint32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

const anyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({ arrayValue: z.strictObject({ values: z.array(z.strictObject({ stringValue: z.string() })) }) }),
])
const attributes = z
  .array(z.strictObject({ key: z.string().min(1), value: anyValue }))
  .refine((all) => new Set(all.map(({ key }) => key)).size === all.length)

const span = z
  .strictObject({
    traceId: hex(32),
    spanId: hex(16),
    traceState: z.string().optional(),
    parentSpanId: hex(16).optional(),
    flags: uint32,
    name: z.string().min(1),
    kind: z.int().min(1).max(5),
    startTimeUnixNano: digits,
    endTimeUnixNano: digits,
    attributes,
    links: z.array(z.strictObject({ traceId: hex(32), spanId: hex(16), flags: uint32 })).optional(),
    status: z.strictObject({ code: z.union([z.literal(1), z.literal(2)]).optional(), message: z.string().optional() }),
  })
  .refine(({ startTimeUnixNano, endTimeUnixNano }) => BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano))

export const exportRequest = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
})

export type CollectedSpan = z.output<typeof span>

const isRemoteParent = 0x200

/** Ids of parents that are neither among the spans nor said to be in another process. */
export function orphans(spans: CollectedSpan[]): string[] {
  const known = new Set(spans.map(({ traceId, spanId }) => `${traceId}:${spanId}`))
  return spans.flatMap(({ traceId, parentSpanId, flags }) =>
    parentSpanId === undefined || (flags & isRemoteParent) !== 0 || known.has(`${traceId}:${parentSpanId}`) ? [] : [parentSpanId],
  )
}

/** The spans of one body; throws where the body is not what OTLP/JSON says. */
export const spansIn = (body: string): CollectedSpan[] =>
  exportRequest.parse(JSON.parse(body)).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))

export const attributesOf = ({ attributes: all }: CollectedSpan): Record<string, unknown> =>
  Object.fromEntries(
    all.map(({ key, value }) => [
      key,
      'arrayValue' in value ? value.arrayValue.values.map((one) => one.stringValue) : Object.values(value)[0],
    ]),
  )

/** `reply` is what it answers to a request that is right; default: 200 and an empty object. */
export async function startCollector(
  reply: { status: number; body: string; headers?: Record<string, string> } = { status: 200, body: '{}' },
) {
  const posts: { headers: IncomingHttpHeaders; spans: CollectedSpan[] }[] = []
  const refused: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const isRight = request.method === 'POST' && request.url === '/v1/traces' && request.headers['content-type'] === 'application/json'
    try {
      if (!isRight) throw new Error(`${request.method} ${request.url}`)
      posts.push({ headers: request.headers, spans: spansIn(body) })
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(reply.body)
    } catch (thrown) {
      refused.push(String(thrown))
      response.writeHead(400).end('{}')
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    posts,
    refused,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
