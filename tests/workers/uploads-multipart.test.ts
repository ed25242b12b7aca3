// An upload in parts, on the real Worker and R2: killed anywhere and gone on with by whoever has the URL.

import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { UploadGrant } from '../../domain/media/grant.ts'
import { partsLiveMs } from '../../durable-objects/upload/upload-life.ts'
import type { Services } from '../../workers/services.ts'
import { newTenant, type Tenant } from './support/tenant.ts'
import {
  codeOf,
  digestOf,
  digestOfKey,
  digestOfMedia,
  grantFor,
  noise,
  sha256Of,
  stored,
  streamOf,
  uploadWorld,
  wav,
} from './support/uploads.ts'

const mib = 1024 ** 2
const partSize = 8 * mib
const size = 2 * partSize + 12_345
const file = wav(size)
const part = (number: number) => file.subarray((number - 1) * partSize, number * partSize)
const sha256 = sha256Of(file)

const world = uploadWorld()
let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
})
let before: string[]
beforeEach(async () => {
  before = await stored(tenant.workspaceId)
})
afterEach(() => void vi.useRealTimers())
const left = async () => (await stored(tenant.workspaceId)).filter((key) => !before.includes(key))
/** Bytes that nobody has yet. */
let seeds = 100

/** A new upload, and how it is called; by a fresh isolate each time. */
function newUpload(over: Partial<UploadGrant> = {}, broken?: (services: Services) => Partial<Services>) {
  const grant = grantFor(tenant.workspaceId, { size, ...over })
  const url = `/uploads/v1/${world.grants.seal(grant)}`
  const ask = (method: string, path: string, body?: BodyInit | null, headers?: Record<string, string>) =>
    uploadWorld({}, broken).ask(method, `${url}/multipart${path}`, body, headers)
  return {
    url,
    grant,
    begin: () => ask('POST', ''),
    list: () => ask('GET', ''),
    put: (number: number | string, bytes: BodyInit = part(Number(number)), headers: Record<string, string> = {}) =>
      ask('PUT', `/${number}`, bytes, headers),
    complete: (body?: unknown) => ask('POST', '/complete', body === undefined ? null : JSON.stringify(body)),
    abort: () => ask('DELETE', ''),
    /** The same URL, with other services. */
    with: (other: (services: Services) => Partial<Services>) => newUpload(grant, other),
  }
}

/** Begun, with all of its parts. */
async function whole(over: Partial<UploadGrant> = {}, bytes = file) {
  const upload = newUpload({ size: bytes.byteLength, ...over })
  await upload.begin()
  const count = Math.ceil(bytes.byteLength / partSize)
  const puts = Array.from({ length: count }, (_, i) => upload.put(i + 1, bytes.subarray(i * partSize, (i + 1) * partSize)))
  expect((await Promise.all(puts)).map(({ status }) => status)).toEqual(Array(count).fill(200))
  return upload
}

