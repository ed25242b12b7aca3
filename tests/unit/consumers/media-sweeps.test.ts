// Both sweeps, over the tables that a workspace's object uses and a bucket in memory: what is marked, what waits, what is
// released, and what an upload leaves behind.

import { beforeEach, describe, expect, test, vi } from 'vitest'
import { orphanGraceMs, retentionMs } from '../../../domain/media/types.ts'
import type { OutboxMessage } from '../../../domain/outbox.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { WorkspaceCommand } from '../../../domain/workspace/types.ts'
import type { CommandReply, CommandRequest } from '../../../durable-objects/log/rpc.ts'
import type { UploadRpc } from '../../../durable-objects/upload/rpc.ts'
import { blobKey, tailKey, variantKey } from '../../../r2/keys.ts'
import { consumeOutbox } from '../../../workers/consumers/outbox.ts'
import { sweepMedia, sweepTrail } from '../../../workers/media/sweep.ts'
import { parts, workspaceId } from '../edge/world.ts'
import { newMedia } from '../workspace/media.ts'
import { founded } from '../workspace/state.ts'
import { memoryBlobs } from './memory-blobs.ts'

const start = 1_000_000
const clock = { nowMs: start }
let state: ReturnType<typeof founded>
let bucket: ReturnType<typeof memoryBlobs>
let requests: CommandRequest<WorkspaceCommand>[]
let queued: OutboxMessage[]
beforeEach(() => {
  clock.nowMs = start
  state = founded()
  bucket = memoryBlobs()
  requests = []
  queued = []
})

const execute = async (_: string, all: CommandRequest<WorkspaceCommand>[]): Promise<CommandReply[]> => {
  requests.push(...all)
  return all.map(({ command }) => {
    const decided = state.run(command, clock.nowMs)
    if (!decided.ok) return { ok: false, error: decided.error }
    return { ok: true, answer: decided.value.answer, at: { incarnation: 1, sequence: 1 }, durability: 'record', replayed: false }
  })
}

const its = (over: object = {}) =>
  parts({
    clock,
    workspace: {
      execute: execute as never,
      mediaChores: async (_, nowMs) => ok(state.tables.media.chores(nowMs)),
      releaseUpload: async (_, uploadId) => ok(state.tables.reservations.release(uploadId)),
      lookAtBlobs: async (_, blobIds, nowMs) => ok(blobIds.map((blobId) => state.tables.media.look(blobId, nowMs))),
    },
    services: { blobs: bucket.store, enqueue: async (messages) => void queued.push(...messages), ...over },
  })

const create = (mediaId: string, rest = {}) => state.run({ kind: 'media.create', media: newMedia(mediaId, rest) }, clock.nowMs)
const remove = (mediaId: string) => state.run({ kind: 'media.delete', mediaId, scope: 'workspace' }, clock.nowMs)
const blob = (blobId: string, uploadedAtMs = start) => bucket.put(blobKey(workspaceId, blobId), 'bytes', uploadedAtMs)

/** From the first page to the last; the sums of what was done. */
async function sweep() {
  const sums = { purged: 0, orphans: 0, released: 0, leftovers: 0 }
  const { services } = its()
  for (let from: string | null = null, pages = 0; ; pages++) {
    const page = await sweepMedia(services, workspaceId, from, sweepTrail('request'))
    if (!page.ok) throw new Error(page.error.detail)
    const { next, ...counts } = page.value
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += counts[name]
    if (next === null) return { ...sums, pages: pages + 1 }
    from = next
  }
}
const none = { purged: 0, orphans: 0, released: 0, leftovers: 0 }
const released = () => state.tables.media.allBlobs().flatMap(({ blobId, value }) => (value === null ? [blobId] : []))

