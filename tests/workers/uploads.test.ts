// One PUT, on the real Worker: what is taken, what is refused, and what is left of it in the bucket.

import { nanoid } from 'nanoid'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { failure } from '../../domain/failures.ts'
import type { UploadGrant } from '../../domain/media/grant.ts'
import { fail, ok } from '../../domain/result.ts'
import type { WorkspaceRpc } from '../../durable-objects/workspace/rpc.ts'
import type { Services } from '../../workers/services.ts'
import { must } from './support/game.ts'
import { newTenant, type Tenant } from './support/tenant.ts'
import {
  codeOf,
  digestOf,
  digestOfKey,
  grantFor,
  noise,
  sha256Of,
  stored,
  streamOf,
  uploadUrl,
  uploadWorld,
  wav,
} from './support/uploads.ts'

const world = uploadWorld()
let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant({ origins: ['https://app.example.org'] })
})
/** What the workspace keeps besides. */
let before: string[]
beforeEach(async () => {
  before = await stored(tenant.workspaceId)
})
const left = async () => (await stored(tenant.workspaceId)).filter((key) => !before.includes(key))

const sound = { contentType: 'audio/wav', fileType: 'audio' }
const type = { 'content-type': 'audio/wav' }
const text = (words: string) => new TextEncoder().encode(words)
let seeds = 0
/** Bytes that nobody has yet. */
const fresh = (size = 5000) => wav(size, ++seeds)
const urlFor = (bytes: Uint8Array, more: object = {}) => uploadUrl(tenant, { ...sound, size: bytes.byteLength, ...more })

const sealed = (over: Partial<UploadGrant> = {}) => `/uploads/v1/${world.grants.seal(grantFor(tenant.workspaceId, over))}`

describe('a file in one PUT', () => {
  test('becomes a media, with what its bytes say of it, and is in the list at once', async () => {
    const bytes = wav(100_000)
    const url = await urlFor(bytes, { sha256: sha256Of(bytes), fileName: 'Ton ♪.wav' })
    const put = await world.ask('PUT', url, bytes, { ...type, 'content-digest': digestOf(bytes) })
    expect(put).toMatchObject({
      status: 201,
      body: { originalFileName: 'Ton ♪.wav', fileSize: 100_000, sha256: sha256Of(bytes), durationSeconds: 12.495, visibility: 'public' },
    })
    const { mediaId, key } = put.body
    expect(put.headers.get('location')).toBe(`/media/${tenant.workspaceId}/${mediaId}/${mediaId}.wav`)
    expect(put.headers.get('x-durability')).toBe('record')
    expect(put.headers.get('etag')).toMatch(/^"[^"]+"$/)
    expect(await left()).toEqual([key.slice(tenant.workspaceId.length + 1)])
    expect(await digestOfKey(key)).toBe(sha256Of(bytes))
    expect((await must(tenant.admin.get('/media'))).items.map((item: { mediaId: string }) => item.mediaId)).toContain(mediaId)
    expect(await must(tenant.admin.get(`/media/${mediaId}`))).toMatchObject({ mediaId, fileSize: 100_000 })
  })

  test('names who asked for the URL in the trail', async () => {
    const bytes = fresh()
    const url = sealed({
      by: { subject: 'client-7', platform: 'm2m', userId: 'ada', context: 'dashboard', role: 'editor', scopes: ['dashboard/write'] },
    })
    const { body } = await world.ask('PUT', url, bytes, type)
    const recorded = async () => {
      const records = await tenant.admin.all('/audit-records?limit=100')
      return records.find((record) => record.entity.id === body.mediaId)
    }
    await expect
      .poll(recorded, { timeout: 20_000 })
      .toMatchObject({ who: { subject: 'client-7', platform: 'm2m' }, forUserId: 'ada', operation: 'uploads/put' })
  })

  test('again is answered as it was, and stores nothing, whatever is sent', async () => {
    const bytes = fresh()
    const url = await urlFor(bytes)
    const first = await world.ask('PUT', url, bytes, type)
    const kept = await left()
    const again = await world.ask('PUT', url, bytes, type)
    const others = fresh()
    const other = await uploadWorld().ask('PUT', url, others, type)
    // One that says itself that it is no repeat is not answered as one.
    expect(codeOf(await world.ask('PUT', url, others, { ...type, 'content-digest': digestOf(others) }))).toBe('409 resource:conflict')
    expect([first.status, again.status, other.status]).toEqual([201, 201, 201])
    expect([again.body, other.body]).toEqual([first.body, first.body])
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(await left()).toEqual(kept)
  })

  test('twice at once becomes one media with one blob', async () => {
    const bytes = fresh(200_000)
    const url = await urlFor(bytes)
    const answers = await Promise.all([1, 2, 3].map(() => uploadWorld().ask('PUT', url, streamOf(bytes), type)))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(await left()).toHaveLength(1)
  })

  test('twice at once with other bytes: one is taken, and the other is not told that it was', async () => {
    const both = [fresh(200_000), fresh(200_000)]
    const url = await urlFor(both[0] as Uint8Array)
    const answers = await Promise.all(both.map((bytes) => uploadWorld().ask('PUT', url, streamOf(bytes), type)))
    expect(answers.map(codeOf).sort()).toEqual(['201', '409 resource:conflict'])
    const taken = answers.findIndex(({ status }) => status === 201)
    expect(await digestOfKey(answers[taken]?.body.key)).toBe(sha256Of(both[taken] as Uint8Array))
    expect(await left()).toHaveLength(1)
  })

  test('with bytes that are kept already is another media of the same blob', async () => {
    const bytes = fresh()
    const [one, two] = [await urlFor(bytes), await urlFor(bytes)]
    const [first, second] = [await world.ask('PUT', one, bytes, type), await world.ask('PUT', two, bytes, type)]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body.mediaId).not.toBe(first.body.mediaId)
    expect(second.body.key).toBe(first.body.key)
    expect(await left()).toHaveLength(1)
  })

  test('may be empty, where nothing can be right', async () => {
    const url = await uploadUrl(tenant, { contentType: 'text/plain', fileType: 'document', size: 0 })
    const put = await world.ask('PUT', url, '', { 'content-type': 'text/plain; charset=utf-8' })
    expect(put).toMatchObject({ status: 201, body: { fileSize: 0 } })
    expect(await digestOfKey(put.body.key)).toBe(sha256Of(new Uint8Array(0)))
  })

  test('comes in whatever pieces, with no length said', async () => {
    const bytes = fresh(300_001)
    const cuts = [0, 1, 65_536, 65_537, 131_073, 300_001]
    const pieces = cuts.slice(1).map((cut, i) => bytes.subarray(cuts[i], cut))
    const put = await world.ask('PUT', await urlFor(bytes), streamOf(...pieces), type)
    expect(put.status).toBe(201)
    expect(await digestOfKey(put.body.key)).toBe(sha256Of(bytes))
  })

  test('of 24 MB passes through', async () => {
    const piece = noise(1024 * 1024)
    const pieces = [wav(1024 * 1024), ...Array<Uint8Array>(23).fill(piece)]
    const size = 24 * 1024 * 1024
    const put = await world.ask('PUT', await uploadUrl(tenant, { ...sound, size }), streamOf(...pieces), type)
    expect(put).toMatchObject({ status: 201, body: { fileSize: size } })
  })
})

