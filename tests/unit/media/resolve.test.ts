// What a URL stands for: from memory, from this location's cache, from the index, and from the workspace itself when the
// index is down; and what is told of a deleted media, to the second.

import { beforeEach, describe, expect, test } from 'vitest'
import { failure } from '../../../domain/failures.ts'
import type { StoredMedia } from '../../../domain/media/types.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import { newMediaMemory } from '../../../workers/media/media-memory.ts'
import { copyUntilMs, findMedia, noteMedia } from '../../../workers/media/resolve.ts'
import type { Services } from '../../../workers/services.ts'

const ref = { workspaceId: 'workspace1', mediaId: 'm1' }
const media: StoredMedia = {
  mediaId: 'm1',
  fileName: 'm1.png',
  originalFileName: 'a.png',
  contentType: 'image/png',
  fileType: 'image',
  scope: 'workspace',
  visibility: 'public',
  size: 1,
  sha256: 'abc',
  blobId: 'blob-1',
  translations: [{ lang: 'en', label: 'A' }],
  tags: [],
  createdAtMs: 1,
  updatedAtMs: 1,
}
const hidden: StoredMedia = { ...media, visibility: 'private' }

let nowMs: number
let asked: string[]
let indexed: StoredMedia | null | Error
let owned: Result<StoredMedia>
let lines: string[]
/** Of the location: shared by its isolates. */
let cache: Map<string, { value: unknown; untilMs: number }>

beforeEach(() => {
  nowMs = 1_000_000
  asked = []
  lines = []
  indexed = media
  owned = ok(media)
  cache = new Map()
})

function isolate() {
  const services = {
    now: () => nowMs,
    mediaMemory: newMediaMemory(),
    edgeCache: {
      matchJson: async (key: string) => {
        asked.push('cache')
        const found = cache.get(key)
        return found && nowMs < found.untilMs ? JSON.parse(JSON.stringify(found.value)) : null
      },
      putJson: async (key: string, value: unknown, untilMs: number) => void cache.set(key, { value, untilMs }),
      delete: async (key: string) => void cache.delete(key),
    },
    index: {
      media: async (workspaceId: string, mediaId: string) => {
        asked.push(`index ${workspaceId}/${mediaId}`)
        if (indexed instanceof Error) throw indexed
        return indexed
      },
    },
    workspace: (workspaceId: string) => ({
      media: async (_: string, mediaId: string) => {
        asked.push(`object ${workspaceId}/${mediaId}`)
        return owned
      },
    }),
  } as unknown as Services
  const find = async (of = ref) => {
    asked.length = 0
    const going: Promise<void>[] = []
    const found = await findMedia({ services, log: (line) => lines.push(line) }, { params: of, outlive: (work) => void going.push(work) })
    await Promise.all(going)
    return found
  }
  const visibility = async (of = ref) => {
    const found = await find(of)
    return found.ok ? (found.value.media?.visibility ?? 'absent') : found.error.code
  }
  return { services, find, visibility }
}

const index = 'index workspace1/m1'
const object = 'object workspace1/m1'