describe('an upload in parts', () => {
  test('takes them in any order, several at once, again, and from any isolate, and becomes one media', async () => {
    const upload = newUpload({ sha256 })
    const begun = await upload.begin()
    expect(begun).toMatchObject({
      status: 201,
      body: { uploadId: upload.grant.uploadId, partSize, partCount: 3, parts: [], status: 'open' },
    })
    expect(Date.parse(begun.body.expiresAt) - Date.now()).toBeGreaterThan(partsLiveMs - 60_000)

    const third = await upload.put(3)
    expect(third).toMatchObject({ status: 200, body: { partNumber: 3, size: 12_345 } })
    expect(third.headers.get('etag')).toBe(`"${third.body.etag}"`)
    // A client that was killed begins again, and is told what is there.
    expect(await upload.begin()).toMatchObject({ status: 200, body: { parts: [{ partNumber: 3, size: 12_345 }] } })
    const both = await Promise.all([upload.put(2, streamOf(part(2))), upload.put(1, part(1), { 'content-digest': digestOf(part(1)) })])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    expect((await upload.put(2)).status).toBe(200)
    expect((await upload.list()).body.parts.map((one: { partNumber: number }) => one.partNumber)).toEqual([1, 2, 3])

    const done = await upload.complete({ sha256: Buffer.from(sha256, 'base64url').toString('hex') })
    expect(done).toMatchObject({ status: 201, body: { mediaId: upload.grant.mediaId, fileSize: size, sha256, durationSeconds: 2098.69 } })
    expect(await digestOfKey(done.body.key)).toBe(sha256)
    expect(await left()).toEqual([done.body.key.slice(tenant.workspaceId.length + 1)])

    // And again, as it was answered first.
    expect(await upload.complete()).toMatchObject({ status: 201, body: done.body })
    expect((await upload.list()).body.status).toBe('done')
    expect(codeOf(await upload.put(1))).toBe('409 resource:conflict')
    expect(codeOf(await upload.abort())).toBe('409 resource:conflict')
    expect(codeOf(await world.ask('PUT', upload.url, file, { 'content-type': 'audio/wav' }))).toBe('409 resource:conflict')
  })

  test('goes on when its URL has expired meanwhile, and not after seven days', async () => {
    const upload = newUpload()
    await upload.begin()
    const begunAtMs = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: begunAtMs + 3_600_000 })
    expect((await upload.put(3)).status).toBe(200)
    expect(codeOf(await newUpload({ expiresAtMs: begunAtMs }).begin())).toBe('401 auth:expired_token')
    expect(codeOf(await newUpload({ expiresAtMs: begunAtMs }).put(3))).toBe('401 auth:expired_token')
    vi.setSystemTime(begunAtMs + partsLiveMs + 1000)
    expect([codeOf(await upload.put(2)), codeOf(await upload.list()), codeOf(await upload.complete())]).toEqual(
      Array(3).fill('410 resource:gone'),
    )
  })

  test('may be empty', async () => {
    const upload = newUpload({ size: 0, contentType: 'text/plain', fileType: 'document' })
    expect(await upload.begin()).toMatchObject({ status: 201, body: { partCount: 0 } })
    expect(codeOf(await upload.put(1, 'a'))).toBe('409 resource:conflict')
    expect(await upload.complete()).toMatchObject({ status: 201, body: { fileSize: 0 } })
  })

  test('of bytes that are kept already keeps them once', async () => {
    const bytes = wav(partSize + 1, 50)
    const [first, second] = [await (await whole({}, bytes)).complete(), await (await whole({}, bytes)).complete()]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body.key).toBe(first.body.key)
    expect(await left()).toHaveLength(1)
  })

  test('is completed twice at once into one media', async () => {
    const upload = await whole({}, wav(partSize + 1, 51))
    const answers = await Promise.all([upload.complete(), upload.complete(), upload.complete()])
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(await left()).toHaveLength(1)
  })
})

describe('a part that is refused', () => {
  const put =
    (upload: ReturnType<typeof newUpload>) => async (number: number | string, bytes: BodyInit, headers?: Record<string, string>) =>
      codeOf(await upload.put(number, bytes, headers))

  test('leaves the others as they are', async () => {
    const upload = newUpload()
    const send = put(upload)
    expect(await send(3, part(3))).toBe('404 resource:not_found')
    await upload.begin()
    const short = part(3).slice(0, -1)
    const long = noise(12_346)
    expect([await send(3, short), await send(3, streamOf(short)), await send(3, streamOf(part(3).slice(0, 100)))]).toEqual(
      Array(3).fill('400 validation:invalid_input'),
    )
    expect([
      await send(3, long, { 'content-length': '12346' }),
      await send(3, streamOf(long)),
      await send(2, streamOf(part(2), part(3))),
    ]).toEqual(Array(3).fill('413 request:too_large'))
    expect(await send(3, part(3), { 'content-digest': digestOf(part(2)) })).toBe('400 validation:invalid_input')
    expect(await send(2, streamOf(noise(partSize)), { 'content-digest': digestOf(part(2)) })).toBe('400 validation:invalid_input')
    expect(await send(3, part(3), { 'content-encoding': 'br' })).toBe('415 request:unsupported_media_type')
    expect([
      await send(4, part(3)),
      await send(0, part(3)),
      await send('x', part(3)),
      await send('1%2f', part(3)),
      await send(99_999, part(3)),
    ]).toEqual(Array(5).fill('400 validation:invalid_input'))
    expect((await upload.list()).body.parts).toEqual([])
    // The beginning of the file is seen at once to be none of a sound.
    expect(await send(1, noise(partSize))).toBe('400 validation:invalid_input')
    expect((await upload.list()).body.parts).toEqual([])
    expect((await upload.put(1)).status).toBe(200)
    await upload.abort()
  })
})

