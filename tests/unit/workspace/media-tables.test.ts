// What the workspace's object keeps for its sweeps, when it wakes for one, and what it has for others after a rebuild.

import { beforeEach, describe, expect, test, vi } from 'vitest'
import { orphanGraceMs, retentionMs } from '../../../domain/media/types.ts'
import { SweepClock } from '../../../durable-objects/workspace/sweep-clock.ts'
import { newMedia } from './media.ts'
import { founded } from './state.ts'

const hour = 3_600_000
const week = 7 * 24 * hour
const start = 1_000_000
const logo = { mediaId: 'logo', scope: 'workspace' } as const

let state: ReturnType<typeof founded>
beforeEach(() => {
  state = founded()
})

const create = (mediaId: string, nowMs = start, rest = {}) => state.run({ kind: 'media.create', media: newMedia(mediaId, rest) }, nowMs)
const remove = (mediaId: string, nowMs: number) => state.run({ kind: 'media.delete', mediaId, scope: 'workspace' }, nowMs)
const purge = (mediaId: string, nowMs: number) => state.run({ kind: 'media.purge', mediaIds: [mediaId] }, nowMs)
const media = () => state.tables.media

/** Deleted at the start, gone 30 days later: from then on nothing names its blob. */
function orphaned(): number {
  create('logo')
  remove('logo', start)
  purge('logo', start + retentionMs)
  return start + retentionMs
}

describe('looks', () => {
  test('mark what nothing names, whether it is known or not, and find it due a day later', () => {
    const atMs = orphaned()
    for (const blobId of ['blob-of-logo', 'stray']) {
      expect(media().look(blobId, atMs)).toBe('marked')
      expect(media().look(blobId, atMs + orphanGraceMs - 1)).toBe('marked')
      expect(media().look(blobId, atMs + orphanGraceMs)).toBe('due')
    }
  })

  test('leave what is named, also by a media that is deleted', () => {
    create('logo')
    expect(media().look('blob-of-logo', 0)).toBe('named')
    remove('logo', start)
    expect(media().look('blob-of-logo', Number.MAX_SAFE_INTEGER)).toBe('named')
  })

  test('naming a blob takes its mark away: the next orphan waits its own day', () => {
    const atMs = orphaned()
    media().look('blob-of-logo', atMs)
    create('again', atMs + hour)
    expect(media().look('blob-of-logo', atMs + orphanGraceMs)).toBe('named')
    remove('again', atMs + hour)
    purge('again', atMs + hour + retentionMs)
    expect(media().look('blob-of-logo', atMs + hour + retentionMs)).toBe('marked')
  })

  test('what was released is due again a day later: whatever lies there then came since', () => {
    state.run({ kind: 'blob.release', blobIds: ['late'] }, start)
    expect(media().look('late', start + orphanGraceMs - 1)).toBe('marked')
    expect(media().look('late', start + orphanGraceMs)).toBe('due')
    state.run({ kind: 'blob.release', blobIds: ['late'] }, start + orphanGraceMs)
    expect(media().look('late', start + orphanGraceMs)).toBe('marked')
    expect(media().chores(Number.MAX_SAFE_INTEGER).unnamed).toEqual([])
  })
})

describe('chores', () => {
  test('are what has waited long enough, and come to an end once they are done', () => {
    create('logo')
    remove('logo', start)
    expect(media().chores(start + retentionMs - 1)).toEqual({ expired: [], unnamed: [] })
    expect(media().chores(start + retentionMs)).toEqual({ expired: ['logo'], unnamed: [] })
    const atMs = start + retentionMs
    purge('logo', atMs)
    expect(media().chores(atMs)).toEqual({ expired: [], unnamed: ['blob-of-logo'] })
    media().look('blob-of-logo', atMs)
    expect(media().chores(atMs + orphanGraceMs - 1)).toEqual({ expired: [], unnamed: [] })
    expect(media().chores(atMs + orphanGraceMs)).toEqual({ expired: [], unnamed: ['blob-of-logo'] })
    state.run({ kind: 'blob.release', blobIds: ['blob-of-logo'] })
    expect(media().chores(atMs + orphanGraceMs)).toEqual({ expired: [], unnamed: [] })
  })

  test('a stray is one once its day is over, and a restored media is none', () => {
    media().look('stray', start)
    expect(media().chores(start + orphanGraceMs).unnamed).toEqual(['stray'])
    create('logo')
    remove('logo', start)
    state.run({ kind: 'media.restore', ...logo }, start + hour)
    expect(media().chores(start + retentionMs).expired).toEqual([])
  })

  test('are bounded', () => {
    for (let i = 0; i < 130; i++) {
      create(`m${i}`, start, { sha256: `h${i}` })
      remove(`m${i}`, start)
    }
    expect(media().chores(start + retentionMs).expired).toHaveLength(100)
  })
})

describe('the next sweep', () => {
  const next = () => media().nextSweepAtMs()

  test('is never, where nothing was ever kept', () => {
    expect(next()).toBeNull()
  })

  test('is when the first of: a week is over, a deleted media expires, an orphan is to be marked or due', () => {
    create('logo')
    expect(next()).toBe(start + week)
    remove('logo', start + hour)
    media().sweepAsked(start + retentionMs)
    expect(next()).toBe(start + hour + retentionMs)
    purge('logo', start + hour + retentionMs)
    const atMs = start + hour + retentionMs
    media().sweepAsked(atMs)
    // Unmarked: as soon as there may be one again.
    expect(next()).toBe(atMs + hour)
    media().look('blob-of-logo', atMs)
    expect(next()).toBe(atMs + orphanGraceMs)
    state.run({ kind: 'blob.release', blobIds: ['blob-of-logo'] })
    expect(next()).toBe(atMs + week)
  })

  test('is an hour after the last at the earliest, whatever is left undone', () => {
    create('logo')
    remove('logo', start)
    media().sweepAsked(start + retentionMs + hour)
    expect(next()).toBe(start + retentionMs + 2 * hour)
  })
})

