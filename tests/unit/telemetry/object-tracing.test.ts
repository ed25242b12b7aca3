import { beforeEach, expect, test, vi } from 'vitest'
import type { RegionLog } from '../../../aws-core/dynamodb/region-log.ts'
import { failure } from '../../../domain/failures.ts'
import type { PackedItem } from '../../../domain/log/types.ts'
import type { OutboxRow } from '../../../domain/outbox.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { CommandReply, CommandRequest } from '../../../durable-objects/log/rpc.ts'
import { ObjectTracing } from '../../../durable-objects/log/tracing.ts'
import { orphans } from './collector.ts'
import { type Captured, capturing } from './spans.ts'

const traceparent = (digit: string, flags = '01') => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`
const request = (from?: string): CommandRequest<unknown> => ({
  command: { secret: 'SECRET' },
  trail: { subject: 'SECRET@example.org', platform: 'web', userId: 'SECRET', requestId: 'r', ...(from && { traceparent: from }) },
})
const done: CommandReply[] = [
  { ok: true, answer: { status: 201, body: 'SECRET' }, at: { incarnation: 1, sequence: 1 }, durability: 'record', replayed: false },
]

let captured: Captured
let tracing: ObjectTracing
let work: Promise<void>[]
beforeEach(() => {
  work = []
  captured = capturing()
  const target = { exporter: captured.exporter, share: 1 }
  tracing = new ObjectTracing({ name: 'Player', workspaceId: 'workspace0', target, now: () => 0, waitUntil: (one) => void work.push(one) })
})

const item = (from: number, to: number) => ({ from, to, body: 'SECRET' }) as PackedItem
const ref = { workspaceId: 'workspace0', kind: 'player', entityId: 'ada' } as const
const region = (append: RegionLog['append']) => tracing.region({ region: 'eu-west-1', append } as RegionLog)
const row = (sequence: number) => ({ id: 'user', sequence, body: {} }) as OutboxRow

/** Two callers decide one commit each. */
async function decideTwo(): Promise<void> {
  for (const [sequence, digit] of [
    [1, 'a'],
    [2, 'b'],
  ] as const) {
    await tracing.serve([request(traceparent(digit))], async () => {
      tracing.decided(sequence)
      return done
    })
  }
}

test('handling, the write to a region and the message to the queue are one trace, the packed-in command a link', async () => {
  await decideTwo()
  const append = vi.fn<RegionLog['append']>(async () => ok(undefined))
  append.mockResolvedValueOnce(fail({ code: 'region/unavailable', region: 'eu-west-1', detail: 'SECRET' }))
  await region(append).append(ref, item(1, 2))
  await region(append).append(ref, item(1, 2))
  const sent: (string | undefined)[] = []
  await tracing.sending([row(1), row(2), row(1)], async (carried) => void sent.push(carried))
  await Promise.all(work)

  const [first, second] = captured.spans.filter(({ name }) => name === 'Player/execute')
  expect(first).toMatchObject({ kind: 2, traceId: 'a'.repeat(32), parentSpanId: 'a'.repeat(16), flags: 0x301 })
  expect(orphans(captured.spans)).toEqual([])
  const writes = captured.spans.filter(({ name }) => name === 'dynamodb.TransactWriteItems')
  const link = { traceId: second?.traceId, spanId: second?.spanId }
  for (const write of writes) expect(write).toMatchObject({ kind: 3, traceId: first?.traceId, parentSpanId: first?.spanId, links: [link] })
  expect(writes.map(({ status }) => status)).toEqual([{ code: 2 }, {}])
  const told = writes.map(({ attributes }) => JSON.stringify(attributes))
  expect(told[0]).toContain('region/unavailable')
  expect(told[1]).toContain('{"key":"laurel.attempt","value":{"intValue":"2"}}')
  expect(told[1]).toContain('{"key":"cloud.region","value":{"stringValue":"eu-west-1"}}')
  const message = captured.named('send outbox')
  expect(message).toMatchObject({ kind: 4, parentSpanId: first?.spanId, links: [link] })
  expect(sent).toEqual([`00-${first?.traceId}-${message.spanId}-01`])
  expect(captured.text()).not.toContain('SECRET')
})

test('replies and what was thrown become outcomes', async () => {
  const refused = (code: 'record/unavailable' | 'resource/not_found'): CommandReply[] => [{ ok: false, error: failure(code, 'SECRET') }]
  await tracing.serve([request(traceparent('a'))], async () => refused('resource/not_found'))
  await tracing.serve([request(traceparent('a'))], async () => refused('record/unavailable'))
  const bug = new RangeError('SECRET')
  await expect(tracing.serve([request(traceparent('a'))], async () => Promise.reject(bug))).rejects.toBe(bug)
  await Promise.all(work)
  expect(captured.spans.map(({ status }) => status)).toEqual([{}, { code: 2 }, { code: 2 }])
  expect(captured.text()).toContain('RangeError')
  expect(captured.text()).not.toContain('SECRET')
})

test.each([
  ['no caller says a trace', undefined, undefined],
  ['the caller does not record', traceparent('a', '00'), 'a'.repeat(32)],
  ['the caller says nonsense', 'x', undefined],
])('nothing is recorded when %s; log lines have the trace id where there is one', async (_, from, traceId) => {
  let seen: string | undefined
  await tracing.serve([request(from)], async () => {
    seen = tracing.traceId()
    tracing.decided(1)
    return done
  })
  const sent: (string | undefined)[] = []
  await region(async () => ok(undefined)).append(ref, item(1, 1))
  await tracing.sending([row(1)], async (carried) => void sent.push(carried))
  expect([seen, sent, work.length]).toEqual([traceId, [undefined], 0])
})

test('a queue that refuses is told on, and a collector that fails is not noticed', async () => {
  await decideTwo()
  await Promise.all(work)
  vi.spyOn(captured.exporter, 'flush').mockImplementation(async () => {})
  const refusal = new Error('SECRET')
  await expect(tracing.sending([row(1)], async () => Promise.reject(refusal))).rejects.toBe(refusal)
})

test('an object remembers its last 128 commits', async () => {
  await tracing.serve([request(traceparent('a'))], async () => {
    for (let sequence = 1; sequence <= 200; sequence++) tracing.decided(sequence)
    return done
  })
  const sent: (string | undefined)[] = []
  for (const sequence of [72, 73, 200]) await tracing.sending([row(sequence)], async (carried) => void sent.push(carried))
  expect(sent.map((one) => one !== undefined)).toEqual([false, true, true])
})