describe('a part that is sent again', () => {
  const putting = (change: (real: Services['blobs']['putPart']) => Services['blobs']['putPart']) => (services: Services) => ({
    blobs: { ...services.blobs, putPart: change(services.blobs.putPart) },
  })
  const small = wav(6000, 90)

  test('and whose request dies before it is noted is missing until it comes once more', async () => {
    const upload = await whole({}, small)
    const dying = putting((real) => async (...given) => {
      await real(...given)
      throw new Error('died')
    })
    expect((await upload.with(dying).put(1, small)).status).toBe(503)
    expect((await upload.list()).body.parts).toEqual([])
    expect(codeOf(await upload.complete())).toBe('400 validation:invalid_input')
    expect((await upload.put(1, small)).status).toBe(200)
    expect((await upload.complete()).status).toBe(201)
  })

  test('while it is being sent is missing until it comes alone', async () => {
    const upload = newUpload({ size: small.byteLength })
    await upload.begin()
    const { promise: others, resolve: othersAreThere } = Promise.withResolvers<void>()
    const late = putting((real) => async (...given) => {
      const stored = await real(...given)
      await others
      return stored
    })
    const first = upload.with(late).put(1, small)
    await expect.poll(async () => (await world.services.upload(`${tenant.workspaceId}:${upload.grant.uploadId}`).state()).ok).toBe(true)
    const second = await upload.put(1, small)
    othersAreThere()
    expect([codeOf(await first), codeOf(second)]).toEqual(['409 resource:conflict', '200'])
    expect(codeOf(await upload.complete())).toBe('400 validation:invalid_input')
    expect((await upload.put(1, small)).status).toBe(200)
    expect((await upload.complete()).status).toBe(201)
  })
})

