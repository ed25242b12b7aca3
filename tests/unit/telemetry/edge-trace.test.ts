import { describe, expect, test, vi } from 'vitest'
import type { CommandRequest } from '../../../durable-objects/log/rpc.ts'
import { edgeTelemetry, type RequestEnd, step, traceresponseOf } from '../../../workers/edge/telemetry/trace.ts'
import { currentTraceId, tracedObject, within } from '../../../workers/edge/telemetry/traced-objects.ts'
import { orphans } from './collector.ts'
import { capturing, countingHex } from './spans.ts'

const callersTrace = '0af7651916cd43dd8448eb211c80319c'
const callersSpan = 'b7ad6b7169203331'
const fromCaller = (flags = '01') => new Headers({ traceparent: `00-${callersTrace}-${callersSpan}-${flags}`, tracestate: 'congo=1' })

const end: RequestEnd = {
  method: 'POST',
  route: '/app/v1/activity-logs',
  url: 'https://api.laurel.test/app/v1/activity-logs?q=SECRET',
  status: 201,
  requestId: 'request-1',
  workspaceId: 'workspace0',
}

function world({ share = 1, exports = true } = {}) {
  const captured = capturing()
  const { randomHex, calls } = countingHex()
  const now = vi.fn(() => 7)
  const telemetry = edgeTelemetry({ target: exports ? { exporter: captured.exporter, share } : null, now, randomHex })
  const work: Promise<unknown>[] = []
  return {
    captured,
    calls,
    now,
    telemetry,
    afterAnswer: (one: Promise<unknown>) => void work.push(one),
    exported: () => Promise.all(work),
    work,
  }
}

describe('a recorded request', () => {
  test('is told without an address where its Host field is none', async () => {
    const { captured, telemetry, afterAnswer, exported } = world()
    const trace = telemetry.begin(fromCaller(), 3)
    trace.finish({ ...end, url: 'http://a b/app/v1/activity-logs' }, afterAnswer)
    await exported()
    expect(captured.spans.map(({ name }) => name)).toEqual(['POST /app/v1/activity-logs'])
    expect(JSON.stringify(captured.spans)).not.toContain('server.address')
  })

  test('is a child of its caller, with its steps and calls below it, in one export after the answer', async () => {
    const { captured, telemetry, afterAnswer, exported } = world()
    const trace = telemetry.begin(fromCaller(), 3)
    const asked: CommandRequest<string>[][] = []
    const stub = {
      execute: async (_: string, requests: CommandRequest<string>[]) => {
        asked.push(requests)
        return [{ ok: true }]
      },
      profile: async () => ({ ok: false, error: { code: 'resource/not_found' } }),
    }
    await within(trace, async () => {
      await step(trace, 'auth', async () => {})
      const object = tracedObject(stub, 'Player')
      await object.profile()
      await object.execute('ref', [{ command: 'c', trail: { subject: 's', platform: 'web', requestId: 'r' } }])
    })
    trace.finish({ ...end, policies: ['p1'], operationId: 'op', durability: 'record' }, afterAnswer)
    await exported()

    expect(captured.spans.map(({ name, kind }) => [name, kind])).toEqual([
      ['auth', 1],
      ['Player/profile', 3],
      ['Player/execute', 3],
      ['POST /app/v1/activity-logs', 2],
    ])
    expect(orphans(captured.spans)).toEqual([])
    expect(new Set(captured.spans.map(({ traceId }) => traceId))).toEqual(new Set([callersTrace]))
    const own = captured.named('POST /app/v1/activity-logs')
    expect(own).toMatchObject({ parentSpanId: callersSpan, flags: 0x301, traceState: 'congo=1', startTimeUnixNano: '3000000', status: {} })
    expect(traceresponseOf(trace)).toBe(`00-${callersTrace}-${own.spanId}-01`)
    for (const name of ['auth', 'Player/profile', 'Player/execute'])
      expect(captured.named(name)).toMatchObject({ parentSpanId: own.spanId, flags: 0x101 })
    expect(captured.attributes('POST /app/v1/activity-logs')).toEqual({
      'http.request.method': 'POST',
      'http.route': '/app/v1/activity-logs',
      'http.response.status_code': '201',
      'url.scheme': 'https',
      'server.address': 'api.laurel.test',
      'laurel.request_id': 'request-1',
      'laurel.workspace_id': 'workspace0',
      'laurel.operation': 'op',
      'laurel.policies': ['p1'],
      'laurel.outcome': 'ok',
      'laurel.durability': 'record',
    })
    expect(captured.attributes('Player/profile')).toMatchObject({ 'laurel.outcome': 'refused', 'error.type': 'resource/not_found' })
    const call = captured.named('Player/execute')
    expect(asked[0]?.[0]).toMatchObject({ trail: { traceparent: `00-${callersTrace}-${call.spanId}-01` }, tracestate: 'congo=1' })
  })

  test.each([
    [503, 'record/unavailable', { code: 2 }, 'failed'],
    [429, 'rate_limit/exceeded', {}, 'limited'],
    [404, undefined, {}, 'refused'],
  ])('that ends in %d', async (status, code, expected, outcome) => {
    const { captured, telemetry, afterAnswer, exported } = world()
    telemetry.begin(fromCaller(), 0).finish({ ...end, method: 'SECRET', route: undefined, status, code }, afterAnswer)
    await exported()
    expect(captured.named('HTTP').status).toEqual(expected)
    expect(captured.attributes('HTTP')).toMatchObject({
      'http.request.method': '_OTHER',
      'laurel.outcome': outcome,
      'error.type': code ?? String(status),
    })
  })

  test('tells what a step or an object threw by its class, and throws it on', async () => {
    const { captured, telemetry, afterAnswer, exported } = world()
    const trace = telemetry.begin(fromCaller(), 0)
    const bug = new TypeError('SECRET')
    const failing = async () => Promise.reject(bug)
    await expect(step(trace, 'policy', failing)).rejects.toBe(bug)
    await expect(within(trace, () => tracedObject({ failing }, 'Player').failing())).rejects.toBe(bug)
    trace.finish(end, afterAnswer)
    await exported()
    expect(captured.attributes('policy')).toEqual({ 'error.type': 'TypeError' })
    expect(captured.named('Player/failing').status).toEqual({ code: 2 })
    expect(captured.text()).not.toContain('SECRET')
  })

  test('leaves a command of another trace in it', async () => {
    const { telemetry } = world()
    const asked: CommandRequest<string>[] = []
    const stub = { execute: async (requests: CommandRequest<string>[]) => void asked.push(...requests) }
    const own = { subject: 's', platform: 'system', requestId: 'r', traceparent: `00-${'c'.repeat(32)}-${callersSpan}-01` } as const
    const trace = telemetry.begin(fromCaller(), 0)
    await within(trace, () => tracedObject(stub, 'Player').execute([{ command: 'c', trail: own }]))
    expect(asked[0]?.trail).toEqual(own)
  })

  test('has at most 128 spans, its own among them; the others are counted', async () => {
    const { captured, telemetry, afterAnswer, exported } = world()
    const trace = telemetry.begin(fromCaller(), 0)
    for (let i = 0; i < 200; i++) trace.start('step').end()
    trace.finish(end, afterAnswer)
    await exported()
    expect(captured.spans.length).toBe(128)
    expect(captured.named('POST /app/v1/activity-logs').parentSpanId).toBe(callersSpan)
    expect(captured.told).toEqual([[73, 'too many spans in one request']])
  })
})