describe('a sweep', () => {
  test('of a workspace in which nothing is due does nothing', async () => {
    create('logo')
    blob('blob-of-logo')
    clock.nowMs += retentionMs
    expect(await sweep()).toMatchObject(none)
    expect(requests).toEqual([])
  })

  test('purges what nobody can bring back, marks its bytes, and releases them a day later', async () => {
    create('logo')
    create('same')
    blob('blob-of-logo')
    remove('logo')
    clock.nowMs += retentionMs
    expect(await sweep()).toMatchObject({ ...none, purged: 1 })
    remove('same')
    clock.nowMs += retentionMs
    expect(await sweep()).toMatchObject({ purged: 1, released: 0 })
    clock.nowMs += orphanGraceMs - 1
    expect(await sweep()).toMatchObject({ purged: 0, released: 0 })
    clock.nowMs += 1
    expect(await sweep()).toMatchObject({ released: 1 })
    expect(released()).toEqual(['blob-of-logo'])
    // By the platform, one media a command, and with a key that a repeat would meet again.
    expect(requests.map(({ command }) => command)).toEqual([
      { kind: 'media.purge', mediaIds: ['logo'] },
      { kind: 'media.purge', mediaIds: ['same'] },
      { kind: 'blob.release', blobIds: ['blob-of-logo'] },
    ])
    for (const { trail, idempotency } of requests) {
      expect(trail).toEqual({ subject: 'workspace', platform: 'system', requestId: 'request', operation: 'media/sweep' })
      expect(idempotency).toMatchObject({ derived: true, key: expect.stringContaining('media/sweep:') })
    }
    expect(new Set(requests.map(({ idempotency }) => idempotency?.key)).size).toBe(3)
  })

  test('an upload that finds equal bytes between the mark and the release keeps them', async () => {
    create('logo')
    blob('blob-of-logo')
    remove('logo')
    clock.nowMs += retentionMs
    await sweep()
    clock.nowMs += orphanGraceMs
    expect(create('again')).toMatchObject({ ok: true, value: { answer: { body: { blobId: 'blob-of-logo' } } } })
    expect(await sweep()).toMatchObject(none)
    expect(released()).toEqual([])
  })

  test('an upload that is decided between the look and the release keeps them too', async () => {
    blob('stray', start - orphanGraceMs)
    await sweep()
    clock.nowMs += orphanGraceMs
    const { services } = its()
    const late = {
      ...services.workspace(workspaceId),
      execute: async (id: string, all: CommandRequest<WorkspaceCommand>[]) => {
        create('late', { blobId: 'stray', sha256: 'of-the-stray' })
        return execute(id, all)
      },
    }
    const page = await sweepMedia({ ...services, workspace: () => late as never }, workspaceId, 'chores', sweepTrail('request'))
    expect(page).toMatchObject({ ok: true, value: { released: 0 } })
    expect(state.view.media('late')).toMatchObject({ blobId: 'stray' })
    expect(released()).toEqual([])
  })

  test('looks at everything old in the bucket, page by page, and at nothing young', async () => {
    for (let i = 0; i < 7; i++) blob(`stray-${i}`, i < 5 ? start - orphanGraceMs : start - orphanGraceMs + 1)
    expect(await sweep()).toMatchObject({ ...none, orphans: 5, pages: 7 })
    clock.nowMs += orphanGraceMs
    expect(await sweep()).toMatchObject({ released: 5 })
    expect(released()).toEqual(['stray-0', 'stray-1', 'stray-2', 'stray-3', 'stray-4'])
  })

  test('bytes that came under a released id, and variants of it, are told to be deleted again', async () => {
    state.run({ kind: 'blob.release', blobIds: ['late', 'image'] })
    blob('late')
    bucket.put(variantKey(workspaceId, 'image', 'w100'), 'bytes', start)
    create('shown', { blobId: 'kept', sha256: 'kept' })
    await sweep()
    expect(requests).toEqual([])
    clock.nowMs += orphanGraceMs
    bucket.put(variantKey(workspaceId, 'kept', 'w100'), 'bytes', start)
    expect(await sweep()).toMatchObject({ ...none, orphans: 2, released: 2 })
    expect(requests.map(({ command }) => command)).toEqual([
      { kind: 'blob.release', blobIds: ['late'] },
      { kind: 'blob.release', blobIds: ['image'] },
    ])
  })

  test('deletes what came of an upload that nobody can go on with, and of no other', async () => {
    bucket.put(tailKey(workspaceId, 'given-up', 8), 'bytes', start - retentionMs)
    bucket.put(tailKey(workspaceId, 'going-on', 8), 'bytes', start - retentionMs + 1)
    expect(await sweep()).toMatchObject({ ...none, leftovers: 1 })
    expect(bucket.keys()).toEqual([tailKey(workspaceId, 'going-on', 8)])
  })

  test('of more than one page can hold goes on where it was, and comes to an end', async () => {
    for (let i = 0; i < 620; i++) {
      create(`m${i}`, { sha256: `h${i}` })
      remove(`m${i}`)
    }
    clock.nowMs += retentionMs
    const { services } = its()
    const first = await sweepMedia(services, workspaceId, null, sweepTrail('request'))
    expect(first).toMatchObject({ ok: true, value: { purged: 500, next: 'chores' } })
    expect(await sweep()).toMatchObject({ purged: 120, released: 0 })
    clock.nowMs += orphanGraceMs
    expect((await sweep()).released).toBe(620)
  })

  test('that moves nothing ends, though something is said to be due', async () => {
    const { services } = its()
    const stuck = { ...services.workspace(workspaceId), mediaChores: async () => ok({ expired: ['none'], unnamed: [] }) }
    const page = await sweepMedia({ ...services, workspace: () => stuck as never }, workspaceId, null, sweepTrail('request'))
    expect(page).toMatchObject({ ok: true, value: { purged: 0, next: 'blobs' } })
    expect(requests).toHaveLength(1)
  })

  test('tells what the workspace refuses', async () => {
    const { services } = its()
    const away = { mediaChores: async () => fail({ code: 'record/unavailable' as const, detail: 'Not now.' }) }
    const page = await sweepMedia({ ...services, workspace: () => away as never }, workspaceId, null, sweepTrail('request'))
    expect(page).toMatchObject({ ok: false, error: { code: 'record/unavailable' } })
  })
})

