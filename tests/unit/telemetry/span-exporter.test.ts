import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SpanData } from '../../../domain/telemetry/span.ts'
import { leftAloneMs, type PostSpans, postLimit, SpanExporter, waitingLimit } from '../../../domain/telemetry/span-exporter.ts'
import { otlpPost } from '../../../durable-objects/log/span-export.ts'
import { startCollector } from './collector.ts'

const spanNamed = (name: string): SpanData => ({
  name,
  kind: 'internal',
  context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), flags: 1 },
  parent: null,
  startMs: 1,
  endMs: 2,
  attributes: {},
  links: [],
  hasFailed: false,
})

let nowMs = 0
let told: [number, string][] = []
beforeEach(() => {
  nowMs = 1_000_000
  told = []
})
const exporterTo = (post: PostSpans) =>
  new SpanExporter({ now: () => nowMs, post, dropped: (count, reason) => void told.push([count, reason]) })
const arrived = { ok: true, refused: 0 } as const

/** A collector that takes nothing until it is let. */
function gated() {
  const posted: string[][] = []
  const gates: (() => void)[] = []
  const post: PostSpans = (spans) => {
    posted.push(spans.map(({ name }) => name))
    return new Promise((resolve) => gates.push(() => resolve(arrived)))
  }
  return { posted, post, open: () => gates.shift()?.() }
}

test('one post at a time; what ends meanwhile rides in the next', async () => {
  const { posted, post, open } = gated()
  const exporter = exporterTo(post)
  exporter.add(spanNamed('a'))
  const first = exporter.flush()
  exporter.add(spanNamed('b'))
  await exporter.flush()
  exporter.add(spanNamed('c'))
  await exporter.flush()
  expect(posted).toEqual([['a']])
  open()
  await expect.poll(() => posted.length).toBe(2)
  open()
  await first
  expect(posted).toEqual([['a'], ['b', 'c']])
})

test('a request that ended while it was sending holds nobody up for long', async () => {
  const { posted, post } = gated()
  const exporter = exporterTo(post)
  exporter.add(spanNamed('lost'))
  void exporter.flush()
  exporter.add(spanNamed('next'))
  nowMs += 4_999
  await exporter.flush()
  expect(posted.length).toBe(1)
  nowMs += 1
  void exporter.flush()
  expect(posted).toEqual([['lost'], ['next']])
})

test('a collector that fails is left alone for 30 s; what was dropped is told once, with the next attempt', async () => {
  let posts = 0
  let isUp = false
  const exporter = exporterTo(async () => {
    posts += 1
    return isUp ? arrived : { ok: false, reason: 'status 503' }
  })
  exporter.add(spanNamed('a'))
  await exporter.flush()
  expect([posts, told]).toEqual([1, [[1, 'status 503']]])
  for (let i = 0; i < 100; i++) {
    exporter.add(spanNamed('b'))
    await exporter.flush()
  }
  expect([posts, told.length]).toEqual([1, 1])
  isUp = true
  nowMs += leftAloneMs
  exporter.add(spanNamed('c'))
  await exporter.flush()
  expect([posts, told]).toEqual([
    2,
    [
      [1, 'status 503'],
      [100, 'status 503'],
    ],
  ])
})

test('what throws is a failure, and goes no further', async () => {
  const exporter = exporterTo(async () => Promise.reject(new DOMException('secret', 'TimeoutError')))
  exporter.add(spanNamed('a'))
  await expect(exporter.flush()).resolves.toBeUndefined()
  expect(told).toEqual([[1, 'TimeoutError']])
})

test('what waits and what is posted are bounded', async () => {
  const sizes: number[] = []
  const exporter = exporterTo(async (spans) => {
    sizes.push(spans.length)
    return arrived
  })
  for (let i = 0; i < waitingLimit + 5; i++) exporter.add(spanNamed('a'))
  await exporter.flush()
  expect(sizes).toEqual(Array.from({ length: waitingLimit / postLimit }, () => postLimit))
  expect(told).toEqual([[5, 'too many spans wait']])
})

const collectors: { close(): Promise<void> }[] = []
afterEach(async () => void (await Promise.all(collectors.splice(0).map((one) => one.close()))))

async function collecting(reply?: { status: number; body: string; headers?: Record<string, string> }) {
  const collector = await startCollector(reply)
  collectors.push(collector)
  const settings = {
    url: `${collector.url}/v1/traces`,
    headers: { authorization: 'Bearer of-the-collector' },
    resource: { 'service.name': 'laurel' },
  }
  return { collector, exporter: exporterTo(otlpPost({ ...settings, fetch: (url, init) => fetch(url, init) })) }
}

test('over HTTP: the collector gets the headers and every span', async () => {
  const { collector, exporter } = await collecting()
  exporter.add(spanNamed('a'))
  await exporter.flush()
  expect([collector.refused, told]).toEqual([[], []])
  expect(collector.posts[0]?.headers.authorization).toBe('Bearer of-the-collector')
  expect(collector.posts[0]?.spans).toMatchObject([{ name: 'a', kind: 1, startTimeUnixNano: '1000000', endTimeUnixNano: '2000000' }])
})

test.each([
  [
    'what it took without some spans',
    { status: 200, body: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"x"}}' },
    [[1, 'refused by the collector']],
  ],
  ['words that are no JSON', { status: 200, body: 'thanks' }, []],
  ['a refusal', { status: 401, body: 'secret' }, [[1, 'status 401']]],
  [
    'a redirect, which would take the headers elsewhere',
    { status: 307, body: '', headers: { location: 'http://127.0.0.1:1/' } },
    [[1, 'status 307']],
  ],
])('over HTTP: %s', async (_, reply, expected) => {
  const { exporter } = await collecting(reply)
  exporter.add(spanNamed('a'))
  await exporter.flush()
  expect(told).toEqual(expected)
})

test('over HTTP: nobody there', async () => {
  const { collector, exporter } = await collecting()
  await collector.close()
  exporter.add(spanNamed('a'))
  await exporter.flush()
  expect(told).toEqual([[1, 'TypeError']])
})