describe('a request that is not recorded', () => {
  test.each([
    ['nothing is exported', { exports: false }, fromCaller(), [8]],
    ['nothing is exported, and no caller', { exports: false }, new Headers(), [24]],
    ['the caller does not record', {}, fromCaller('00'), [8]],
    ['outside the share', { share: 0 }, new Headers(), [24]],
  ])('has its ids and nothing else: %s', async (_, settings, headers, drawn) => {
    const { captured, telemetry, calls, now, afterAnswer, work } = world(settings)
    const trace = telemetry.begin(headers, 0)
    const stub = { profile: async () => currentTraceId() }
    await within(trace, async () => {
      expect(tracedObject(stub, 'Player')).toBe(stub)
      expect(await stub.profile()).toBeUndefined()
      const spans = await Promise.all(['auth', 'policy'].map((name) => step(trace, name, async (span) => span)))
      expect(new Set(spans).size).toBe(1)
      expect(step(trace, 'policy', () => 'at once')).toBe('at once')
    })
    trace.finish(end, afterAnswer)
    expect([calls, now.mock.calls.length, work.length, captured.spans.length]).toEqual([drawn, 0, 0, 0])
    expect(traceresponseOf(trace)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[02]$/)
    expect(traceresponseOf(trace).includes(callersTrace)).toBe(headers.has('traceparent'))
  })
})

test("Workers' own tracing has the same named steps, recorded or not", async () => {
  const names: string[] = []
  const native = {
    enterSpan<T>(name: string, run: () => T): T {
      names.push(name)
      return run()
    },
  }
  const { randomHex } = countingHex()
  const silent = edgeTelemetry({ target: null, now: () => 0, randomHex, native }).begin(new Headers(), 0)
  const target = { exporter: capturing().exporter, share: 1 }
  const recorded = edgeTelemetry({ target, now: () => 0, randomHex, native }).begin(new Headers(), 0)
  expect(await step(silent, 'auth', async () => 1)).toBe(1)
  expect(await step(recorded, 'policy', async () => 2)).toBe(2)
  expect(names).toEqual(['auth', 'policy'])
})

test('a batch is a child of the first recorded message, and linked to the others', async () => {
  const { captured, telemetry, afterAnswer, exported } = world()
  const message = (digit: string, flags = '01') => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`
  expect(telemetry.consume([undefined, 'x', message('a', '00')])).toBeNull()
  telemetry.consume([message('a', '00'), message('b'), undefined, message('c'), message('b')])?.close(afterAnswer)
  await exported()
  expect(captured.named('process outbox')).toMatchObject({
    kind: 5,
    traceId: 'b'.repeat(32),
    parentSpanId: 'b'.repeat(16),
    flags: 0x301,
    links: [{ traceId: 'c'.repeat(32), spanId: 'c'.repeat(16), flags: 0x301 }],
  })
})
