// The Workers Cache API as media use it. Only public media are ever put there, under keys that start with the workspace
// and name the blob, never under what a client wrote; a copy carries the moment until which it may be served, so it is
// over on time whatever the cache thinks of it.
//
// Whole bytes only: `put` refuses a 206, and answers spans itself from what it has whole.
// https://developers.cloudflare.com/workers/runtime-apis/cache/
//
// A stream that breaks halfway may leave its beginning (miniflare's cache keeps it, under the length that was said). So the
// end of a copy that was streamed is looked at before the copy is first believed: once an isolate.

import { contentRange } from '../../r2/range.ts'
import { RecentMap } from '../edge/limits/recent-map.ts'

export interface CachedBytes {
  body: ReadableStream<Uint8Array>
  /** Of the body: the span's, where one was asked for. */
  length: number
}

export interface EdgeCache {
  /** Bytes under a key, whole or a span; null where they are not there, or no longer. `size` is the whole's. */
  match(key: string, size: number, span?: { offset: number; length: number }): Promise<CachedBytes | null>
  /** Whole bytes. Never rejects: a cache that fails is a cache that has nothing. */
  put(key: string, bytes: ReadableStream<Uint8Array> | Uint8Array, size: number, untilMs: number): Promise<void>
  /** A small JSON value. */
  matchJson(key: string): Promise<unknown>
  putJson(key: string, value: unknown, untilMs: number): Promise<void>
  /** At this location only; the others' copies run out. */
  delete(key: string): Promise<void>
}

const untilField = 'x-until-ms'
const streamedField = 'x-streamed'
/** Nobody's host: nothing can be asked for under it from outside. */
const addressOf = (key: string): string => `https://media.laurel.invalid/${key}`

export function workersEdgeCache(cache: () => Cache, now: () => number): EdgeCache {
  async function look(key: string, range?: string): Promise<Response | null> {
    const found = await cache().match(new Request(addressOf(key), range === undefined ? {} : { headers: { range } }))
    if (!found) return null
    if (now() < Number(found.headers.get(untilField) ?? 0)) return found
    return discard(found)
  }

  /** The moments of copies whose end was seen, by key. */
  const whole = new RecentMap<number>(1000)

  async function isWhole(key: string, { headers }: Response, size: number): Promise<boolean> {
    const untilMs = Number(headers.get(untilField))
    if (headers.get(streamedField) === null || whole.get(key) === untilMs) return true
    const isThere = await quietly(async () => {
      const end = await look(key, `bytes=${size - 1}-${size - 1}`)
      // A cache that answers with everything is one that we know nothing bad of.
      return end !== null && (end.status === 206 ? (await end.arrayBuffer()).byteLength === 1 : (await discard(end)) === null)
    })
    if (isThere) whole.set(key, untilMs)
    return isThere === true
  }

  async function store(key: string, body: BodyInit, contentType: string, untilMs: number): Promise<void> {
    const headers = {
      ...(body instanceof ReadableStream && { [streamedField]: 'yes' }),
      'content-type': contentType,
      'cache-control': `public, max-age=${Math.floor((untilMs - now()) / 1000)}`,
      [untilField]: String(untilMs),
    }
    await cache().put(addressOf(key), new Response(body, { headers }))
  }

  const isOver = (untilMs: number): boolean => untilMs - now() < 1000

  return {
    match: (key, size, span) =>
      quietly(async () => {
        const found = await look(key, span && `bytes=${span.offset}-${span.offset + span.length - 1}`)
        if (!found?.body) return null
        const { status, headers, body } = found
        const isSpan = span && status === 206 && headers.get('content-range') === contentRange(span, size)
        const isAll = status === 200 && headers.get('content-length') === String(size)
        if (!(isSpan || isAll) || !(await isWhole(key, found, size))) return discard(found)
        if (isSpan) return { body, length: span.length }
        return span ? { body: sliced(body, span), length: span.length } : { body, length: size }
      }),
    async put(key, bytes, size, untilMs) {
      if (isOver(untilMs)) return bytes instanceof Uint8Array ? undefined : bytes.cancel()
      await quietly(async () => {
        if (bytes instanceof Uint8Array) return store(key, bytes, 'application/octet-stream', untilMs)
        const exact = new FixedLengthStream(size)
        const ending = new AbortController()
        const piped = bytes.pipeTo(exact.writable, { signal: ending.signal })
        piped.catch(() => {})
        try {
          await store(key, exact.readable, 'application/octet-stream', untilMs)
          // Of what goes on too long the cache has the beginning, too.
          await piped
        } catch {
          ending.abort()
          await cache().delete(addressOf(key))
        }
      })
    },
    matchJson: (key) => quietly(async () => (await look(key))?.json()),
    async putJson(key, value, untilMs) {
      if (!isOver(untilMs)) await quietly(() => store(key, JSON.stringify(value), 'application/json', untilMs))
    },
    async delete(key) {
      await quietly(() => cache().delete(addressOf(key)))
    },
  }
}

/** Unread bodies keep their connections. */
async function discard(found: Response): Promise<null> {
  await found.body?.cancel()
  return null
}

async function quietly<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch {
    return null
  }
}

/** Where the cache answers with the whole all the same. */
function sliced(body: ReadableStream<Uint8Array>, { offset, length }: { offset: number; length: number }): ReadableStream<Uint8Array> {
  let skip = offset
  let left = length
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const wanted = chunk.subarray(Math.min(skip, chunk.length)).subarray(0, left)
        skip -= Math.min(skip, chunk.length)
        left -= wanted.length
        if (wanted.length > 0) controller.enqueue(wanted)
        if (left === 0) controller.terminate()
      },
    }),
  )
}
