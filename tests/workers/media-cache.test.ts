// What delivery reads from R2, and what from this location's cache: on the real Cache API, with a clock of the test's.

import { nanoid } from 'nanoid'
import { describe, expect, test } from 'vitest'
import { blobKey } from '../../r2/keys.ts'
import { workersEdgeCache } from '../../workers/media/edge-cache.ts'
import { noteMedia } from '../../workers/media/resolve.ts'
import {
  byteAt,
  bytesFrom,
  countingOrigin,
  deliveryWorld,
  endlessOrigin,
  type Placed,
  parts,
  place,
  reader,
  unindex,
} from './support/media.ts'

const mib = 1024 * 1024

/** A Worker whose R2 reads are counted; `isEndless`: of media that are in no R2. */
function world(media: Placed[], { isEndless = false } = {}) {
  const clock = { nowMs: Date.now() }
  const sizes = new Map(media.map(({ workspaceId, blobId, size }) => [blobKey(workspaceId, blobId), size]))
  const sizeOf = (key: string) => sizes.get(key) ?? 0
  const counted = countingOrigin(isEndless ? endlessOrigin(sizeOf) : { read: (key, span) => real.blobs.read(key, span) }, sizeOf)
  const now = () => clock.nowMs
  const made = deliveryWorld(() => ({ now, origin: counted.origin, edgeCache: workersEdgeCache(() => caches.default, now) }))
  const real = made.services
  return {
    ...made,
    clock,
    reads: counted.reads,
    bytesRead: () => counted.reads.reduce((sum, { bytes }) => sum + bytes, 0),
    range: (path: string, first: number, length: number) => made.ask(path, { headers: { range: `bytes=${first}-${first + length - 1}` } }),
  }
}

const whole = (media: Placed) => bytesFrom(0, media.size)

describe('a small public media', () => {
  test('is read once, and then served from the cache by every isolate there, whole and in part', async () => {
    const media = await place(bytesFrom(0, 5000))
    const first = world([media])
    expect((await first.ask(media.path)).bytes).toEqual(whole(media))
    await first.settled()
    for (const { ask, range, reads } of [first, world([media]), world([media])]) {
      const before = reads.length
      const part = await range(media.path, 100, 200)
      expect([part.status, part.headers.get('content-range'), part.headers.get('content-length')]).toEqual([
        206,
        'bytes 100-299/5000',
        '200',
      ])
      expect(part.bytes).toEqual(bytesFrom(100, 200))
      for (let i = 0; i < 2; i += 1) {
        const answer = await ask(media.path)
        expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '5000'])
        expect(answer.bytes).toEqual(whole(media))
      }
      expect(reads).toHaveLength(before)
    }
    expect(first.reads).toHaveLength(1)
  })

  test('leaves the location five minutes after it was known to be there', async () => {
    const media = await place(bytesFrom(0, 5000))
    const { ask, reads, settled, clock } = world([media])
    await ask(media.path)
    await settled()
    clock.nowMs += 299_000
    await ask(media.path)
    await settled()
    expect(reads).toHaveLength(1)
    clock.nowMs += 1001
    await ask(media.path)
    expect(reads).toHaveLength(2)
  })

  test('deleted at another location, is gone in a minute', async () => {
    const media = await place(bytesFrom(0, 5000))
    const { ask, settled, clock } = world([media])
    await ask(media.path)
    await settled()
    await unindex(media)
    clock.nowMs += 60_000
    expect((await ask(media.path)).status).toBe(404)
  })

  test('deleted here, is gone at once with its copy', async () => {
    const media = await place(bytesFrom(0, 5000))
    const { ask, settled, services } = world([media])
    await ask(media.path)
    await settled()
    const key = blobKey(media.workspaceId, media.blobId)
    expect(await services.edgeCache.match(key, 5000)).not.toBeNull()
    await noteMedia(services, media, { ...media, deletedAtMs: services.now() })
    expect((await ask(media.path)).status).toBe(404)
    expect(await services.edgeCache.match(key, 5000)).toBeNull()
  })

  test('is not in the cache for another workspace that has a blob of the same name', async () => {
    const blobId = nanoid()
    const [one, other] = [await place(bytesFrom(0, 100), { blobId }), await place(bytesFrom(7, 100), { blobId })]
    const { ask, settled } = world([one, other])
    for (let i = 0; i < 2; i += 1) {
      expect((await ask(one.path)).bytes).toEqual(bytesFrom(0, 100))
      expect((await ask(other.path)).bytes).toEqual(bytesFrom(7, 100))
      await settled()
    }
  })
})

