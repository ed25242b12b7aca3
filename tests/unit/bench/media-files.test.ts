// What the benchmark of media uploads: text, the same bytes however they are cut; and the large object's way through a
// server that stands in for the platform, with its checksum.

import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { type LargeFile, largeFile, makeFile } from '../../../bench/media/files.ts'
import type { MediaClient } from '../../../bench/media/media-client.ts'
import { isFlat, runFlow } from '../../../bench/media/streaming.ts'

const key = Uint8Array.from({ length: 16 }, (_, i) => i)

test('a large file has the same bytes however it is cut', () => {
  const file = largeFile(100_003, key)
  const whole = file.piece(0, file.size)
  expect(whole.length).toBe(file.size)
  for (const [offset, length] of [
    [0, 16],
    [1, 1],
    [15, 2],
    [16, 4096],
    [4097, 70_000],
    [99_999, 4],
  ] as const)
    expect(file.piece(offset, length), `${offset}+${length}`).toEqual(whole.slice(offset, offset + length))
})

test('the last piece ends with the file, and nothing is behind it', () => {
  const file = largeFile(1000, key)
  expect(file.piece(990, 100)).toEqual(file.piece(990, 10))
  expect(file.piece(1000, 100)).toHaveLength(0)
})

test('another key is another file, and every byte is of printable text', () => {
  const [one, other] = [largeFile(4096, key).piece(0, 4096), largeFile(4096, Uint8Array.from(key).reverse()).piece(0, 4096)]
  expect(one).not.toEqual(other)
  const { bytes } = makeFile('4KiB', 4096)
  for (const text of [one, other, bytes]) expect(Buffer.from(text).toString('latin1')).toMatch(/^[A-Za-z0-9 \n]{4096}$/)
})

const size = 3_000_000
const plan = (url: string, onSent: (file: LargeFile) => void = () => {}) => ({
  pid: process.pid,
  client: standIn(url, onSent),
  file: largeFile(size, key),
  warmUp: largeFile(1000, key),
  slow: { bytesASecond: 30e6, stopsForMs: 10 },
  boundBytes: Number.POSITIVE_INFINITY,
})

/** Keeps nothing: the server makes the bytes again. */
const standIn = (url: string, onSent: (file: LargeFile) => void): MediaClient => ({
  upload: () => Promise.reject(new Error('not asked for')),
  async uploadInParts(_name, file, onPart) {
    onSent(file)
    for (let at = 0; at < file.size; at += 1_000_000) onPart(file.piece(at, 1_000_000))
    return url
  },
})

test('the large object goes up once and comes down twice, slowly and fast, with the right checksum', async () => {
  const { url, close, serve } = await serving()
  const flow = await runFlow(plan(url, serve), () => {})
  await close()
  expect(flow.stages.map(({ name, isRight }) => [name, isRight])).toEqual([
    ['up, in parts', true],
    ['down, a slow reader', true],
    ['down, a fast reader', true],
  ])
  // 3 MB at 30 MB a second.
  expect(flow.stages[1]?.seconds).toBeGreaterThan(0.1)
  expect(isFlat(flow)).toBe(true)
})

test('one wrong byte is seen', async () => {
  const { url, close, serve } = await serving((bytes) => {
    bytes[bytes.length - 1] = 0
  })
  const flow = await runFlow(plan(url, serve), () => {})
  await close()
  expect(flow.stages.map(({ isRight }) => isRight)).toEqual([true, false, false])
  expect(isFlat(flow)).toBe(false)
})

async function serving(spoil: (bytes: Uint8Array) => void = () => {}) {
  let file: LargeFile | undefined
  const server = createServer((_request, response) => {
    const bytes = file?.piece(0, file.size) ?? new Uint8Array()
    spoil(bytes)
    response.end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/`,
    serve: (one: LargeFile) => {
      file = one
    },
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}
