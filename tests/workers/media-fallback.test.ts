// Delivery while something behind it is down: R2, the index, or both origins.

import { describe, expect, test } from 'vitest'
import type { BlobCopies, BlobFailure, BlobReader } from '../../domain/media/blobs.ts'
import { fail, ok } from '../../domain/result.ts'
import { blobKey } from '../../r2/keys.ts'
import { originWithCopies } from '../../workers/media/origins.ts'
import type { Services } from '../../workers/services.ts'
import { bytesFrom, deliveryWorld, type Placed, parts, place, reader, services } from './support/media.ts'
import { pngOf } from './support/png.ts'

type How = 'there' | 'lost' | 'down' | 'hanging'

/** Readers of one media's bytes, in a state that a test sets. */
function origins(bytes: Uint8Array, how: { r2: How; copy: How }) {
  const asked: string[] = []
  const reader = (name: 'r2' | 'copy'): BlobReader => ({
    read(key, span) {
      asked.push(`${name} ${key}`)
      const answers = {
        there: async () =>
          ok(new Response((span ? bytes.subarray(span.offset, span.offset + span.length) : bytes) as BodyInit).body as never),
        lost: async () => fail<BlobFailure>({ code: 'blob/not_found', detail: name }),
        down: async () => fail<BlobFailure>({ code: 'blob/unavailable', detail: name }),
        hanging: () => new Promise<never>(() => {}),
      }
      return answers[how[name]]()
    },
  })
  return { asked, origin: originWithCopies(reader('r2'), reader('copy') as BlobCopies, () => Date.now(), 20) }
}

const worldOf = (media: Uint8Array, how: { r2: How; copy: How }, more: Partial<Services> = {}) => {
  const { origin, asked } = origins(media, how)
  return { ...deliveryWorld(() => ({ origin, ...more })), asked }
}

describe('while R2 fails, what it keeps is served from the copy', () => {
  const bytes = bytesFrom(0, 5000)

  test.each<How>(['down', 'lost', 'hanging'])('R2 %s', async (r2) => {
    const media = await place(null, { size: 5000, sha256: 'tag' })
    const { ask, asked } = worldOf(bytes, { r2, copy: 'there' })
    const whole = await ask(media.path)
    expect([whole.status, whole.headers.get('etag'), whole.headers.get('content-length')]).toEqual([200, '"tag"', '5000'])
    expect(whole.bytes).toEqual(bytes)
    const key = blobKey(media.workspaceId, media.blobId)
    expect(asked).toEqual([`r2 ${key}`, `copy ${key}`])
  })

  test('in part, and private media as well', async () => {
    const media = await place(null, { size: 5000, visibility: 'private' })
    const { ask } = worldOf(bytes, { r2: 'down', copy: 'there' })
    const link = parts.mediaLinks.sign(media, reader, Date.now() + 60_000)
    const part = await ask(`${media.path}?${link}`, { headers: { range: 'bytes=4990-' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 4990-4999/5000'])
    expect(part.bytes).toEqual(bytes.subarray(4990))
  })

  test('an R2 that hangs is waited for once', async () => {
    const media = await place(null, { size: 5000, visibility: 'private' })
    const { ask, asked } = worldOf(bytes, { r2: 'hanging', copy: 'there' })
    const path = `${media.path}?${parts.mediaLinks.sign(media, reader, Date.now() + 60_000)}`
    for (let i = 0; i < 5; i += 1) expect((await ask(path)).status).toBe(200)
    expect(asked.filter((call) => call.startsWith('r2'))).toHaveLength(1)
  })

  test('and an image is transformed from it, and kept by nobody', async () => {
    const image = pngOf(100, 100)
    const media = await place(null, { size: image.length, contentType: 'image/png', width: 100, height: 100 })
    const blobs = Object.assign(Object.create(services.blobs), {
      head: async () => Promise.reject(new Error('R2 is down')),
      putNew: async () => Promise.reject(new Error('R2 is down')),
    })
    const { ask } = worldOf(image, { r2: 'down', copy: 'there' }, { blobs })
    const answer = await ask(`${media.path}?w=64`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
  })
})

describe('what is nowhere to be had', () => {
  test.each<[How, How]>([
    ['down', 'down'],
    ['lost', 'lost'],
    ['hanging', 'lost'],
  ])('R2 %s, the copy %s: 503, and when to come again', async (r2, copy) => {
    const media = await place(null, { size: 5000 })
    const { ask, lines, settled } = worldOf(bytesFrom(0, 5000), { r2, copy })
    for (const headers of [{}, { range: 'bytes=0-9' }] as Record<string, string>[]) {
      const answer = await ask(media.path, { headers })
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(Buffer.from(answer.bytes).toString()).not.toContain(media.blobId)
    }
    await settled()
    expect(lines.filter((line) => line.includes('"event":"blob/')).length).toBe(2)
  })

  test('but what is asked without bytes is answered', async () => {
    const media = await place(null, { size: 5000, sha256: 'tag' })
    const { ask } = worldOf(bytesFrom(0, 5000), { r2: 'down', copy: 'down' })
    expect((await ask(media.path, { method: 'HEAD' })).status).toBe(200)
    expect((await ask(media.path, { headers: { 'if-none-match': '"tag"' } })).status).toBe(304)
  })
})

describe('while the index is down', () => {
  const broken = () => Object.assign(Object.create(services.index), { media: () => Promise.reject(new Error('D1 is down')) })
  const ownedBy = (media: Placed | null) =>
    ((workspaceId: string) =>
      Object.assign(Object.create(services.workspace(workspaceId)), {
        media: async () => (media ? ok(media) : services.workspace(workspaceId).media(workspaceId, 'x')),
      })) as Services['workspace']

  test('the workspace says what there is', async () => {
    const media = await place(bytesFrom(0, 100))
    const { ask } = deliveryWorld(() => ({ index: broken(), workspace: ownedBy(media) }))
    expect((await ask(media.path)).bytes).toEqual(bytesFrom(0, 100))
  })

  test('and what is deleted, or was never there', async () => {
    const media = await place(bytesFrom(0, 100))
    const deleted = deliveryWorld(() => ({ index: broken(), workspace: ownedBy({ ...media, deletedAtMs: 1 }) }))
    expect((await deleted.ask(media.path)).status).toBe(404)
    const never = deliveryWorld(() => ({ index: broken(), workspace: ownedBy(null) }))
    expect((await never.ask(media.path)).status).toBe(404)
  })
})
