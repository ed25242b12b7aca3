// Uploads, deletions, purges and sweeps in any order, over few different contents, with a bucket beside the workspace: an
// upload puts its bytes there first, asks for its media later (or never), and takes its own away when it is told that equal
// bytes were there; released bytes are deleted whenever the queue comes to it. Whatever happens in between, every media
// that can be shown or brought back has its bytes.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Commit } from '../../../domain/log/types.ts'
import { orphanGraceMs, retentionMs, type StoredMedia } from '../../../domain/media/types.ts'
import type { WorkspaceCommand, WorkspaceEffects } from '../../../domain/workspace/types.ts'
import { newMedia } from './media.ts'
import { founded } from './state.ts'

const hour = 3_600_000
const which = fc.nat(1000)

type Step =
  | { does: 'put'; hash: number }
  | { does: 'create' | 'delete' | 'restore' | 'purge' | 'look' | 'release' | 'releaseNeverNamed' | 'queue'; which: number }
  | { does: 'sweep' }
  | { does: 'wait'; ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('put' as const), hash: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('create' as const), which }) },
  ...(['delete', 'restore', 'purge', 'look', 'release', 'releaseNeverNamed', 'queue'] as const).map((does) => ({
    weight: does === 'delete' || does === 'look' ? 4 : 2,
    arbitrary: fc.record({ does: fc.constant(does), which }),
  })),
  { weight: 3, arbitrary: fc.record({ does: fc.constant('sweep' as const) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(hour, orphanGraceMs, retentionMs) }) },
)

const contents = [
  { sha256: 'hash-0', size: 0 },
  { sha256: 'hash-1', size: 7 },
  { sha256: 'hash-2', size: 1000 },
] as const

class World {
  readonly state = founded()
  nowMs = 1_000_000
  /** In the bucket, by blob. */
  readonly bucket = new Map<string, string>()
  /** Bytes whose media was not asked for yet. */
  readonly uploads: { blobId: string; hash: number }[] = []
  readonly mediaIds: string[] = []
  readonly deletes: string[] = []
  /** And when. */
  readonly released = new Map<string, number>()
  /** The first look at each orphan since it was last named. */
  readonly marks = new Map<string, number>()
  #made = 0

  do(one: Step): void {
    switch (one.does) {
      case 'put': {
        const blobId = `blob-${this.#made++}`
        this.bucket.set(blobId, contents[one.hash]?.sha256 ?? '')
        this.uploads.push({ blobId, hash: one.hash })
        return
      }
      case 'create':
        this.#create(one.which)
        return
      case 'wait':
        this.nowMs += one.ms
        return
      case 'sweep':
        this.#sweep()
        return
      case 'queue': {
        const [blobId] = this.deletes.splice(one.which % Math.max(1, this.deletes.length), 1)
        if (blobId !== undefined) this.bucket.delete(blobId)
        return
      }
      case 'look':
        this.#look(this.#blob(one.which))
        return
      case 'release':
        this.#run({ kind: 'blob.release', blobIds: this.#blob(one.which) })
        return
      case 'releaseNeverNamed':
        this.#run({ kind: 'blob.release', blobIds: this.#blob(one.which), ifNeverNamed: true })
        return
      case 'purge':
        this.#run({ kind: 'media.purge', mediaIds: this.mediaIds })
        return
      default: {
        const mediaId = this.mediaIds[one.which % Math.max(1, this.mediaIds.length)]
        if (mediaId !== undefined) this.#run({ kind: `media.${one.does}`, mediaId, scope: 'workspace' })
      }
    }
  }