describe('what leaves nothing', () => {
  const bytes = wav(5000, 77)
  const head = bytes.slice(0, 4999)
  const longer = wav(5001, 77)
  const digest = (of: Uint8Array) => ({ ...type, 'content-digest': digestOf(of) })

  test.each<[name: string, expected: string, body: () => BodyInit | null, headers: Record<string, string>, more?: object]>([
    ['another type', '415 request:unsupported_media_type', () => bytes, { 'content-type': 'audio/mpeg' }],
    ['no type', '415 request:unsupported_media_type', () => bytes, {}],
    ['a coding', '415 request:unsupported_media_type', () => bytes, { ...type, 'content-encoding': 'gzip' }],
    ['a part, by its word', '400 validation:invalid_input', () => bytes, { ...type, 'content-range': 'bytes 0-4999/5000' }],
    ['a byte less', '400 validation:invalid_input', () => head, { ...type, 'content-length': '4999' }],
    ['a byte more', '413 request:too_large', () => longer, { ...type, 'content-length': '5001' }],
    ['a byte less, no length said', '400 validation:invalid_input', () => streamOf(head), type],
    ['a byte more, no length said', '413 request:too_large', () => streamOf(longer), type],
    ['a byte more at the end', '413 request:too_large', () => streamOf(bytes, bytes.slice(0, 1)), type],
    ['nothing', '400 validation:invalid_input', () => null, type],
    ['other bytes than were granted', '400 validation:invalid_input', () => wav(5000, 78), type, { sha256: sha256Of(bytes) }],
    ['other bytes than are said', '400 validation:invalid_input', () => wav(5000, 78), digest(bytes)],
    ['a digest that was not granted', '400 validation:invalid_input', () => bytes, digest(longer), { sha256: sha256Of(bytes) }],
    ['a digest that is none', '400 validation:invalid_input', () => bytes, { ...type, 'content-digest': 'sha-256=abc' }],
    ['another content', '400 validation:invalid_input', () => noise(5000), type],
    ['a page', '400 validation:invalid_input', () => text('<!doctype html>'.padEnd(5000)), type],
    ['a body that breaks off', '400 validation:invalid_input', () => broken(head), type],
  ])('%s', async (_, expected, body, headers, more) => {
    const url = await urlFor(bytes, more)
    expect(codeOf(await world.ask('PUT', url, body(), headers))).toBe(expected)
    expect(await left()).toEqual([])
    // And the URL is good for another try.
    expect((await world.ask('PUT', url, bytes, type)).status).toBe(201)
  })

  test('other bytes, seen only at the end of many', async () => {
    const large = wav(400_000, 5)
    const url = await urlFor(large, { sha256: sha256Of(large) })
    const wrong = large.slice()
    wrong[399_999] = (wrong[399_999] ?? 0) ^ 1
    expect(codeOf(await world.ask('PUT', url, streamOf(wrong), type))).toBe('400 validation:invalid_input')
    expect(codeOf(await world.ask('PUT', url, streamOf(large.slice(0, 399_999)), type))).toBe('400 validation:invalid_input')
    expect(codeOf(await world.ask('PUT', url, streamOf(large, large), type))).toBe('413 request:too_large')
    expect(codeOf(await world.ask('PUT', url, broken(large.slice(0, 300_000)), type))).toBe('400 validation:invalid_input')
    expect(await left()).toEqual([])
  })

  test('twenty tries, and then no more', async () => {
    const url = await urlFor(bytes)
    const codes = []
    for (let i = 0; i < 21; i++) codes.push(codeOf(await world.ask('PUT', url, noise(5000), type)))
    expect(new Set(codes.slice(0, 20))).toEqual(new Set(['400 validation:invalid_input']))
    expect(codes[20]).toMatch(/^429 /)
    expect(await left()).toEqual([])
  })
})

