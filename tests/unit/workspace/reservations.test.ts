// Room for unfinished uploads: kept when they begin, given back once, and never lost to whoever dies in between.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mediaLimitsOf } from '../../../domain/media/limits.ts'
import { refuseUpload } from '../../../domain/media/quota.ts'
import { newMedia } from './media.ts'
import { founded } from './state.ts'

const gib = 1024 ** 3
const day = 86_400_000
const start = 1_000_000

function workspace() {
  const state = founded()
  const { reservations } = state.tables
  /** As the workspace's object does it. */
  function begin(uploadId: string, bytes = gib, { nowMs = start, blobId = `blob-of-${uploadId}` } = {}): string | null {
    const reserved = state.view.reservedMedia(nowMs, uploadId)
    const refused = refuseUpload('STANDARD', state.view.mediaUsage(), { size: bytes, reserved })
    if (refused) return refused.detail
    reservations.reserve({ uploadId, blobId, bytes, expiresAtMs: nowMs + 7 * day }, nowMs)
    return null
  }
  const finish = (uploadId: string, size = gib, nowMs = start) =>
    state.run({ kind: 'media.create', media: newMedia(uploadId, { size, sha256: uploadId }), uploadId }, nowMs)
  const reserved = (nowMs = start) => state.view.reservedMedia(nowMs)
  return { state, reservations, begin, finish, reserved }
}

const { totalBytes, unfinishedUploads } = mediaLimitsOf('STANDARD')

test('sixty uploads of a gibibyte do not begin on fifty', () => {
  const { begin, reserved, finish } = workspace()
  const begun = Array.from({ length: 60 }, (_, i) => begin(`u${i}`)).filter((refused) => refused === null)
  expect([begun.length, reserved()]).toEqual([50, { bytes: totalBytes, uploads: 50 }])
  // Who has begun has room, and who has not takes nobody's.
  expect(finish('stranger', 1)).toMatchObject({ ok: false, error: { code: 'business/precondition_failed' } })
  for (let i = 0; i < 50; i++) expect(finish(`u${i}`)).toMatchObject({ ok: true })
  expect(reserved()).toEqual({ bytes: 0, uploads: 0 })
  expect(begin('one-more')).toMatch(/are taken/)
})

describe('room is given back', () => {
  test('by the commit that makes the media, and counted once', () => {
    const { state, begin, finish, reserved } = workspace()
    begin('a')
    finish('a')
    expect([reserved(), state.view.mediaUsage()]).toEqual([
      { bytes: 0, uploads: 0 },
      { bytes: gib, items: 1 },
    ])
  })

  test('but not by one that is refused', () => {
    const { begin, finish, reserved } = workspace()
    begin('a')
    begin('b')
    finish('a')
    expect(finish('b', gib + 1)).toMatchObject({ ok: false })
    expect(reserved()).toEqual({ bytes: gib, uploads: 1 })
  })

  test('when the upload ends, however often that is said', () => {
    const { reservations, begin, reserved } = workspace()
    begin('a')
    begin('b')
    for (let i = 0; i < 3; i++) reservations.release('a')
    expect(reserved()).toEqual({ bytes: gib, uploads: 1 })
  })

  test('by an attempt that came second, and not that of the first', () => {
    const { reservations, begin, reserved } = workspace()
    begin('a', gib, { blobId: 'first' })
    begin('a', gib, { blobId: 'second' })
    expect(reserved()).toEqual({ bytes: gib, uploads: 1 })
    reservations.release('a', 'second')
    expect(reserved()).toEqual({ bytes: gib, uploads: 1 })
    reservations.release('a', 'first')
    expect(reserved()).toEqual({ bytes: 0, uploads: 0 })
  })

  test('when its time is over, whoever forgot it', () => {
    const { state, begin, reserved } = workspace()
    begin('a')
    expect(reserved(start + 7 * day - 1).uploads).toBe(1)
    expect(reserved(start + 7 * day).uploads).toBe(0)
    begin('b', gib, { nowMs: start + 7 * day })
    state.tables.clear()
    expect(reserved(start + 7 * day)).toEqual({ bytes: gib, uploads: 1 })
  })
})

test('an upload that begins again needs no more room than it has', () => {
  const { begin } = workspace()
  for (let i = 0; i < 50; i++) begin(`u${i}`)
  expect(begin('u7', gib, { blobId: 'again' })).toBeNull()
})

test('no more than so many are unfinished, however small', () => {
  const { begin } = workspace()
  for (let i = 0; i < unfinishedUploads; i++) expect(begin(`u${i}`, 1)).toBeNull()
  expect(begin('one-more', 1)).toMatch(/unfinished uploads/)
  expect(begin('u0', 1, { blobId: 'again' })).toBeNull()
})

test('each unfinished upload takes a place among the media', () => {
  const refused = refuseUpload('STANDARD', { bytes: 0, items: 99_990 }, { size: 1, reserved: { bytes: 0, uploads: 10 } })
  expect(refused?.detail).toMatch(/at most 100000 media/)
})

test('whatever order things happen in, what is kept and what is reserved fit the plan, and no room is given back twice', () => {
  const step = fc.record({
    does: fc.constantFrom('begin' as const, 'begin' as const, 'finish' as const, 'end' as const, 'wait' as const),
    upload: fc.nat(80),
    attempt: fc.nat(1),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 250 }), (steps) => {
      const { state, reservations, begin, finish } = workspace()
      let nowMs = start
      /** Until when each attempt has its room. */
      const rooms = new Map<string, number>()
      for (const { does, upload, attempt } of steps) {
        const [uploadId, blobId] = [`u${upload}`, `${upload}-${attempt}`]
        const isMade = state.view.media(uploadId) != null
        if (does === 'begin' && !isMade && begin(uploadId, gib, { nowMs, blobId }) === null) rooms.set(blobId, nowMs + 7 * day)
        if (does === 'finish' && finish(uploadId, gib, nowMs).ok) for (const one of [0, 1]) rooms.delete(`${upload}-${one}`)
        if (does === 'wait') nowMs += day
        if (does === 'end') {
          reservations.release(uploadId, blobId)
          rooms.delete(blobId)
        }
        const open = new Set([...rooms].filter(([, untilMs]) => untilMs > nowMs).map(([name]) => name.split('-')[0]))
        expect(state.view.reservedMedia(nowMs)).toEqual({ bytes: open.size * gib, uploads: open.size })
        expect(state.view.mediaUsage().bytes + open.size * gib).toBeLessThanOrEqual(totalBytes)
      }
    }),
    { numRuns: 50 },
  )
})
