// The cache of media on the Cache API: the real one, and ones that answer as the real one may.

import { nanoid } from 'nanoid'
import { describe, expect, test } from 'vitest'
import { workersEdgeCache } from '../../workers/media/edge-cache.ts'
import { bytesFrom } from './support/media.ts'

const bytes = bytesFrom(0, 1000)
const clock = { nowMs: Date.now() }
const now = () => clock.nowMs
const real = workersEdgeCache(() => caches.default, now)
const soon = () => now() + 60_000
const newKey = () => `${nanoid(10)}/blobs/${nanoid()}`

const streamed = (
  content: Uint8Array,
  end: (controller: ReadableStreamDefaultController<Uint8Array>) => void,
): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (let at = 0; at < content.length; at += 100) controller.enqueue(content.subarray(at, at + 100))
      end(controller)
    },
  })
const closing = (controller: ReadableStreamDefaultController<Uint8Array>) => controller.close()

async function read(found: Promise<{ body: ReadableStream<Uint8Array>; length: number } | null>) {
  const cached = await found
  return cached && { length: cached.length, bytes: new Uint8Array(await new Response(cached.body).arrayBuffer()) }
}

describe('what is put', () => {
  test.each<[string, () => Uint8Array | ReadableStream<Uint8Array>]>([
    ['bytes', () => bytes],
    ['a stream', () => streamed(bytes, closing)],
  ])('as %s, is there whole and in part', async (_, content) => {
    const key = newKey()
    await real.put(key, content(), 1000, soon())
    expect(await read(real.match(key, 1000))).toEqual({ length: 1000, bytes })
    expect(await read(real.match(key, 1000, { offset: 10, length: 20 }))).toEqual({ length: 20, bytes: bytesFrom(10, 20) })
    expect(await read(real.match(key, 1000, { offset: 999, length: 1 }))).toEqual({ length: 1, bytes: bytesFrom(999, 1) })
  })

  test('is over at its moment, whatever the cache thinks of it', async () => {
    const key = newKey()
    const untilMs = soon()
    await real.put(key, bytes, 1000, untilMs)
    expect(
      await read(
        workersEdgeCache(
          () => caches.default,
          () => untilMs - 1,
        ).match(key, 1000),
      ),
    ).not.toBeNull()
    expect(
      await workersEdgeCache(
        () => caches.default,
        () => untilMs,
      ).match(key, 1000),
    ).toBeNull()
  })

  test('too late, is not put: a slow reading makes no copy live longer', async () => {
    const key = newKey()
    await real.put(key, bytes, 1000, now() - 1)
    await real.put(key, streamed(bytes, closing), 1000, now())
    expect(await real.match(key, 1000)).toBeNull()
  })

  test.each<[string, (controller: ReadableStreamDefaultController<Uint8Array>) => void, number]>([
    ['breaks', (controller) => controller.error(new Error('broken')), 1000],
    ['is shorter than was said', closing, 1001],
    ['is longer than was said', closing, 999],
  ])('as a stream that %s, leaves nothing', async (_, end, size) => {
    const key = newKey()
    await real.put(key, streamed(bytes, end), size, soon())
    expect(await real.match(key, size)).toBeNull()
    expect(await real.match(key, 1000)).toBeNull()
  })

  test('of another size than the record says, is nobody’s', async () => {
    const key = newKey()
    await real.put(key, bytes, 1000, soon())
    expect(await real.match(key, 999)).toBeNull()
    expect(await real.match(key, 999, { offset: 0, length: 10 })).toBeNull()
  })

  test('is gone when it is deleted', async () => {
    const key = newKey()
    await real.put(key, bytes, 1000, soon())
    await real.delete(key)
    expect(await real.match(key, 1000)).toBeNull()
    await real.delete(key)
  })

  test('as a value, is that value until its moment', async () => {
    const key = `${nanoid(10)}/media/m1`
    const untilMs = soon()
    expect((await real.matchJson(key)) ?? null).toBeNull()
    await real.putJson(key, { a: [1, null] }, untilMs)
    expect(await real.matchJson(key)).toEqual({ a: [1, null] })
    const later = workersEdgeCache(
      () => caches.default,
      () => untilMs,
    )
    expect((await later.matchJson(key)) ?? null).toBeNull()
  })
})