describe('completing', () => {
  test('names what is missing, and goes on from there', async () => {
    const bytes = wav(partSize + 5, 52)
    const upload = newUpload({ size: bytes.byteLength })
    expect(codeOf(await upload.complete())).toBe('404 resource:not_found')
    await upload.begin()
    await upload.put(2, bytes.subarray(partSize))
    const refused = await upload.complete()
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ parameter: 'partNumber', detail: 'Part 1 is missing.' }] } })
    await upload.put(1, bytes.subarray(0, partSize))
    expect((await upload.complete()).status).toBe(201)
  })

  test.each<[string, unknown]>([
    ['no JSON', '{'],
    ['a hash that is none', { sha256: 'abc' }],
    ['another member', { parts: [] }],
    ['too much', { sha256: 'a'.repeat(5000) }],
  ])('with %s is a mistake that changes nothing', async (_, body) => {
    const upload = newUpload({ size: 5000 })
    await upload.begin()
    const sent = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await world.ask('POST', `${upload.url}/multipart/complete`, sent)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect((await upload.list()).status).toBe(200)
  })

  test.each<[string, Partial<UploadGrant>, unknown, Uint8Array]>([
    ['another hash than was granted', { sha256 }, undefined, wav(partSize + 1, 60)],
    ['another hash than is said', {}, { sha256 }, wav(partSize + 1, 61)],
    ['another hash, in one part', { sha256 }, undefined, wav(5000, 62)],
  ])('bytes with %s leaves nothing, and ends the upload', async (_, grant, body, bytes) => {
    const upload = await whole(grant, bytes)
    expect(codeOf(await upload.complete(body))).toBe('400 validation:invalid_input')
    expect(await left()).toEqual([])
    expect([codeOf(await upload.complete()), codeOf(await upload.begin()), codeOf(await upload.put(1, bytes))]).toEqual(
      Array(3).fill('410 resource:gone'),
    )
    expect(await digestOfMedia(world, upload.grant)).toBeNull()
  })

  test('what the workspace refuses leaves nothing, and ends the upload', async () => {
    const bytes = wav(5000, 63)
    const [first, second] = [await whole({}, bytes), newUpload()]
    await first.complete()
    const taken = await whole({ mediaId: first.grant.mediaId }, wav(6000, 64))
    const kept = await left()
    expect(codeOf(await taken.complete())).toBe('409 resource:already_exists')
    expect(await left()).toEqual(kept.slice(0, 1))
    expect(codeOf(await taken.complete())).toBe('410 resource:gone')
    expect(codeOf(await second.complete())).toBe('404 resource:not_found')
  })

  const dying = (name: keyof ReturnType<Services['upload']>, isDone: boolean) => (services: Services) => ({
    upload: (at: string) => {
      const real = services.upload(at)
      const die = async (...given: unknown[]) => {
        if (isDone) await (real[name] as (...all: unknown[]) => Promise<unknown>)(...given)
        throw new Error(`died at ${name}`)
      }
      return Object.assign(Object.create(real), { [name]: die })
    },
  })
  const blobs = (change: (real: Services['blobs']) => Partial<Services['blobs']>) => (services: Services) => ({
    blobs: { ...services.blobs, ...change(services.blobs) },
  })

  test.each<[string, (services: Services) => Partial<Services>, number]>([
    ['before R2 has put the parts together', blobs(() => ({ completeMultipart: () => Promise.reject(new Error('R2 is down')) })), 503],
    ['after R2 has, before it was noted', dying('assembled', false), 500],
    ['after it was noted', dying('assembled', true), 500],
    [
      'while it is read back',
      blobs(() => ({ read: async () => ({ ok: false, error: { code: 'blob/unavailable', detail: 'R2 is down' } }) })),
      503,
    ],
    ['after the check, before it was noted', dying('checked', false), 500],
    ['after the check', dying('checked', true), 500],
    [
      'before the workspace is asked',
      (services) => ({
        workspace: (id) => Object.assign(Object.create(services.workspace(id)), { execute: () => Promise.reject(new Error('died')) }),
      }),
      500,
    ],
    [
      'after the workspace has decided',
      (services) => ({
        workspace: (id) => {
          const real = services.workspace(id)
          const execute: typeof real.execute = async (...given) => {
            await real.execute(...given)
            throw new Error('died')
          }
          return Object.assign(Object.create(real), { execute })
        },
      }),
      500,
    ],
  ])('that died %s is made good by the next', async (_, broken, status) => {
    const bytes = wav(7000, ++seeds)
    const upload = await whole({ sha256: sha256Of(bytes) }, bytes)
    expect((await upload.with(broken).complete()).status).toBe(status)
    const done = await upload.complete()
    expect(done).toMatchObject({ status: 201, body: { sha256: sha256Of(bytes) } })
    expect(await digestOfKey(done.body.key)).toBe(sha256Of(bytes))
    expect(await left()).toEqual([done.body.key.slice(tenant.workspaceId.length + 1)])
  })

  test('that is answered only to be lost is answered again from what was noted', async () => {
    const upload = await whole({}, wav(5001, 65))
    const lost = await upload.with(dying('done', false)).complete()
    expect(lost.status).toBe(201)
    expect(await upload.complete()).toMatchObject({ status: 201, body: lost.body })
  })
})

describe('an abort', () => {
  test('leaves nothing, again and again, and nothing comes behind it', async () => {
    const upload = await whole({}, wav(partSize + 1, 70))
    expect([(await upload.abort()).status, (await upload.abort()).status]).toEqual([204, 204])
    expect(await left()).toEqual([])
    expect([
      codeOf(await upload.begin()),
      codeOf(await upload.put(2, 'a')),
      codeOf(await upload.complete()),
      codeOf(await upload.list()),
    ]).toEqual(Array(4).fill('410 resource:gone'))
  })

  test('of what was never begun is one', async () => {
    expect((await newUpload().abort()).status).toBe(204)
  })

  test('of another URL does nothing here', async () => {
    const [mine, other] = [await whole({}, wav(5000, 71)), newUpload({ size: 5000 })]
    await other.begin()
    await other.abort()
    expect((await mine.complete()).status).toBe(201)
  })
})
