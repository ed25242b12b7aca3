// From a caller's traceparent to the consumer of the outbox: one trace, over the real objects, the real queue messages and
// the real regions. The collector is a stand-in in front of the exporter's fetch; it checks the shape of what it gets.

import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { OutboxMessage } from '../../domain/outbox.ts'
import type { PlayerCommand } from '../../domain/player/types.ts'
import type { CommandReply, CommandRequest } from '../../durable-objects/log/rpc.ts'
import { randomHex, spanExportOf } from '../../durable-objects/log/span-export.ts'
import type { PlayerRpc } from '../../durable-objects/player/rpc.ts'
import { edgePartsOf } from '../../workers/composition.ts'
import { consumeOutbox } from '../../workers/consumers/outbox.ts'
import { afterAnswer } from '../../workers/edge/telemetry/after-answer.ts'
import { edgeTelemetry, type Trace } from '../../workers/edge/telemetry/trace.ts'
import { tracedObject, within } from '../../workers/edge/telemetry/traced-objects.ts'
import { attributesOf, type CollectedSpan, orphans, spansIn } from '../unit/telemetry/collector.ts'
import { must, newBoard, publishGame } from './support/game.ts'
import { playerAt } from './support/objects.ts'
import { newTenant, operator, type Tenant } from './support/tenant.ts'

const secret = {
  header: 'SECRETHEADER',
  body: 'SECRETBODY',
  query: 'SECRETQUERY',
  person: 'secret.person@private.test',
  collector: 'SECRETCOLLECTOR',
}
const callersTrace = () => nanoid(32).replaceAll(/[^0-9a-f]/g, '5')
const callersSpan = 'b7ad6b7169203331'

interface Post {
  headers: Headers
  body: string
}

let tenant: Tenant
let held: OutboxMessage[]
let posts: Post[]
let collect: (post: Post) => Promise<Response>
let settings: Env
const written: string[] = []

beforeEach(async () => {
  held = []
  posts = []
  written.length = 0
  collect = async () => Response.json({})
  // A collector, and so an exporter, for each test.
  const OTLP_ENDPOINT = `http://127.0.0.1:9/${nanoid()}`
  settings = Object.assign(Object.create(env), { OTLP_ENDPOINT, OTLP_HEADERS: `x-key=${secret.collector}`, TRACE_SAMPLE: '0' })
  const real = globalThis.fetch
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    if (typeof input !== 'string' || !input.startsWith(OTLP_ENDPOINT)) return real(input, init)
    expect(input).toBe(`${OTLP_ENDPOINT}/v1/traces`)
    const post = { headers: new Headers(init?.headers), body: String(init?.body) }
    posts.push(post)
    return collect(post)
  })
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((...said) => void written.push(said.map(String).join(' ')))
  }
  tenant = await newTenant()
  await publishGame(tenant)
  await newBoard(tenant)
  await runInDurableObject(playerAt(tenant.workspaceId, 'ada'), (instance) => {
    const object = instance as unknown as { env: Env }
    const send = async (message: OutboxMessage) => void held.push(message)
    object.env = Object.assign(Object.create(settings), { OUTBOX: { send } })
  })
  await must(operator.call('PUT', `/workspaces/${tenant.workspaceId}/users/ada`, { email: secret.person, nickname: 'Ada' }))
  await expect.poll(() => held.length).toBeGreaterThan(0)
  held.length = 0
})
afterEach(() => void vi.restoreAllMocks())

const telemetry = () => edgeTelemetry({ target: spanExportOf(settings), now: Date.now, randomHex })

/** A request as the edge makes it: a command to the user's object, and the trace's end. */
async function walk(traceparent: string): Promise<{ reply: CommandReply | undefined; trace: Trace }> {
  const url = `http://laurel.test/app/v1/activity-logs?token=${secret.query}`
  const trace = telemetry().begin(new Headers({ traceparent, authorization: `Bearer ${secret.header}`, cookie: secret.header }), Date.now())
  const ref = { workspaceId: tenant.workspaceId, userId: 'ada' }
  const id = nanoid()
  const command = {
    kind: 'activity.log',
    activityLogId: id,
    activityId: 'walk',
    value: 1,
    completedAtMs: Date.now(),
    additionalData: secret,
  }
  const request: CommandRequest<PlayerCommand> = {
    command: command as PlayerCommand,
    eventId: id,
    eventFingerprint: id,
    trail: { subject: secret.person, platform: 'web', userId: 'ada', requestId: 'request-1' },
  }
  const context = createExecutionContext()
  const stub = env.PLAYER.get(env.PLAYER.idFromName(`${ref.workspaceId}:ada`)) as unknown as PlayerRpc
  const [reply] = await within(trace, () => tracedObject(stub, 'Player').execute(ref, 0, [request]))
  const { workspaceId } = tenant
  const end = { method: 'POST', route: '/app/v1/activity-logs', url, status: 201, requestId: 'request-1', workspaceId }
  trace.finish(end, afterAnswer({ executionCtx: context as never }))
  await waitOnExecutionContext(context)
  return { reply, trace }
}

async function consume(): Promise<void> {
  const context = createExecutionContext()
  const log = (line: string) => void written.push(line)
  const queued = held.splice(0).map((body) => ({ body, ack() {}, retry() {} }))
  await consumeOutbox({ services: edgePartsOf(env).services, log, telemetry: telemetry() }, queued, context)
  await waitOnExecutionContext(context)
}

const spansOf = (trace: string): CollectedSpan[] => posts.flatMap(({ body }) => spansIn(body)).filter(({ traceId }) => traceId === trace)

