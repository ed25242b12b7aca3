// What tus uploads hold in memory, on an isolate that many use at once: it is bounded, and shared out.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ok } from '../../../domain/result.ts'
import type { UploadState } from '../../../durable-objects/upload/rpc.ts'
import { newMediaMemory } from '../../../workers/media/media-memory.ts'
import type { Opened } from '../../../workers/uploads/opened.ts'
import { gatheredBytes } from '../../../workers/uploads/tus-gathering.ts'
import { Refusal } from '../../../workers/uploads/tus-refusal.ts'
import { TusStore } from '../../../workers/uploads/tus-store.ts'

const mib = 1024 ** 2
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const idOf = (name: string) => name.padEnd(10, '_')

function isolate() {
  const services = {
    now: () => Date.now(),
    pause: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    mediaMemory: newMediaMemory(),
    blobs: { put: async () => {}, putPart: async () => ({ etag: 'etag' }), delete: async () => {} },
  }
  const { gathering } = services.mediaMemory.shares
  let uploads = 0

  function patch(workspaceId: string, { size = 100 * mib, headers = {} as Record<string, string> } = {}) {
    const state = {
      grant: { workspaceId: idOf(workspaceId), uploadId: `u${++uploads}`, size, contentType: 'audio/wav' },
      mode: 'tus',
      status: 'open',
      offset: 0,
      hasTail: false,
      multipart: { blobId: 'b', r2UploadId: 'r', partSize: 5 * mib },
    } as unknown as UploadState
    const upload = {
      state: async () => ok(state),
      admit: async () => ok(state),
      advance: async (from: number, to: number) => {
        if (from !== state.offset) return false
        state.offset = to
        return true
      },
    }
    const call = { headers: new Headers(headers), nowMs: Date.now() }
    const opened = { services, upload, grant: state.grant, call, keyOf: () => 'key', edge: { log: () => {} } } as unknown as Opened
    let send: (chunk: Uint8Array | null) => void = () => {}
    let breakOff = () => {}
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        breakOff = () => controller.error(new Error('in a tunnel'))
        send = (chunk) => (chunk === null ? controller.close() : controller.enqueue(chunk))
      },
    })
    const writing = new TusStore(opened).write(stream as unknown as AsyncIterable<Uint8Array>, 'upload', 0)
    const outcome = writing.then(
      (offset): unknown => offset,
      (thrown) => (thrown instanceof Refusal ? thrown.failure.code : thrown),
    )
    const kept = () => state.offset
    return { kept, outcome, send: (chunk: Uint8Array | null) => send(chunk), breakOff: () => breakOff() }
  }
  return { patch, gathering }
}

const late = Symbol('not yet')
const soon = <T>(outcome: Promise<T>) => Promise.race([outcome, vi.advanceTimersByTimeAsync(100).then(() => late)])

test('forty that stall hold no more than was shared out, and another workspace has its turn at once', async () => {
  const { patch, gathering } = isolate()
  const stalled = Array.from({ length: 40 }, () => patch('greedy'))
  await vi.advanceTimersByTimeAsync(10)
  expect([gathering.held(), gathering.held(idOf('greedy'))]).toEqual([20 * mib, 20 * mib])
  const other = patch('other', { size: 1000 })
  other.send(new Uint8Array(500))
  other.send(null)
  expect(await soon(other.outcome)).toBe(500)
  // Those who find the line full are told so at once; the others within twenty seconds.
  const codes = await Promise.all(stalled.slice(-24).map(({ outcome }) => soon(outcome)))
  expect(codes).toEqual(codes.map(() => 'server/overloaded'))
  await vi.advanceTimersByTimeAsync(21_000)
  expect(await soon(stalled[10]?.outcome ?? Promise.resolve())).toBe('server/overloaded')
})

test('one of which nothing has come for half a minute ends, and keeps what it had', async () => {
  const { patch, gathering } = isolate()
  const one = patch('a')
  one.send(new Uint8Array(1234))
  expect(await soon(one.outcome)).toBe(late)
  await vi.advanceTimersByTimeAsync(29_000)
  one.send(new Uint8Array(1))
  expect(await soon(one.outcome)).toBe(late)
  await vi.advanceTimersByTimeAsync(29_600)
  expect(await soon(one.outcome)).toBe(late)
  await vi.advanceTimersByTimeAsync(1000)
  expect([await soon(one.outcome), one.kept(), gathering.held()]).toEqual(['request/too_slow', 1235, 0])
})

test('one that breaks gives its turn back', async () => {
  const { patch, gathering } = isolate()
  const one = patch('a')
  one.send(new Uint8Array(100))
  expect([await soon(one.outcome), gathering.held()]).toEqual([late, 5 * mib])
  one.breakOff()
  expect([await soon(one.outcome), gathering.held()]).toEqual([new Error('in a tunnel'), 0])
})

test.each([
  ['a part', 0, null, 5 * mib],
  ['as much of one as will come', 0, 1000, 1000],
  ['and what has come before', 5 * mib + 300, 1000, 1300],
  ['no more than a part', 5 * mib + 300, 20 * mib, 5 * mib],
  ['no more than is left', 10 * mib + 1, null, 2 * mib],
])('a PATCH holds %s', (_, offset, declared, bytes) => {
  const state = { offset, multipart: { partSize: 5 * mib }, grant: { size: 12 * mib } } as unknown as UploadState
  expect(gatheredBytes(state, declared)).toBe(bytes)
})
