// Long reads in windows: the bytes are those of one read, nothing is asked for before it is wanted, and a read that ends, by
// either side, ends all of it.

import { expect, test } from 'vitest'
import type { BlobReader, Span } from '../../domain/media/blobs.ts'
import { fail, ok } from '../../domain/result.ts'
import { readInWindows } from '../../workers/media/windows.ts'

const blob = Uint8Array.from({ length: 100 }, (_, i) => i)
const whole = { key: 'k', size: blob.length }

/** Gives the blob's bytes five at a time, and notes what was asked for. */
function store(failsAt = Number.POSITIVE_INFINITY) {
  const asked: (Span | undefined)[] = []
  const cancelled = Promise.withResolvers<void>()
  const reader: BlobReader = {
    async read(_key, span) {
      asked.push(span)
      const { offset, length } = span ?? { offset: 0, length: blob.length }
      if (offset >= failsAt) return fail({ code: 'blob/unavailable', detail: 'gone' })
      let at = offset
      return ok(
        new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              const end = Math.min(at + 5, offset + length)
              if (at < end) controller.enqueue(blob.slice(at, end))
              else controller.close()
              at = end
            },
            cancel: () => cancelled.resolve(),
          },
          { highWaterMark: 0 },
        ),
      )
    },
  }
  return { reader, asked, cancelled: cancelled.promise }
}

async function opened(reader: BlobReader, span?: Span, window = 30): Promise<ReadableStream<Uint8Array>> {
  const read = await readInWindows(reader, whole, span, window)
  if (!read.ok) throw new Error(read.error.code)
  return read.value
}

const taken = async (stream: ReadableStream) => new Uint8Array(await new Response(stream).arrayBuffer())

test.each<[string, Span | undefined, Span[]]>([
  [
    'all of it',
    undefined,
    [
      { offset: 0, length: 30 },
      { offset: 30, length: 30 },
      { offset: 60, length: 30 },
      { offset: 90, length: 10 },
    ],
  ],
  [
    'two whole windows',
    { offset: 7, length: 60 },
    [
      { offset: 7, length: 30 },
      { offset: 37, length: 30 },
    ],
  ],
  [
    'a window and a byte',
    { offset: 69, length: 31 },
    [
      { offset: 69, length: 30 },
      { offset: 99, length: 1 },
    ],
  ],
])('%s comes in windows, each byte once', async (_, span, windows) => {
  const { reader, asked } = store()
  const { offset, length } = span ?? { offset: 0, length: blob.length }
  expect(await taken(await opened(reader, span))).toEqual(blob.slice(offset, offset + length))
  expect(asked).toEqual(windows)
})

test.each<[string, Span | undefined, number]>([
  ['all of it', undefined, 100],
  ['a span', { offset: 40, length: 30 }, 30],
])('%s that is no longer than a window is read as it was asked for', async (_, span, window) => {
  const { reader, asked } = store()
  const { offset, length } = span ?? { offset: 0, length: blob.length }
  expect(await taken(await opened(reader, span, window))).toEqual(blob.slice(offset, offset + length))
  expect(asked).toEqual([span])
})

test('a window is asked for when the one before has been taken', async () => {
  const { reader, asked } = store()
  const bytes = (await opened(reader)).getReader()
  for (let taken = 0; taken < 30; ) taken += (await bytes.read()).value?.length ?? 0
  expect(asked.length).toBeLessThanOrEqual(2)
  for (let taken = 30; taken < 35; ) taken += (await bytes.read()).value?.length ?? 0
  expect(asked).toHaveLength(2)
  await bytes.cancel()
})

test('who goes away ends the read', async () => {
  const { reader, asked, cancelled } = store()
  const bytes = (await opened(reader)).getReader()
  await bytes.read()
  await bytes.cancel()
  await cancelled
  expect(asked).toHaveLength(1)
})

test('the stream breaks where a later window fails', async () => {
  const { reader, asked } = store(60)
  await expect(taken(await opened(reader))).rejects.toThrow()
  expect(asked).toHaveLength(3)
})

test('a first window that fails is a failure, and no stream', async () => {
  const { reader } = store(0)
  expect(await readInWindows(reader, whole, undefined, 30)).toEqual(fail({ code: 'blob/unavailable', detail: 'gone' }))
})
