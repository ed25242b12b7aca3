// Bytes on their way into a store: in whatever pieces they come, either exactly those that were announced are stored, or
// nothing is.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { receive } from '../../workers/uploads/receive.ts'
import { noise, sha256Of, streamOf } from './support/uploads.ts'

/** What a store has kept: all of a stream that ended as it should, and nothing of one that did not. */
function bucket() {
  const kept: Uint8Array[] = []
  const store = async (bytes: ReadableStream<Uint8Array> | Uint8Array): Promise<Result<void>> => {
    kept.push(bytes instanceof Uint8Array ? bytes : new Uint8Array(await new Response(bytes).arrayBuffer()))
    return ok(undefined)
  }
  return { kept, store }
}

const sizes = fc.oneof(fc.integer({ min: 0, max: 300_000 }), fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 131_072))

test('exactly what was announced is stored, or nothing', async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 12 })
  const harm = fc.constantFrom('none', 'short', 'long', 'other', 'broken')
  await fc.assert(
    fc.asyncProperty(sizes, cuts, harm, fc.boolean(), async (size, cuts, harm, isNative) => {
      const right = noise(size, size + 1)
      const sent = harm === 'short' ? right.slice(0, -1) : harm === 'long' ? noise(size + 1, size + 1) : right.slice()
      if (harm === 'other' && size > 0) sent[size - 1] = (sent[size - 1] ?? 0) ^ 1
      const pieces: Uint8Array[] = []
      let at = 0
      for (const cut of cuts) {
        if (at < sent.byteLength) pieces.push(sent.slice(at, at + cut))
        at += cut
      }
      if (at < sent.byteLength) pieces.push(sent.slice(at))
      const stream = harm === 'broken' ? breaking(pieces) : streamOf(...pieces)
      const body = isNative && harm !== 'broken' ? (new Response(sent).body as ReadableStream<Uint8Array>) : stream
      const { kept, store } = bucket()
      const received = await receive(body, { size, sha256: sha256Of(right) }, store)
      const isRight = harm === 'none' || (size === 0 && harm !== 'long' && harm !== 'broken')
      expect(received.ok, harm).toBe(isRight)
      expect(kept.map(sha256Of)).toEqual(isRight ? [sha256Of(right)] : [])
      if (received.ok) expect(received.value.sha256).toBe(sha256Of(right))
    }),
    { numRuns: 150 },
  )
})

const breaking = (pieces: Uint8Array[]): ReadableStream<Uint8Array> => {
  const left = [...pieces]
  return new ReadableStream({
    pull(controller) {
      const piece = left.shift()
      if (piece) controller.enqueue(piece)
      else controller.error(new Error('the phone is in a tunnel'))
    },
  })
}

test('what is wrong at the beginning never reaches the store', async () => {
  const { kept, store } = bucket()
  const seen: number[] = []
  const look = async (head: Uint8Array) => {
    seen.push(head.byteLength)
    return failure('validation/invalid_input', 'no')
  }
  for (const size of [10, 65_536, 200_000])
    expect(await receive(streamOf(noise(size)), { size, look }, store)).toMatchObject({ ok: false, error: { detail: 'no' } })
  expect([seen, kept]).toEqual([[10, 65_536, 65_536], []])
})

test('a store that gives up keeps nobody waiting', async () => {
  const bytes = noise(400_000)
  const announced = { size: bytes.byteLength }
  const body = () => streamOf(...Array.from({ length: 40 }, (_, i) => bytes.slice(i * 10_000, (i + 1) * 10_000)))
  const refused = fail(failure('resource/gone', 'no'))
  expect(await receive(body(), announced, async () => refused)).toEqual(refused)
  await expect(receive(body(), announced, () => Promise.reject(new Error('down')))).rejects.toThrow('down')
  const halfway = async (stream: ReadableStream<Uint8Array> | Uint8Array): Promise<never> => {
    await (stream as ReadableStream<Uint8Array>).getReader().read()
    throw new Error('lost')
  }
  await expect(receive(body(), announced, halfway)).rejects.toThrow('lost')
})

test('no more is read ahead than is held', async () => {
  let given = 0
  const piece = noise(64 * 1024)
  const size = 200 * piece.byteLength
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (given === size) return controller.close()
        given += piece.byteLength
        controller.enqueue(piece)
      },
    },
    { highWaterMark: 0 },
  )
  let taken = 0
  let most = 0
  const slow = async (stream: ReadableStream<Uint8Array> | Uint8Array): Promise<Result<void>> => {
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      taken += chunk.byteLength
      most = Math.max(most, given - taken)
    }
    return ok(undefined)
  }
  expect((await receive(body, { size }, slow)).ok).toBe(true)
  expect(taken).toBe(size)
  expect(most).toBeLessThan(4 * piece.byteLength)
})