test('a request, its object, the write to the region, the message and its consumer are spans of one trace', async () => {
  const traceId = callersTrace()
  const { reply } = await walk(`00-${traceId}-${callersSpan}-01`)
  expect(reply).toMatchObject({ ok: true, durability: 'record' })
  await expect.poll(() => held.some(({ traceparent }) => traceparent?.includes(traceId))).toBe(true)
  await consume()
  await expect.poll(() => spansOf(traceId).length).toBeGreaterThanOrEqual(6)

  const spans = spansOf(traceId)
  const byName = (name: string, kind: number) => {
    const found = spans.filter((span) => span.name === name && span.kind === kind)
    expect({ name, count: found.length }).toEqual({ name, count: 1 })
    return found[0] as CollectedSpan
  }
  const request = byName('POST /app/v1/activity-logs', 2)
  const call = byName('Player/execute', 3)
  const handling = byName('Player/execute', 2)
  const write = byName('dynamodb.TransactWriteItems', 3)
  const message = byName('send outbox', 4)
  const consumer = byName('process outbox', 5)
  const parents = [request, call, handling, write, message, consumer].map(({ parentSpanId }) => parentSpanId)
  expect(parents).toEqual([callersSpan, request.spanId, call.spanId, handling.spanId, handling.spanId, message.spanId])
  expect(orphans(spans)).toEqual([])
  expect(attributesOf(handling)).toMatchObject({ 'laurel.workspace_id': tenant.workspaceId, 'laurel.outcome': 'ok' })
  expect(attributesOf(write)).toMatchObject({
    'cloud.region': expect.stringMatching(/^eu-/),
    'laurel.attempt': '1',
    'laurel.outcome': 'ok',
  })
  expect(attributesOf(consumer)).toMatchObject({ 'messaging.operation.type': 'process', 'laurel.outcome': 'ok' })
  expect(written.some((line) => line.includes('outbox/consumed') && line.includes(traceId))).toBe(true)
})

test('the trail in the commit names the call, and nothing else of the trace is kept', async () => {
  const traceId = callersTrace()
  await walk(`00-${traceId}-${callersSpan}-01`)
  await expect.poll(() => spansOf(traceId).some(({ name, kind }) => name === 'Player/execute' && kind === 3)).toBe(true)
  const call = spansOf(traceId).find(({ name, kind }) => name === 'Player/execute' && kind === 3)
  const stored = await runInDurableObject(playerAt(tenant.workspaceId, 'ada'), (_, { storage }) =>
    storage.sql
      .exec('SELECT body FROM commits')
      .toArray()
      .map(({ body }) => String(body)),
  )
  const ours = stored.filter((body) => body.includes(traceId))
  expect(ours.map((body) => JSON.parse(body).trail.traceparent)).toEqual([`00-${traceId}-${call?.spanId}-01`])
  expect(ours[0]?.split(traceId).length).toBe(2)
})

test('what the caller does not record is not recorded anywhere', async () => {
  const { reply } = await walk(`00-${callersTrace()}-${callersSpan}-00`)
  expect(reply).toMatchObject({ ok: true })
  await expect.poll(() => held.length).toBeGreaterThan(0)
  expect(held.map(({ traceparent }) => traceparent)).toEqual(held.map(() => undefined))
  await consume()
  expect(posts).toEqual([])
})

test('a collector that hangs delays no request, and one that fails is left alone', async () => {
  let hangs = 0
  let release = (_: Response) => {}
  collect = () => {
    hangs += 1
    return new Promise((resolve) => {
      release = resolve
    })
  }
  const hanging = new Response(null, { status: 503 })
  const trace = telemetry().begin(new Headers({ traceparent: `00-${callersTrace()}-${callersSpan}-01` }), Date.now())
  const ended: string[] = []
  const context = createExecutionContext()
  const end = { method: 'GET', url: 'http://laurel.test/', status: 200, requestId: 'r' }
  trace.finish(end, (work) => {
    context.waitUntil(work.then(() => ended.push('exported')))
  })
  await expect.poll(() => hangs).toBe(1)
  // While the export hangs, others are answered by the record.
  collect = async () => new Response(null, { status: 503 })
  expect((await walk(`00-${callersTrace()}-${callersSpan}-01`)).reply).toMatchObject({ ok: true, durability: 'record' })
  expect([ended, posts.length]).toEqual([[], 1])
  release(hanging)
  await waitOnExecutionContext(context)
  expect(ended).toEqual(['exported'])
  expect((await walk(`00-${callersTrace()}-${callersSpan}-01`)).reply).toMatchObject({ ok: true, durability: 'record' })
  expect(posts.length).toBe(1)
  expect(written.filter((line) => line.includes('telemetry/spans_dropped')).length).toBe(1)
})

test('nothing secret is in a span or a log line, whatever is put into a request', async () => {
  const traceId = callersTrace()
  await walk(`00-${traceId}-${callersSpan}-01`)
  await expect.poll(() => held.length).toBeGreaterThan(0)
  await consume()
  await expect.poll(() => spansOf(traceId).some(({ name }) => name === 'process outbox')).toBe(true)
  const { AWS_SECRET_ACCESS_KEY, AWS_ACCESS_KEY_ID, TOKEN_KEY, OPERATOR_KEY } = env as unknown as Env
  const said = [...posts.map(({ body }) => body), ...written].join('\n')
  for (const value of [...Object.values(secret), AWS_SECRET_ACCESS_KEY, AWS_ACCESS_KEY_ID, TOKEN_KEY, OPERATOR_KEY]) {
    expect({ value, isTold: said.includes(value) }).toEqual({ value, isTold: false })
  }
  // The collector's own key goes to the collector, as a header.
  expect(posts.every(({ headers }) => headers.get('x-key') === secret.collector)).toBe(true)
})