describe('a cache', () => {
  const answering = (answer: (range: string | null) => Response | undefined) => {
    const untilMs = soon()
    const match = async ({ headers }: Request) => {
      const response = answer(headers.get('range'))
      if (response?.headers.get('x-until-ms') === 'soon') response.headers.set('x-until-ms', String(untilMs))
      return response
    }
    return workersEdgeCache(() => ({ match }) as unknown as Cache, now)
  }
  const fields = (more: Record<string, string> = {}) => ({ 'x-until-ms': 'soon', 'content-length': '1000', ...more })

  test.each([
    { offset: 0, length: 10 },
    { offset: 95, length: 10 },
    { offset: 100, length: 100 },
    { offset: 990, length: 10 },
    { offset: 0, length: 1000 },
  ])('that answers %j with the whole is made to answer with it', async (span) => {
    const whole = answering(() => new Response(streamed(bytes, closing), { headers: fields() }))
    expect(await read(whole.match('k', 1000, span))).toEqual({ length: span.length, bytes: bytesFrom(span.offset, span.length) })
  })

  test.each([
    ['another span', 206, { 'content-range': 'bytes 0-9/1000' }],
    ['a span of another whole', 206, { 'content-range': 'bytes 10-19/999' }],
    ['a span without saying which', 206, {}],
    ['that there is no such span', 416, { 'content-range': 'bytes */1000' }],
    ['that it is unchanged', 304, {}],
    ['no moment', 206, { 'content-range': 'bytes 10-19/1000', 'x-until-ms': '' }],
  ])('that answers with %s has nothing', async (_, status, more) => {
    const body = status === 304 ? null : bytes.slice(0, 10)
    const odd = answering(() => new Response(body, { status, headers: fields(more as Record<string, string>) }))
    expect(await odd.match('k', 1000, { offset: 10, length: 10 })).toBeNull()
  })

  test('that kept the beginning of what broke off has nothing of it, from the first reader on', async () => {
    const half = answering((range) => {
      if (range?.startsWith('bytes=999-')) return undefined
      return new Response(bytes.slice(0, 500), { headers: fields({ 'x-streamed': 'yes' }) })
    })
    expect(await half.match('k', 1000)).toBeNull()
    expect(await half.match('k', 1000, { offset: 0, length: 10 })).toBeNull()
  })

  test('is asked for the end of a copy once', async () => {
    const ranges: (string | null)[] = []
    const kept = answering((range) => {
      ranges.push(range)
      if (range === null) return new Response(bytes, { headers: fields({ 'x-streamed': 'yes' }) })
      return new Response(bytes.slice(999), { status: 206, headers: fields({ 'content-range': 'bytes 999-999/1000' }) })
    })
    for (let i = 0; i < 3; i += 1) expect(await read(kept.match('k', 1000))).toEqual({ length: 1000, bytes })
    expect(ranges).toEqual([null, 'bytes=999-999', null, null])
  })

  test('that fails has nothing, and fails nobody', async () => {
    const failing = async () => {
      throw new Error('the cache is down')
    }
    const broken = workersEdgeCache(() => ({ match: failing, put: failing, delete: failing }) as unknown as Cache, now)
    expect(await broken.match('k', 1000)).toBeNull()
    expect(await broken.matchJson('k')).toBeNull()
    await broken.put('k', bytes, 1000, soon())
    await broken.put('k', streamed(bytes, closing), 1000, soon())
    await broken.putJson('k', {}, soon())
    await broken.delete('k')
  })
})