  #create(at: number): void {
    const [upload] = this.uploads.splice(at % Math.max(1, this.uploads.length), 1)
    if (!upload) return
    const mediaId = `media-${this.#made++}`
    const made = this.#run({ kind: 'media.create', media: newMedia(mediaId, { ...contents[upload.hash], blobId: upload.blobId }) })
    if (made.ok) this.mediaIds.push(mediaId)
    // Refused, or equal bytes were there: the upload takes its own away.
    if (!made.ok || (made.value.answer.body as StoredMedia).blobId !== upload.blobId) this.bucket.delete(upload.blobId)
  }

  /** As the sweep does it: looks, and releases what is due. */
  #sweep(): void {
    const { tables } = this.state
    const { expired, unnamed } = tables.media.chores(this.nowMs)
    if (expired.length > 0) this.#run({ kind: 'media.purge', mediaIds: expired })
    const due = this.#look([...new Set([...unnamed, ...this.bucket.keys()])])
    if (due.length > 0) this.#run({ kind: 'blob.release', blobIds: due })
  }

  #look(blobIds: string[]): string[] {
    return blobIds.filter((blobId) => {
      const standing = this.state.tables.media.look(blobId, this.nowMs)
      const isNamed = this.media().some((media) => media.blobId === blobId)
      const firstMs = this.released.get(blobId) ?? this.marks.get(blobId)
      const isDue = firstMs !== undefined && firstMs + orphanGraceMs <= this.nowMs
      expect(standing, blobId).toBe(isNamed ? 'named' : isDue ? 'due' : 'marked')
      if (standing === 'marked' && firstMs === undefined) this.marks.set(blobId, this.nowMs)
      return standing === 'due'
    })
  }

  #blob(at: number): string[] {
    const known = [...new Set([...this.bucket.keys(), ...this.media().map(({ blobId }) => blobId), 'unheard-of'])]
    return known.slice(at % known.length, (at % known.length) + 2)
  }

  #run(command: WorkspaceCommand) {
    const decision = this.state.run(command, this.nowMs)
    if (!decision.ok) return decision
    const commit = { incarnation: 1, sequence: 1, command, effects: decision.value.effects } as Commit<WorkspaceCommand, WorkspaceEffects>
    for (const { body } of this.state.entity.outgoing(commit)) if (body?.kind === 'blob-delete') this.deletes.push(body.blobId)
    for (const { blobId, value } of decision.value.effects.blobs ?? []) {
      if (value === null) {
        this.released.set(blobId, this.nowMs)
        this.marks.delete(blobId)
      }
    }
    for (const { value } of decision.value.effects.media ?? []) if (value) this.marks.delete(value.blobId)
    return decision
  }

  media(): StoredMedia[] {
    return this.mediaIds.map((mediaId) => this.state.view.media(mediaId)).filter((media) => media !== null && media !== undefined)
  }

  check(): void {
    const { view, tables } = this.state
    const blobs = tables.media.allBlobs().map(({ value }) => value)
    const kept = blobs.filter((blob) => blob !== null)
    for (const { mediaId, blobId, sha256 } of this.media()) {
      expect(view.blob(blobId), mediaId).toMatchObject({ sha256 })
      expect(this.bucket.get(blobId), `the bytes of ${mediaId}`).toBe(sha256)
      expect(this.released.has(blobId), `${mediaId} names a released blob`).toBe(false)
    }
    expect(new Set(kept.map(({ sha256 }) => sha256)).size).toBe(kept.length)
    expect(view.mediaUsage()).toEqual({ bytes: kept.reduce((all, { size }) => all + size, 0), items: this.media().length })
    for (const blobId of this.released.keys()) expect(view.blob(blobId)).toBeNull()
    // Nothing that no media names is forgotten by the sweep.
    const far = tables.media.chores(this.nowMs + 2 * orphanGraceMs).unnamed
    for (const { blobId } of kept) expect(far.includes(blobId), blobId).toBe(!view.isNamed(blobId))
  }
}

test('no media ever loses its bytes, equal bytes are kept once, and what is kept is what is counted', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const world = new World()
      for (const one of steps) {
        world.do(one)
        world.check()
      }
    }),
    { numRuns: 150 },
  )
})

test('what nobody names any more is gone after two sweeps a day apart, and the queue', () => {
  const world = new World()
  const all: Step[] = [
    ...[0, 1, 2, 1].map((hash): Step => ({ does: 'put', hash })),
    ...[0, 0, 0].map((which): Step => ({ does: 'create', which })),
    ...[0, 1, 2].map((which): Step => ({ does: 'delete', which })),
    { does: 'wait', ms: retentionMs },
    { does: 'sweep' },
    { does: 'wait', ms: orphanGraceMs },
    { does: 'sweep' },
    ...[0, 0, 0, 0].map((which): Step => ({ does: 'queue', which })),
  ]
  for (const one of all) {
    world.do(one)
    world.check()
  }
  expect([...world.bucket]).toEqual([])
  expect(world.state.view.mediaUsage()).toEqual({ bytes: 0, items: 0 })
})
