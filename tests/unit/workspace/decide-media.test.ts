// What is decided about media: ids, shelves, quotas, blobs that are kept once, tags all or nothing, and how long what was
// deleted can be brought back.

import { describe, expect, test } from 'vitest'
import { mediaLimitsOf } from '../../../domain/media/limits.ts'
import { type MediaPatch, retentionMs, type StoredMedia } from '../../../domain/media/types.ts'
import type { WorkspaceCommand } from '../../../domain/workspace/types.ts'
import { newMedia } from './media.ts'
import { founded, workspaceState } from './state.ts'

const at = (mediaId: string, scope: 'workspace' | 'common' = 'workspace') => ({ mediaId, scope })
const logo = at('logo')

function withLogo() {
  const state = founded()
  expect(state.run({ kind: 'media.create', media: newMedia('logo') }, 1000)).toMatchObject({ ok: true })
  return state
}
type State = ReturnType<typeof founded>

const kept = (state: State, mediaId: string): StoredMedia | null | undefined => state.view.media(mediaId)
const refused = (code: string) => ({ ok: false, error: { code } })
const tagIds = (state: State) => kept(state, 'logo')?.tags.map(({ tagId, priority }) => [tagId, priority])

describe('creating', () => {
  test('answers the media as it is kept, with times and nothing assigned', () => {
    const state = founded()
    const made = state.run({ kind: 'media.create', media: newMedia('logo', { width: 3, height: 2 }) }, 1000)
    const value = { ...newMedia('logo', { width: 3, height: 2 }), translations: [], tags: [], createdAtMs: 1000, updatedAtMs: 1000 }
    expect(made).toMatchObject({ ok: true, value: { answer: { status: 201, body: value } } })
    expect(kept(state, 'logo')).toEqual(value)
    expect(state.view.mediaUsage()).toEqual({ bytes: 5, items: 1 })
    expect(state.view.blobOf('sha-of-these-bytes')).toEqual({ blobId: 'blob-of-logo', sha256: 'sha-of-these-bytes', size: 5 })
  })

  test('an id is taken by a media that is there, deleted or gone for good, on either shelf', () => {
    const state = withLogo()
    const again = () => state.run({ kind: 'media.create', media: newMedia('logo', { scope: 'common' }) }, 10 + 2 * retentionMs)
    const taken = { ok: false, error: { code: 'resource/already_exists', errors: [{ parameter: 'mediaId' }] } }
    expect(again()).toMatchObject(taken)
    state.run({ kind: 'media.delete', ...logo }, 1000)
    expect(again()).toMatchObject(taken)
    state.run({ kind: 'media.purge', mediaIds: ['logo'] }, 1000 + retentionMs)
    expect(kept(state, 'logo')).toBeNull()
    expect(again()).toMatchObject(taken)
  })

  test('equal bytes are one blob, named by all, counted once, and told once', () => {
    const state = withLogo()
    const second = state.run({ kind: 'media.create', media: newMedia('second', { contentType: 'text/plain' }) })
    expect(second).toMatchObject({ ok: true, value: { answer: { status: 201, body: { blobId: 'blob-of-logo' } } } })
    expect(second.ok && second.value.effects.blobs).toBeUndefined()
    expect(state.view.blob('blob-of-second')).toBeUndefined()
    expect(state.view.mediaUsage()).toEqual({ bytes: 5, items: 2 })
  })

  test('a hash with another size, a released blob and a blob of other bytes are conflicts', () => {
    const state = withLogo()
    const create = (rest: object) => state.run({ kind: 'media.create', media: newMedia('other', rest) })
    expect(create({ size: 6 })).toMatchObject(refused('resource/conflict'))
    state.run({ kind: 'blob.release', blobIds: ['blob-of-other'] })
    expect(create({ sha256: 'new' })).toMatchObject(refused('resource/conflict'))
    expect(create({ sha256: 'new', blobId: 'blob-of-logo' })).toMatchObject(refused('resource/conflict'))
    // What is kept under another blob is found by its hash: the released one is not needed.
    expect(create({})).toMatchObject({ ok: true, value: { answer: { body: { blobId: 'blob-of-logo' } } } })
  })
})