describe('a public media', () => {
  test('is asked of the index once a minute, and by the isolates of a location together', async () => {
    const [one, other] = [isolate(), isolate()]
    expect(await one.visibility()).toBe('public')
    expect(asked).toEqual(['cache', index])
    expect(await one.visibility()).toBe('public')
    expect(asked).toEqual([])
    nowMs += 59_000
    expect(await other.visibility()).toBe('public')
    expect(asked).toEqual(['cache'])
    nowMs += 999
    await other.find()
    expect(asked).toEqual([])
    nowMs += 1
    await other.find()
    // A minute from when the index was asked, and not from when this isolate heard of it.
    expect(asked).toEqual(['cache', index])
  })

  test('is told without what delivery has no use for', async () => {
    const found = await isolate().find()
    expect(found.ok && found.value.media).not.toHaveProperty('translations')
    expect(JSON.stringify([...cache.values()])).not.toContain('translations')
  })

  test('deleted elsewhere, is gone a minute later at the latest, and its bytes five minutes later', async () => {
    const here = isolate()
    const found = await here.find()
    indexed = null
    nowMs += 59_999
    expect(await here.visibility()).toBe('public')
    nowMs += 1
    expect(await here.visibility()).toBe('absent')
    expect(found.ok && copyUntilMs(found.value)).toBe(1_000_000 + 300_000)
  })

  test('deleted here, is gone at once, and stays so while the index has not heard of it', async () => {
    const [here, beside] = [isolate(), isolate()]
    await here.find()
    cache.set('workspace1/blobs/blob-1', { value: 'bytes', untilMs: nowMs + 300_000 })
    await noteMedia(here.services, ref, { ...media, deletedAtMs: nowMs })
    expect(cache.has('workspace1/blobs/blob-1')).toBe(false)
    for (const isolated of [here, beside]) expect(await isolated.visibility()).toBe('absent')
    nowMs += 59_999
    for (const isolated of [here, beside]) expect(await isolated.visibility()).toBe('absent')
  })

  test('brought back here, is there at once', async () => {
    const here = isolate()
    await noteMedia(here.services, ref, { ...media, deletedAtMs: nowMs })
    indexed = null
    nowMs += 10
    await noteMedia(here.services, ref, media)
    expect(await here.visibility()).toBe('public')
    expect(await isolate().visibility()).toBe('public')
  })

  test('made private here, is so at once, and its bytes leave the cache', async () => {
    const [here, beside] = [isolate(), isolate()]
    await here.find()
    cache.set('workspace1/blobs/blob-1', { value: 'bytes', untilMs: nowMs + 300_000 })
    indexed = hidden
    await noteMedia(here.services, ref, hidden)
    expect(await here.visibility()).toBe('private')
    expect(await beside.visibility()).toBe('private')
    expect([...cache.keys()]).toEqual([])
  })
})

test('a private media is known to isolates alone', async () => {
  indexed = hidden
  const here = isolate()
  expect([await here.visibility(), [...cache.keys()]]).toEqual(['private', []])
  expect(await here.visibility()).toBe('private')
  expect(asked).toEqual([])
})

describe('what is not there', () => {
  test('is believed for five seconds', async () => {
    indexed = null
    const here = isolate()
    expect(await here.visibility()).toBe('absent')
    indexed = media
    nowMs += 4999
    expect(await here.visibility()).toBe('absent')
    nowMs += 1
    expect(await here.visibility()).toBe('public')
  })

  test('pushes nothing real out of memory, however much of it is asked for', async () => {
    const here = isolate()
    await here.find()
    indexed = null
    for (let i = 0; i < 5000; i += 1) await here.find({ workspaceId: 'workspace1', mediaId: `invented-${i}` })
    await here.find()
    expect(asked).toEqual([])
  })
})

describe('while the index is down', () => {
  beforeEach(() => {
    indexed = new Error('D1_ERROR: network')
  })

  test('the workspace itself is asked, and operators hear of it', async () => {
    const here = isolate()
    expect(await here.visibility()).toBe('public')
    expect(asked).toEqual(['cache', index, object])
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['media/index_unavailable'])
    expect(await here.visibility()).toBe('public')
    expect(asked).toEqual([])
  })

  test('what can still be recovered is gone', async () => {
    owned = ok({ ...media, deletedAtMs: 5 })
    expect(await isolate().visibility()).toBe('absent')
  })

  test('what was never there is not', async () => {
    owned = fail(failure('resource/not_found', 'There is no such media.'))
    expect(await isolate().visibility()).toBe('absent')
  })

  test('a workspace that cannot answer either is told as that, and nothing of it is remembered', async () => {
    owned = fail(failure('record/unavailable', 'Later.', { retryAfterSeconds: 1 }))
    const here = isolate()
    expect(await here.visibility()).toBe('record/unavailable')
    indexed = media
    expect(await here.visibility()).toBe('public')
  })
})

test('an answer that was on its way when the media was deleted here is not believed', async () => {
  const here = isolate()
  let answer = (_: StoredMedia): void => {}
  const slow = new Promise<StoredMedia>((resolve) => {
    answer = resolve
  })
  Object.assign(here.services.index, { media: () => slow })
  const finding = here.find()
  await Promise.resolve()
  nowMs += 5
  await noteMedia(here.services, ref, { ...media, deletedAtMs: nowMs })
  answer(media)
  const found = await finding
  expect(found.ok && found.value.media).toBeNull()
  expect(await isolate().visibility()).toBe('absent')
  expect(await here.visibility()).toBe('absent')
})
