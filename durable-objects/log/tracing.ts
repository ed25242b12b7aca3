// The spans of one object: its handling of commands, its writes to the regions, its messages to the queue.
//
//   serve      a server span below the caller's client span, as the command's trail names it
//   decided    remembers in which span a commit was decided
//   region     a write to a region is a client span: below the first commit's span, linked to the others in the item
//   sending    a message is a producer span, likewise; the message carries it, so its consumer can say where it came from
//
// Guarantees: nothing here fails or delays a command, and nothing of it is stored: a commit's bytes are the same with
// and without. What is not recorded costs a look at the trail and an AsyncLocalStorage entry, which gives log lines
// their trace id. Trade-off: after an eviction, writes and messages of earlier commits belong to no trace.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { RegionFailure, RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import type { PackedItem } from '../../domain/log/types.ts'
import type { OutboxRow } from '../../domain/outbox.ts'
import type { Result } from '../../domain/result.ts'
import { errorTypeOf, type NativeTracing, type Span, type SpanPorts, type SpanStart, startSpan } from '../../domain/telemetry/span.ts'
import { formatTraceparent, isSampled, parseTraceparent, type TraceContext } from '../../domain/telemetry/trace-context.ts'
import type { CommandReply, CommandRequest } from './rpc.ts'
import { randomHex, type SpanExport } from './span-export.ts'

/** The span in whose course this runs, recorded or not. */
const current = new AsyncLocalStorage<TraceContext>()

/** A busy object's last commits; what is older has been written and sent, or waits for a region. */
const commitsRemembered = 128
const linksLimit = 64

type Written = Result<void, RegionFailure>

export interface ObjectTracingPorts {
  /** The object's class. */
  name: string
  workspaceId: string
  target: SpanExport | null
  now: () => number
  waitUntil: (work: Promise<void>) => void
  native?: NativeTracing
}

export class ObjectTracing {
  readonly #ports: ObjectTracingPorts
  readonly #spans: SpanPorts
  readonly #commits = new Map<number, TraceContext>()
  /** Sends so far, by the first commit of what is being written. */
  readonly #attempts = new Map<string, number>()
  #serving = 0

  constructor(ports: ObjectTracingPorts) {
    this.#ports = ports
    this.#spans = { now: ports.now, randomHex, ended: (span) => ports.target?.exporter.add(span) }
  }

  /** For log lines. */
  traceId(): string | undefined {
    return current.getStore()?.traceId
  }