describe('the clock', () => {
  function clock(over: { send?: () => Promise<void>; alarmAtMs?: number | null } = {}) {
    const wakeBy = vi.fn<(atMs: number) => void>()
    const send = vi.fn(over.send ?? (async () => {}))
    const its = { nowMs: start }
    const ports = { now: () => its.nowMs, send, report: vi.fn(), limits: { resendAfterMs: 30_000 } as never }
    return { its, wakeBy, send, clock: new SweepClock(ports, { wakeBy }, state.tables.media, async () => over.alarmAtMs ?? null) }
  }

  test('sends nothing and sets nothing where nothing is kept', async () => {
    const { clock: one, wakeBy, send } = clock()
    await one.alarm()
    await one.plan()
    expect([wakeBy.mock.calls, send.mock.calls]).toEqual([[], []])
  })

  test('wakes for what will be due, sends once when it is, and plans the next', async () => {
    const { clock: one, its, wakeBy, send } = clock()
    create('logo')
    await one.alarm()
    expect(send).not.toHaveBeenCalled()
    expect(wakeBy.mock.calls).toEqual([[start + week]])
    its.nowMs = start + week
    await one.alarm()
    expect(send.mock.calls).toEqual([[[{ id: 'media-sweep', sequence: 0, body: { kind: 'media-sweep', after: null } }]]])
    expect(wakeBy).toHaveBeenLastCalledWith(start + 2 * week)
    await one.alarm()
    expect(send).toHaveBeenCalledTimes(1)
  })

  test('a queue that refuses is asked again soon, and the sweep is still due', async () => {
    const refusing = clock({ send: async () => Promise.reject(new Error('no queue')) })
    create('logo')
    refusing.its.nowMs = start + week
    await refusing.clock.alarm()
    expect(refusing.wakeBy.mock.calls).toEqual([[start + week + 30_000]])
    expect(state.tables.media.nextSweepAtMs()).toBe(start + week)
  })

  test('a plan never moves an alarm away that was set for something sooner', async () => {
    create('logo')
    const sooner = clock({ alarmAtMs: start + 5 })
    await sooner.clock.plan()
    expect(sooner.wakeBy).not.toHaveBeenCalled()
    for (const alarmAtMs of [null, start + 2 * week]) {
      const later = clock({ alarmAtMs })
      await later.clock.plan()
      expect(later.wakeBy.mock.calls).toEqual([[start + week]])
    }
  })
})

describe('for others', () => {
  const rows = () => state.entity.everything({ incarnation: 3, sequence: 9 }).filter(({ id }) => /^(media|blob):/.test(id))

  test('a rebuild has every media, what is gone among it, and every blob as it is to be', () => {
    create('logo', start)
    create('deleted', start, { sha256: 'h1', contentType: 'text/plain' })
    create('purged', start, { sha256: 'h2' })
    for (const mediaId of ['deleted', 'purged']) remove(mediaId, start)
    purge('purged', start + retentionMs)
    state.run({ kind: 'blob.release', blobIds: ['stray'] })
    const row = (kind: 'media', mediaId: string, media: unknown) => ({
      id: `media:${mediaId}`,
      body: { kind, incarnation: 3, mediaId, media },
    })
    const copy = (blobId: string, sha256: string, contentType: string) => ({
      id: `blob:${blobId}`,
      body: { kind: 'blob-copy', blobId, sha256, size: 5, contentType },
    })
    expect(rows()).toEqual([
      row('media', 'deleted', null),
      row('media', 'logo', state.view.media('logo')),
      row('media', 'purged', null),
      copy('blob-of-deleted', 'h1', 'text/plain'),
      copy('blob-of-logo', 'sha-of-these-bytes', 'image/png'),
      copy('blob-of-purged', 'h2', 'application/octet-stream'),
      { id: 'blob:stray', body: { kind: 'blob-delete', blobId: 'stray' } },
    ])
  })

  test('a new life begins with none of it', () => {
    orphaned()
    media().look('blob-of-logo', start)
    state.entity.clear()
    expect([rows(), media().nextSweepAtMs(), state.view.mediaUsage()]).toEqual([[], null, { bytes: 0, items: 0 }])
    expect(media().look('blob-of-logo', start + orphanGraceMs)).toBe('marked')
  })
})

test('no commit and no alarm reads a table from end to end', () => {
  const asked: [string, ...(string | number | null)[]][] = []
  const { all } = state.sql
  state.sql.all = (query, ...bindings) => {
    asked.push([query, ...bindings])
    return all(query, ...bindings)
  }
  const atMs = orphaned()
  create('again')
  state.run({ kind: 'blob.release', blobIds: ['stray'] })
  media().look('other', atMs)
  media().chores(atMs)
  media().nextSweepAtMs()
  const about = asked.filter(([query]) => /media|blobs|orphan/.test(query))
  const scans = about.flatMap(([query, ...bindings]) =>
    all<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, ...bindings).filter(({ detail }) => /^SCAN (?!.*USING)/.test(detail)),
  )
  expect(about.length).toBeGreaterThan(20)
  // One row each, and no more.
  expect([...new Set(scans.map(({ detail }) => detail))].sort()).toEqual(['SCAN media_sweeps', 'SCAN media_usage'])
})
