// Calls from a recorded request to objects, as client spans. The object's own span is a child of the call's, since a
// command's trail carries the call's span.
//
// Which request a call belongs to comes from an AsyncLocalStorage, so that handlers say nothing of it; only recorded
// requests enter one, and only in one does a stub get a wrapper. Trade-off: what a handler calls is traced without being
// seen in its code.

import { AsyncLocalStorage } from 'node:async_hooks'
import { errorTypeOf, type Span } from '../../../domain/telemetry/span.ts'
import { formatTraceparent, parseTraceparent } from '../../../domain/telemetry/trace-context.ts'
import type { CommandRequest } from '../../../durable-objects/log/rpc.ts'
import type { Trace } from './trace.ts'

const current = new AsyncLocalStorage<Trace>()

/** Calls made in `run` belong to this trace. */
export const within = <T>(trace: Trace, run: () => T): T => (trace.isRecorded ? current.run(trace, run) : run())

/** The trace id of what is under way, for log lines; undefined where it is not recorded. */
export const currentTraceId = (): string | undefined => current.getStore()?.context.traceId

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>

/** `rpc` as it is outside a recorded request. `name` is the object's class. */
export function tracedObject<Rpc extends object>(rpc: Rpc, name: string): Rpc {
  const trace = current.getStore()
  if (!trace) return rpc
  return new Proxy(rpc, {
    get(target, method) {
      // A proxy that answered `then` would be taken for a promise by whoever awaits it.
      if (typeof method !== 'string' || method === 'then') return undefined
      return (...args: unknown[]) => call(trace, name, method, (given) => (target as Methods)[method]?.(...given), args)
    },
  })
}

async function call(trace: Trace, name: string, method: string, send: (args: unknown[]) => Promise<unknown> | undefined, args: unknown[]) {
  const span = trace.start(`${name}/${method}`, 'client')
  span.set('rpc.system.name', 'cloudflare.durable_object')
  span.set('rpc.service', name)
  span.set('rpc.method', method)
  try {
    const reply = await send(method === 'execute' ? carried(args, span) : args)
    noteReply(span, reply)
    return reply
  } catch (thrown) {
    span.fail(errorTypeOf(thrown))
    throw thrown
  } finally {
    span.end()
  }
}

/** Commands are the last argument. One that belongs to another trace stays there: its message was in a batch with ours. */
function carried(args: unknown[], { context }: Span): unknown[] {
  const traceparent = formatTraceparent(context)
  const requests = (args.at(-1) as CommandRequest<unknown>[]).map((request) => {
    const own = request.trail.traceparent === undefined ? null : parseTraceparent(request.trail.traceparent)
    if (own && own.traceId !== context.traceId) return request
    const { state: tracestate } = context
    return { ...request, trail: { ...request.trail, traceparent }, ...(tracestate !== undefined && { tracestate }) }
  })
  return [...args.slice(0, -1), requests]
}

interface Replied {
  ok?: boolean
  error?: { code?: string }
}

function noteReply(span: Span, reply: unknown): void {
  const replies = (Array.isArray(reply) ? reply : [reply]) as (Replied | null | undefined)[]
  const code = replies.find((one) => one?.ok === false)?.error?.code
  span.set('laurel.outcome', code === undefined ? 'ok' : 'refused')
  span.set('error.type', code)
}