const broken = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      pull(controller) {
        if (controller.desiredSize === 1) controller.enqueue(bytes)
        else controller.error(new Error('the phone is in a tunnel'))
      },
    },
    { highWaterMark: 2 },
  )

describe('a URL that is not good', () => {
  const put = async (url: string) => codeOf(await world.ask('PUT', url, wav(5000), type))

  test('any more', async () => {
    expect(await put(sealed({ expiresAtMs: Date.now() }))).toBe('401 auth:expired_token')
  })

  test('at all', async () => {
    const good = sealed().slice('/uploads/v1/'.length)
    const open = Buffer.from(JSON.stringify(grantFor('workspace2'))).toString('base64url')
    for (const text of [
      good.slice(0, -1),
      good.slice(1),
      `${good}A`,
      open,
      `${open}.${'A'.repeat(43)}`,
      'x',
      '%2e%2e%2f',
      `${good}%00`,
      `..%2f${good}`,
    ])
      expect(await put(`/uploads/v1/${text}`), text).toBe('401 auth:invalid_token')
  })

  test('for this account, or for a workspace that is not there', async () => {
    expect(await put(sealed({ accountId: 'another000' }))).toBe('404 resource:not_found')
    expect(await put(sealed({ workspaceId: nanoid(10) }))).toBe('404 resource:not_found')
  })

  test('for pages of other origins', async () => {
    const from = async (origin: string) => {
      const bytes = fresh()
      return world.ask('PUT', await urlFor(bytes), bytes, { ...type, origin })
    }
    const [ours, theirs] = [await from('https://app.example.org'), await from('https://evil.example')]
    expect([ours.status, ours.headers.get('access-control-allow-origin')]).toEqual([201, 'https://app.example.org'])
    expect([codeOf(theirs), theirs.headers.get('access-control-allow-origin')]).toEqual(['403 auth:origin_not_allowed', null])
  })

  test('is asked for by a browser before it sends', async () => {
    const preflight = await world.ask('OPTIONS', sealed(), null, {
      origin: 'https://app.example.org',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'content-digest,content-type',
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'OPTIONS, PUT'])
    expect(preflight.headers.get('access-control-allow-headers')?.split(', ')).toEqual(
      expect.arrayContaining(['content-type', 'content-digest', 'x-amz-checksum-sha256']),
    )
  })
})