describe('what reads nothing', () => {
  test('HEAD, 304, 412 and 416', async () => {
    const media = await place(bytesFrom(0, 5000))
    const { ask, reads, settled } = world([media])
    const etag = `"${media.sha256}"`
    const answers = [
      await ask(media.path, { method: 'HEAD' }),
      await ask(media.path, { headers: { 'if-none-match': etag } }),
      await ask(media.path, { headers: { 'if-match': '"x"' } }),
      await ask(media.path, { headers: { range: 'bytes=5000-' } }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 304, 412, 416])
    expect(answers[0]?.headers.get('content-length')).toBe('5000')
    await settled()
    expect(reads).toEqual([])
  })

  test('an empty file', async () => {
    const media = await place(new Uint8Array())
    const { ask, reads } = world([media])
    const answer = await ask(media.path)
    expect([answer.status, answer.headers.get('content-length'), answer.bytes.length]).toEqual([200, '0', 0])
    expect(reads).toEqual([])
  })
})

describe('a player', () => {
  const player = { first: 65_536, piece: 200_000 }

  test('that seeks fifty times in a film of 20 MiB costs its first pieces and the film once', async () => {
    const media = await place(bytesFrom(0, 20 * mib))
    const { range, reads, bytesRead, settled } = world([media])
    await range(media.path, 0, player.first)
    await settled()
    for (let i = 1; i <= 50; i += 1) {
      const from = (i * 7_919_113) % (media.size - player.piece)
      const { status, bytes } = await range(media.path, from, player.piece)
      expect(status).toBe(206)
      expect(Buffer.compare(bytes, bytesFrom(from, player.piece))).toBe(0)
    }
    expect(reads).toHaveLength(2)
    expect(bytesRead()).toBe(player.first + media.size)
  })

  test('that seeks before the copy is made has one made, and not one a seek', async () => {
    const media = await place(bytesFrom(0, 3 * mib))
    const { range, reads, settled } = world([media])
    await Promise.all(Array.from({ length: 10 }, (_, i) => range(media.path, i * 1000, 1000)))
    await settled()
    expect(reads.filter(({ bytes }) => bytes === media.size)).toHaveLength(1)
    const before = reads.length
    await range(media.path, 5, 10)
    expect(reads).toHaveLength(before)
  })

  test('of a film of 200 MB costs exactly the bytes it asked for', async () => {
    const media = await place(null, { size: 200_000_000 })
    const { range, reads, bytesRead, settled } = world([media], { isEndless: true })
    for (let i = 0; i < 50; i += 1) {
      const from = (i * 79_191_139) % (media.size - player.piece)
      const { bytes } = await range(media.path, from, player.piece)
      expect([bytes.length, bytes[0], bytes.at(-1)]).toEqual([player.piece, byteAt(from), byteAt(from + player.piece - 1)])
    }
    await settled()
    expect([reads.length, bytesRead()]).toEqual([50, 50 * player.piece])
  })
})

test('a large film is served while its copy is made beside it', async () => {
  const media = await place(bytesFrom(0, 5 * mib))
  const { ask, reads, settled } = world([media])
  expect(Buffer.compare((await ask(media.path)).bytes, whole(media))).toBe(0)
  await settled()
  expect(Buffer.compare((await ask(media.path)).bytes, whole(media))).toBe(0)
  expect(reads.map(({ bytes }) => bytes)).toEqual([media.size, media.size])
})

test('private media are never cached', async () => {
  const media = await place(bytesFrom(0, 5000), { visibility: 'private' })
  const { ask, reads, settled, services } = world([media])
  const link = parts.mediaLinks.sign(media, reader, services.now() + 60_000)
  for (let i = 0; i < 3; i += 1) expect((await ask(`${media.path}?${link}`)).bytes).toEqual(whole(media))
  await settled()
  expect(reads).toHaveLength(3)
  expect(await services.edgeCache.match(blobKey(media.workspaceId, media.blobId), 5000)).toBeNull()
})

describe('a reader', () => {
  test('that goes away ends the read', async () => {
    const media = await place(null, { size: 200_000_000 })
    const { fetch, reads, settled } = world([media], { isEndless: true })
    const response = await fetch(new Request(`http://laurel.test${media.path}`))
    const reader = response.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    expect(value?.[1]).toBe(byteAt(1))
    await reader?.cancel()
    await settled()
    expect(reads.map(({ end }) => end)).toEqual(['cancelled'])
  })

  test('is never given less than was said as if it were all', async () => {
    const media = await place(bytesFrom(0, 5000), { size: 3 * mib })
    const { fetch } = world([media])
    const response = await fetch(new Request(`http://laurel.test${media.path}`))
    expect(response.headers.get('content-length')).toBe(String(3 * mib))
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  test('of a small file that R2 has not whole is told so', async () => {
    const media = await place(bytesFrom(0, 4000), { size: 5000 })
    const { ask, lines } = world([media])
    const answer = await ask(media.path)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(lines.some((line) => line.includes('blob/unavailable'))).toBe(true)
  })
})