/** Messages until the queue is empty; what became of the first. */
async function consume(body: OutboxMessage['rows'][number]['body'], over: object = {}) {
  const source = { kind: 'workspace' } as const
  queued = [{ version: 1, workspaceId, source, rows: [{ id: body.kind, sequence: 0, body }] }]
  const outcomes: string[] = []
  for (let message = queued.shift(); message; message = queued.shift()) {
    const one = { body: message, ack: vi.fn(() => void outcomes.push('ack')), retry: vi.fn(() => void outcomes.push('retry')) }
    await consumeOutbox(its(over), [one])
  }
  return outcomes
}

describe('by the queue', () => {
  test('a sweep of a workspace is a message a page', async () => {
    for (let i = 0; i < 5; i++) blob(`stray-${i}`, start - orphanGraceMs)
    expect(await consume({ kind: 'media-sweep', after: null })).toEqual(['ack', 'ack', 'ack', 'ack', 'ack', 'ack'])
    clock.nowMs += orphanGraceMs
    await consume({ kind: 'media-sweep', after: null })
    expect(released()).toHaveLength(5)
  })

  test('a page that fails comes again', async () => {
    const list = async () => Promise.reject(new Error('R2 is away'))
    expect(await consume({ kind: 'media-sweep', after: 'blobs' }, { blobs: { ...bucket.store, list } })).toEqual(['retry'])
  })
})

describe('an upload that is over', () => {
  const upload = (leftovers: Awaited<ReturnType<UploadRpc['leftovers']>>) => {
    const swept = vi.fn(async () => {})
    const names: string[] = []
    const of = (name: string) => {
      names.push(name)
      return { leftovers: async () => leftovers, swept } as never
    }
    return { swept, names, upload: of }
  }
  const sweepUpload = (its: ReturnType<typeof upload>) => consume({ kind: 'upload-sweep', uploadId: 'upload1' }, { upload: its.upload })
  /** For an upload whose worker died before it could give it back. */
  const keepRoom = () =>
    state.tables.reservations.reserve({ uploadId: 'upload1', blobId: 'parts', bytes: 5, expiresAtMs: clock.nowMs + 1000 }, clock.nowMs)
  const multipart = { blobId: 'parts', r2UploadId: 'r2-upload', partSize: 5 }

  test('is cleared away: parts, tails, and every blob that no media has ever named', async () => {
    create('logo')
    create('other', { blobId: 'became-other', sha256: 'other' })
    for (const offset of [0, 5, 10]) bucket.put(tailKey(workspaceId, 'upload1', offset))
    bucket.put(tailKey(workspaceId, 'upload10', 0))
    const its = upload({ blobIds: ['try-1', 'try-2', 'became-other', 'blob-of-logo'], multipart, isOver: true, kept: 'blob-of-logo' })
    keepRoom()
    expect(await sweepUpload(its)).toEqual(['ack'])
    expect(state.view.reservedMedia(clock.nowMs).uploads).toBe(0)
    expect(its.names).toEqual([`${workspaceId}:upload1`])
    expect(bucket.aborted).toEqual([`${blobKey(workspaceId, 'parts')} r2-upload`])
    expect(released()).toEqual(['parts', 'try-1', 'try-2'])
    expect(bucket.keys()).toEqual([tailKey(workspaceId, 'upload10', 0)])
    expect(its.swept.mock.calls).toEqual([[['try-1', 'try-2', 'became-other', 'blob-of-logo']]])
  })

  test('of which nothing is left is told so, and no command is made', async () => {
    create('logo')
    const its = upload({ blobIds: ['blob-of-logo'], multipart: null, isOver: true, kept: 'blob-of-logo' })
    expect(await sweepUpload(its)).toEqual(['ack'])
    expect(requests).toEqual([])
    expect(its.swept).toHaveBeenCalledTimes(1)
  })

  test('what a media named, if only for a while, waits for the sweep of orphans', async () => {
    create('logo')
    remove('logo')
    clock.nowMs += retentionMs
    state.run({ kind: 'media.purge', mediaIds: ['logo'] }, clock.nowMs)
    await sweepUpload(upload({ blobIds: ['blob-of-logo'], multipart: null, isOver: true, kept: null }))
    expect(released()).toEqual([])
  })

  test('one that still goes on is left alone', async () => {
    bucket.put(tailKey(workspaceId, 'upload1', 0))
    const its = upload({ blobIds: ['try-1'], multipart, isOver: false, kept: null })
    keepRoom()
    expect(await sweepUpload(its)).toEqual(['ack'])
    expect(state.view.reservedMedia(clock.nowMs).uploads).toBe(1)
    expect([bucket.aborted, requests, bucket.keys().length, its.swept.mock.calls]).toEqual([[], [], 1, []])
  })

  test('that cannot be cleared away now is not told so', async () => {
    const its = upload({ blobIds: [], multipart: null, isOver: true, kept: null })
    const list = async () => Promise.reject(new Error('R2 is away'))
    const over = { upload: its.upload, blobs: { ...bucket.store, list } }
    expect(await consume({ kind: 'upload-sweep', uploadId: 'upload1' }, over)).toEqual(['retry'])
    expect(its.swept).not.toHaveBeenCalled()
  })
})