describe('when something fails on the way', () => {
  const executing = (change: (real: WorkspaceRpc['execute']) => WorkspaceRpc['execute']) => (services: Services) => ({
    workspace: (workspaceId: string): WorkspaceRpc => {
      const real = services.workspace(workspaceId)
      return Object.assign(Object.create(real), { execute: change((id, requests) => real.execute(id, requests)) })
    },
  })
  const unavailable = fail(failure('record/unavailable', 'Not now.'))

  test('the record cannot be written: the bytes stay, and a retry needs none', async () => {
    const bytes = fresh()
    const url = await urlFor(bytes)
    const outage = uploadWorld(
      {},
      executing(() => async (_, requests) => requests.map(() => unavailable)),
    )
    const refused = await outage.ask('PUT', url, bytes, type)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    const kept = await left()
    expect(kept).toHaveLength(1)
    const retried = await world.ask('PUT', url, bytes, type)
    expect([retried.status, `${tenant.workspaceId}/${kept[0]}`]).toEqual([201, retried.body.key])
    expect(await left()).toEqual(kept)
  })

  test('the answer of the workspace is lost: the retry gets the one media', async () => {
    const bytes = fresh()
    const url = await urlFor(bytes)
    const lossy = uploadWorld(
      {},
      executing((real) => async (id, requests) => {
        await real(id, requests)
        return requests.map(() => unavailable)
      }),
    )
    expect((await lossy.ask('PUT', url, bytes, type)).status).toBe(503)
    const retried = await world.ask('PUT', url, bytes, type)
    expect(retried.status).toBe(201)
    expect(await left()).toEqual([retried.body.key.slice(tenant.workspaceId.length + 1)])
  })

  test('the workspace refuses: nothing is left, and the URL is good for another try', async () => {
    const bytes = fresh()
    const url = await urlFor(bytes)
    let isFull = true
    const full = uploadWorld(
      {},
      executing((real) => async (id, requests) => {
        const isCreate = requests[0]?.command.kind === 'media.create'
        return isFull && isCreate ? requests.map(() => fail(failure('business/precondition_failed', 'Full.'))) : real(id, requests)
      }),
    )
    expect(codeOf(await full.ask('PUT', url, bytes, type))).toBe('400 business:precondition_failed')
    expect(await left()).toEqual([])
    isFull = false
    expect((await full.ask('PUT', url, bytes, type)).status).toBe(201)
  })

  test('R2 takes nothing: 503, and nothing is left', async () => {
    const bytes = fresh()
    const url = await urlFor(bytes)
    const failing = (put: Services['blobs']['put']) => uploadWorld({}, ({ blobs }) => ({ blobs: { ...blobs, put } }))
    const atOnce = failing(() => Promise.reject(new Error('R2 is down')))
    const onTheWay = failing(async (key, stream) => {
      const reader = (stream as ReadableStream<Uint8Array>).getReader()
      await reader.read()
      throw new Error(`R2 lost ${key}`)
    })
    for (const one of [atOnce, onTheWay]) {
      const answer = await one.ask('PUT', url, streamOf(bytes), type)
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
      expect(one.lines.join()).toContain('upload/store_failed')
    }
    expect(await left()).toEqual([])
    expect((await world.ask('PUT', url, bytes, type)).status).toBe(201)
  })

  test('the index is down: the media is made all the same', async () => {
    const bytes = fresh()
    const down = uploadWorld({}, ({ index }) => ({
      index: Object.assign(Object.create(index), { putMedia: () => Promise.reject(new Error('D1 is down')) }),
    }))
    expect((await down.ask('PUT', await urlFor(bytes), bytes, type)).status).toBe(201)
    expect(down.lines.join()).toContain('upload/left_to_sweep')
  })
})

describe('a workspace that is full', () => {
  test('says so before a byte is read, and the workspace itself says so at last', async () => {
    const own = await newTenant()
    const gib = 1024 ** 3
    const sized = (i: number) => ({
      kind: 'media.create' as const,
      media: {
        mediaId: `large-${i}`,
        fileName: 'x.wav',
        originalFileName: 'x.wav',
        contentType: 'audio/wav',
        fileType: 'audio' as const,
        scope: 'workspace' as const,
        visibility: 'public' as const,
        size: gib,
        sha256: sha256Of(text(`${i}`)),
        blobId: `large-${i}`,
      },
    })
    const trail = { subject: 'test', platform: 'system', requestId: 'r' } as const
    const bytes = fresh()
    const url = await uploadUrl(own, { ...sound, size: bytes.byteLength })
    await world.services.workspace(own.workspaceId).execute(
      own.workspaceId,
      Array.from({ length: 50 }, (_, i) => ({ command: sized(i), trail, eventId: `large-${i}` })),
    )
    const asked = await world.ask('PUT', url, bytes, type)
    expect([codeOf(asked), await stored(own.workspaceId)]).toEqual(['400 business:precondition_failed', []])
    // Another upload may have taken the room meanwhile.
    const unaware = uploadWorld({}, (services) => ({
      workspace: (id) => Object.assign(Object.create(services.workspace(id)), { reserveUpload: async () => ok(undefined) }),
    }))
    expect([codeOf(await unaware.ask('PUT', url, bytes, type)), await stored(own.workspaceId)]).toEqual([
      '400 business:precondition_failed',
      [],
    ])
  })
})

test('keys of the bucket never hold anything that a client chose', async () => {
  const bytes = fresh()
  const put = await world.ask('PUT', await urlFor(bytes, { mediaId: 'chosen-by-a-client', fileName: 'chosen.wav' }), bytes, type)
  expect(put.body.key).toMatch(new RegExp(`^${tenant.workspaceId}/blobs/[\\w-]{21}$`))
})