  /** Runs `execute` as what these requests' caller asked for. */
  async serve(requests: CommandRequest<unknown>[], execute: () => Promise<CommandReply[]>): Promise<CommandReply[]> {
    const { name } = this.#ports
    const first = requests[0]
    const caller = first?.trail.traceparent === undefined ? null : parseTraceparent(first.trail.traceparent, first.tracestate)
    if (!caller) return this.#natively(`${name}/execute`, execute)
    if (!this.#records(caller)) return current.run(caller, () => this.#natively(`${name}/execute`, execute))
    const span = this.#start({ name: `${name}/execute`, kind: 'server', parent: caller, isParentRemote: true })
    span.set('rpc.system.name', 'cloudflare.durable_object')
    span.set('rpc.service', name)
    span.set('rpc.method', 'execute')
    span.set('laurel.count', requests.length)
    this.#serving += 1
    try {
      const replies = await current.run(span.context, () => this.#natively(`${name}/execute`, execute))
      noteReplies(span, replies)
      return replies
    } catch (thrown) {
      span.fail(errorTypeOf(thrown))
      throw thrown
    } finally {
      this.#serving -= 1
      span.end()
      this.#flush()
    }
  }

  /** The commit `sequence` was decided in the span that is under way. */
  decided(sequence: number): void {
    const context = current.getStore()
    if (!context || !this.#records(context)) return
    this.#commits.set(sequence, context)
    if (this.#commits.size <= commitsRemembered) return
    for (const oldest of this.#commits.keys()) return void this.#commits.delete(oldest)
  }

  /** The same region, its writes as spans. */
  region(log: RegionLog): RegionLog {
    return {
      region: log.region,
      append: (ref, item, expected) => this.#appending(log.region, item, () => log.append(ref, item, expected)),
      fill: (ref, item) => log.fill(ref, item),
      readFence: (ref) => log.readFence(ref),
      listItems: (ref, after, through) => log.listItems(ref, after, through),
      readItems: (ref, after, through) => log.readItems(ref, after, through),
      ping: () => log.ping(),
      ...(log.background && { background: this.region(log.background) }),
      ...(log.load && { load: (ref) => (log.load as NonNullable<RegionLog['load']>)(ref) }),
      ...(log.hurry && { hurry: () => log.hurry?.() }),
    }
  }

  /** Sends one message; `send` is given the traceparent that it is to carry, if any. */
  async sending(rows: OutboxRow[], send: (traceparent: string | undefined) => Promise<void>): Promise<void> {
    const span = this.#below(this.#contexts(rows.map(({ sequence }) => sequence)), 'send outbox', 'producer')
    if (!span) return send(undefined)
    span.set('messaging.system', 'cloudflare_queues')
    span.set('messaging.destination.name', 'outbox')
    span.set('messaging.operation.type', 'send')
    span.set('laurel.count', rows.length)
    try {
      await send(formatTraceparent(span.context))
    } catch (thrown) {
      span.fail(errorTypeOf(thrown))
      throw thrown
    } finally {
      this.#over(span)
    }
  }

  #appending(region: string, item: PackedItem, append: () => Promise<Written>): Promise<Written> {
    const name = 'dynamodb.TransactWriteItems'
    const span = this.#below(this.#contexts(range(item.from, item.to)), name, 'client')
    if (!span) return this.#natively(name, append)
    span.set('db.system.name', 'aws.dynamodb')
    span.set('db.operation.name', 'TransactWriteItems')
    span.set('cloud.region', region)
    span.set('laurel.count', item.to - item.from + 1)
    span.set('laurel.attempt', this.#attempt(`${region} ${item.from}`))
    return this.#natively(name, async () => {
      try {
        const written = await append()
        span.set('laurel.outcome', written.ok ? 'ok' : 'failed')
        if (written.ok) this.#attempts.delete(`${region} ${item.from}`)
        else span.fail(written.error.code)
        return written
      } catch (thrown) {
        span.fail(errorTypeOf(thrown))
        throw thrown
      } finally {
        this.#over(span)
      }
    })
  }

  #attempt(key: string): number {
    if (this.#attempts.size >= commitsRemembered) this.#attempts.clear()
    const attempt = (this.#attempts.get(key) ?? 0) + 1
    this.#attempts.set(key, attempt)
    return attempt
  }

  /** Whoever is being served meanwhile sends it along. */
  #over(span: Span): void {
    span.end()
    if (this.#serving === 0) this.#flush()
  }

  #records(context: TraceContext): boolean {
    return this.#ports.target !== null && isSampled(context)
  }

  #start(start: SpanStart): Span {
    const span = startSpan(this.#spans, start)
    span.set('laurel.workspace_id', this.#ports.workspaceId)
    return span
  }

  /** The first is the parent, the others are links. */
  #below([parent, ...links]: TraceContext[], name: string, kind: SpanStart['kind']): Span | undefined {
    return parent && this.#start({ name, kind, parent, links: links.slice(0, linksLimit) })
  }

  /** Of the commits that were decided in recorded spans, each span once. */
  #contexts(sequences: Iterable<number>): TraceContext[] {
    if (this.#commits.size === 0) return []
    const found = new Set<TraceContext>()
    for (const sequence of sequences) {
      const context = this.#commits.get(sequence)
      if (context) found.add(context)
    }
    return [...found]
  }

  #natively<T>(name: string, run: () => Promise<T>): Promise<T> {
    const { native } = this.#ports
    return native ? native.enterSpan(name, run) : run()
  }

  #flush(): void {
    const { target, waitUntil } = this.#ports
    if (target) waitUntil(target.exporter.flush())
  }
}

function noteReplies(span: Span, replies: CommandReply[]): void {
  const refused = replies.find((reply) => !reply.ok)
  const code = refused && !refused.ok ? refused.error.code : undefined
  // The record's trouble is ours; any other refusal is an answer.
  const hasFailed = code === 'record/unavailable'
  span.set('laurel.outcome', code === undefined ? 'ok' : hasFailed ? 'failed' : 'refused')
  span.set('error.type', code)
  if (hasFailed) span.fail(code)
}

function* range(from: number, to: number): Iterable<number> {
  for (let sequence = from; sequence <= to; sequence++) yield sequence
}
