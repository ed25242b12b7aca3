// What the queue brings of media: rows of the index, copies of bytes, and their end. Each may be lost, repeated and late.

import { beforeEach, expect, test, vi } from 'vitest'
import type { OutboxBody, OutboxMessage } from '../../../domain/outbox.ts'
import { fail } from '../../../domain/result.ts'
import { blobKey, variantKey } from '../../../r2/keys.ts'
import { consumeOutbox } from '../../../workers/consumers/outbox.ts'
import { parts, workspaceId } from '../edge/world.ts'
import { memoryBlobs, memoryCopies } from './memory-blobs.ts'

const confirm = vi.fn(async () => {})
beforeEach(() => void vi.clearAllMocks())

let bucket: ReturnType<typeof memoryBlobs>
let second: ReturnType<typeof memoryCopies>
beforeEach(() => {
  bucket = memoryBlobs()
  second = memoryCopies()
})

/** The bodies as one message; which of its rows the workspace was told of, and whether the message is through. */
async function consumed(bodies: OutboxBody[], over: object = {}) {
  const rows = bodies.map((body, i) => ({ id: `row:${i}`, sequence: i + 1, body }))
  const message: OutboxMessage = { version: 1, workspaceId, source: { kind: 'workspace' }, rows }
  const queued = { body: message, ack: vi.fn(), retry: vi.fn() }
  const its = parts({ workspace: { confirm }, services: { blobs: bucket.store, copies: second.copies, ...over } })
  await consumeOutbox(its, [queued])
  const told = (confirm.mock.calls as unknown as [string, { id: string }[]][]).flatMap(([, receipts]) => receipts.map(({ id }) => id))
  return { told, acked: queued.ack.mock.calls.length === 1, lines: its.lines }
}

/** Of the text "bytes". */
const sha256 = 'J3iWwTrC0QN5b2T8-zDuSc-uUFbPwNV0xEgq4BPwSL4'
const hex = Buffer.from(sha256, 'base64url').toString('hex')
const key = blobKey(workspaceId, 'blob1')
const copy: OutboxBody = { kind: 'blob-copy', blobId: 'blob1', sha256, size: 5, contentType: 'image/png' }
const gone: OutboxBody = { kind: 'blob-delete', blobId: 'blob1' }

test('rows of the index go in one call, with their place in the log', async () => {
  const putMedia = vi.fn(async () => {})
  const row = (mediaId: string): OutboxBody => ({ kind: 'media', incarnation: 3, mediaId, media: null })
  expect(await consumed([row('a'), row('b')], { index: { putMedia } as never })).toMatchObject({ told: ['row:0', 'row:1'], acked: true })
  const at = (sequence: number) => ({ incarnation: 3, sequence })
  expect(putMedia.mock.calls).toEqual([
    [
      [
        { workspaceId, mediaId: 'a', at: at(1), media: null },
        { workspaceId, mediaId: 'b', at: at(2), media: null },
      ],
    ],
  ])
})

test('new bytes are copied with what is known of them, once', async () => {
  bucket.put(key)
  const put = vi.spyOn(second.copies, 'put')
  expect(await consumed([copy])).toMatchObject({ told: ['row:0'], acked: true })
  expect([...second.held]).toEqual([[key, { bytes: 'bytes', size: 5, sha256: hex, contentType: 'image/png' }]])
  await consumed([copy])
  expect(put).toHaveBeenCalledTimes(1)
})

test('where there is no second origin there is nothing to copy', async () => {
  expect(await consumed([copy], { copies: null })).toMatchObject({ told: ['row:0'], acked: true })
})

test('a copy that the other side refuses, or cannot be asked about, is tried again', async () => {
  bucket.put(key)
  const unavailable = async () => fail({ code: 'blob/unavailable' as const, detail: 'S3 is away' })
  for (const over of [{ put: unavailable }, { has: unavailable }])
    expect(await consumed([copy], { copies: { ...second.copies, ...over } })).toMatchObject({ told: [], acked: false })
  const { lines } = await consumed([copy], { blobs: { ...bucket.store, read: unavailable } })
  expect(lines.some((line) => line.includes('S3 is away'))).toBe(true)
})

test('a blob goes with its variants and its copy, however many, and again without harm; others stay', async () => {
  const variants = ['w100', 'w200', 'w300', 'w400', 'w500'].map((variant) => variantKey(workspaceId, 'blob1', variant))
  const others = [blobKey(workspaceId, 'blob2'), variantKey(workspaceId, 'blob10', 'w100')]
  for (const one of [key, ...variants, ...others]) bucket.put(one)
  await consumed([copy])
  for (let i = 0; i < 2; i++) expect((await consumed([gone])).acked).toBe(true)
  expect(bucket.keys()).toEqual([...others].sort())
  expect(second.held.size).toBe(0)
})

test('a copy that comes after the end of its bytes is no copy, and one that is made meanwhile is taken away', async () => {
  expect(await consumed([copy])).toMatchObject({ told: ['row:0'], acked: true })
  bucket.put(key)
  const put: typeof second.copies.put = async (...given) => {
    const done = await second.copies.put(...given)
    await bucket.store.delete([key])
    return done
  }
  expect((await consumed([copy], { copies: { ...second.copies, put } })).acked).toBe(true)
  expect(second.held.size).toBe(0)
})

test('bytes that cannot be deleted now hold up nothing else', async () => {
  const putMedia = vi.fn(async () => {})
  const row: OutboxBody = { kind: 'media', incarnation: 1, mediaId: 'a', media: null }
  const refusing = {
    ...bucket.store,
    delete: async (keys: string[]) => {
      if (keys.includes(key)) throw new Error('R2 is away')
    },
  }
  const other: OutboxBody = { kind: 'blob-delete', blobId: 'blob2' }
  const done = await consumed([gone, row, other], { blobs: refusing, index: { putMedia } as never })
  expect(done).toMatchObject({ told: ['row:1', 'row:2'], acked: false })
})