describe('quotas', () => {
  const { fileBytes, totalBytes } = mediaLimitsOf('STANDARD')
  const create = (state: State, id: string, size: number, sha256 = id) =>
    state.run({ kind: 'media.create', media: newMedia(id, { size, sha256 }) })
  const full = (words: RegExp) => ({ ok: false, error: { code: 'business/precondition_failed', detail: expect.stringMatching(words) } })

  test('a file of exactly the plan’s size is taken, one byte more is not, and a larger plan takes it', () => {
    const state = founded()
    expect(create(state, 'exact', fileBytes)).toMatchObject({ ok: true })
    expect(create(state, 'more', fileBytes + 1)).toMatchObject(full(/file.*at most \d+ bytes/))
    state.run({ kind: 'workspace.plan', plan: 'PREMIUM' })
    expect(create(state, 'more', fileBytes + 1)).toMatchObject({ ok: true })
  })

  test('the bytes of all blobs fill up to the last one; bytes that are kept already take none', () => {
    const state = founded()
    for (let taken = 0; taken < totalBytes; taken += fileBytes) expect(create(state, `m${taken}`, fileBytes)).toMatchObject({ ok: true })
    expect(create(state, 'one-more', 1)).toMatchObject(full(/keeps at most \d+ bytes/))
    expect(create(state, 'empty', 0)).toMatchObject({ ok: true })
    expect(create(state, 'again', fileBytes, 'm0')).toMatchObject({ ok: true })
  })

  test('what is deleted counts until its bytes are released', () => {
    const state = withLogo()
    state.run({ kind: 'media.delete', ...logo }, 1000)
    expect(state.view.mediaUsage()).toEqual({ bytes: 5, items: 1 })
    state.run({ kind: 'media.purge', mediaIds: ['logo'] }, 1000 + retentionMs)
    expect(state.view.mediaUsage()).toEqual({ bytes: 5, items: 0 })
    state.run({ kind: 'blob.release', blobIds: ['blob-of-logo'] })
    expect(state.view.mediaUsage()).toEqual({ bytes: 0, items: 0 })
  })

  test('the number of media', () => {
    const state = founded()
    const { items } = mediaLimitsOf('STANDARD')
    state.view.mediaUsage = () => ({ bytes: 0, items: items - 1 })
    expect(create(state, 'fits', 1)).toMatchObject({ ok: true })
    state.view.mediaUsage = () => ({ bytes: 0, items })
    expect(create(state, 'over', 1)).toMatchObject(full(/at most \d+ media/))
  })
})

describe('a media that is not there, is deleted, or is on the other shelf', () => {
  const patch: MediaPatch = { altText: 'x' }
  const commands = (where: ReturnType<typeof at>): WorkspaceCommand[] => [
    { kind: 'media.update', ...where, patch },
    { kind: 'media.delete', ...where },
    { kind: 'media.tags.put', ...where, mode: 'add', assignments: [{ tagId: 't', priority: 0 }] },
    { kind: 'media.tags.remove', ...where, tagIds: ['t'] },
  ]

  test.each([
    ['not there', at('none')],
    ['on the other shelf', at('logo', 'common')],
    ['deleted', at('deleted')],
  ])('%s', (_, where) => {
    const state = withLogo()
    state.run({ kind: 'media.create', media: newMedia('deleted') })
    state.run({ kind: 'media.delete', ...at('deleted') })
    for (const command of commands(where)) expect(state.run(command)).toMatchObject(refused('resource/not_found'))
  })
})

describe('changing', () => {
  test('sets what is given, keeps the rest, and takes an alt text of null away', () => {
    const state = withLogo()
    const translations = [{ lang: 'en', label: 'Logo' }]
    state.run({ kind: 'media.update', ...logo, patch: { altText: 'A logo', translations } }, 2000)
    expect(kept(state, 'logo')).toMatchObject({
      altText: 'A logo',
      translations,
      visibility: 'public',
      createdAtMs: 1000,
      updatedAtMs: 2000,
    })
    const updated = state.run({ kind: 'media.update', ...logo, patch: { altText: null, visibility: 'private' } }, 3000)
    expect(updated).toMatchObject({ ok: true, value: { answer: { status: 200, body: { visibility: 'private', translations } } } })
    expect(kept(state, 'logo')).not.toHaveProperty('altText')
  })

  test('what says nothing new changes nothing, not even the time', () => {
    const state = withLogo()
    const same = state.run({ kind: 'media.update', ...logo, patch: { visibility: 'public', altText: null } }, 5000)
    expect(same).toMatchObject({ ok: true, value: { effects: {}, answer: { body: { updatedAtMs: 1000 } } } })
    expect(kept(state, 'logo')?.updatedAtMs).toBe(1000)
  })
})

describe('tags', () => {
  const put = (state: State, mode: 'add' | 'addNew' | 'change', ...assignments: [string, number][]) =>
    state.run({ kind: 'media.tags.put', ...logo, mode, assignments: assignments.map(([tagId, priority]) => ({ tagId, priority })) }, 2000)

  test('are kept in the order of their ids, and an assignment keeps when it was made', () => {
    const state = withLogo()
    put(state, 'add', ['b', 1], ['a', 2])
    expect(tagIds(state)).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    const assignments = [
      { tagId: 'b', priority: 9 },
      { tagId: 'a', priority: 2 },
    ]
    state.run({ kind: 'media.tags.put', ...logo, mode: 'change', assignments }, 3000)
    expect(kept(state, 'logo')?.tags).toEqual([
      { tagId: 'a', priority: 2, createdAtMs: 2000, updatedAtMs: 2000 },
      { tagId: 'b', priority: 9, createdAtMs: 2000, updatedAtMs: 3000 },
    ])
  })

  test('all or nothing: one that is new among what is to be changed, or old among what is to be new', () => {
    const state = withLogo()
    put(state, 'add', ['a', 1])
    expect(put(state, 'addNew', ['b', 1], ['a', 1])).toMatchObject(refused('resource/already_exists'))
    expect(put(state, 'change', ['a', 5], ['b', 1])).toMatchObject(refused('resource/not_found'))
    expect(state.run({ kind: 'media.tags.remove', ...logo, tagIds: ['a', 'b'] })).toMatchObject(refused('resource/not_found'))
    expect(tagIds(state)).toEqual([['a', 1]])
    expect(put(state, 'add', ['a', 5], ['b', 1])).toMatchObject({ ok: true, value: { answer: { status: 200, body: { mediaId: 'logo' } } } })
    expect(state.run({ kind: 'media.tags.remove', ...logo, tagIds: ['a'] })).toMatchObject({ ok: true })
    expect(tagIds(state)).toEqual([['b', 1]])
  })

  test('a hundred are the most', () => {
    const state = withLogo()
    const some = (from: number, count: number) => Array.from({ length: count }, (_, i): [string, number] => [`t${from + i}`, 0])
    expect(put(state, 'add', ...some(0, 100))).toMatchObject({ ok: true })
    expect(put(state, 'addNew', ['one-more', 0])).toMatchObject(refused('business/precondition_failed'))
    expect(put(state, 'add', ...some(0, 100))).toMatchObject({ ok: true, value: { effects: {} } })
  })
})

describe('deleting, restoring, purging', () => {
  function deleted(nowMs = 1000) {
    const state = withLogo()
    const answer = state.run({ kind: 'media.delete', ...logo }, nowMs)
    expect(answer).toMatchObject({ ok: true, value: { answer: { status: 200, body: { mediaId: 'logo', deleted: true } } } })
    return state
  }
  const restore = (state: State, nowMs: number, where = logo) => state.run({ kind: 'media.restore', ...where }, nowMs)
  const purge = (state: State, nowMs: number) => {
    const decided = state.run({ kind: 'media.purge', mediaIds: ['logo', 'none', 'logo'] }, nowMs)
    return decided.ok ? (decided.value.answer.body as { purged: string[] }).purged : decided
  }

  test('what is deleted is not deleted again, and what is not deleted is not restored', () => {
    expect(deleted().run({ kind: 'media.delete', ...logo })).toMatchObject(refused('resource/not_found'))
    expect(restore(withLogo(), 1000)).toMatchObject(refused('resource/not_found'))
    expect(restore(deleted(), 1001, at('logo', 'common'))).toMatchObject(refused('resource/not_found'))
  })

  test('is restored as it was to the last moment of its time, and not after', () => {
    const state = deleted()
    const before = kept(state, 'logo')
    const restored = restore(state, 1000 + retentionMs - 1)
    expect(restored).toMatchObject({ ok: true, value: { answer: { status: 200, body: { mediaId: 'logo' } } } })
    const { deletedAtMs: _, ...rest } = before as StoredMedia
    expect(kept(state, 'logo')).toEqual({ ...rest, updatedAtMs: 1000 + retentionMs - 1 })
    expect(restore(deleted(), 1000 + retentionMs)).toMatchObject(refused('resource/not_found'))
  })

  test('a purge takes what nobody can restore any more, and leaves everything else', () => {
    expect(purge(withLogo(), 1e12)).toEqual([])
    const state = deleted()
    expect(purge(state, 1000 + retentionMs - 1)).toEqual([])
    expect(purge(state, 1000 + retentionMs)).toEqual(['logo'])
    expect(purge(state, 1000 + retentionMs)).toEqual([])
    expect(restore(state, 1001)).toMatchObject(refused('resource/not_found'))
  })
})

describe('releasing blobs', () => {
  const release = (state: State, blobIds: string[], ifNeverNamed?: true) => {
    const decided = state.run({ kind: 'blob.release', blobIds, ...(ifNeverNamed && { ifNeverNamed }) })
    return decided.ok ? (decided.value.answer.body as { released: string[] }).released : decided
  }

  test('leaves what a media names, deleted or not, and takes what nobody has heard of', () => {
    const state = withLogo()
    expect(release(state, ['blob-of-logo', 'stray', 'stray'])).toEqual(['stray'])
    state.run({ kind: 'media.delete', ...logo }, 1000)
    expect(release(state, ['blob-of-logo', 'stray'])).toEqual(['stray'])
    expect(state.view.blob('stray')).toBeNull()
    state.run({ kind: 'media.purge', mediaIds: ['logo'] }, 1000 + retentionMs)
    expect(release(state, ['blob-of-logo'], true)).toEqual([])
    expect(release(state, ['blob-of-logo'])).toEqual(['blob-of-logo'])
    expect(state.view.blobOf('sha-of-these-bytes')).toBeNull()
  })

  test('bytes that come again after their release are a blob of their own', () => {
    const state = withLogo()
    state.run({ kind: 'media.delete', ...logo }, 1000)
    state.run({ kind: 'media.purge', mediaIds: ['logo'] }, 1000 + retentionMs)
    release(state, ['blob-of-logo'])
    state.run({ kind: 'media.create', media: newMedia('next') })
    expect(kept(state, 'next')?.blobId).toBe('blob-of-next')
  })
})

test('there are no media before there is a workspace', () => {
  expect(workspaceState().run({ kind: 'media.create', media: newMedia('logo') })).toMatchObject(refused('resource/not_found'))
})
