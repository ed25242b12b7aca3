// tus 1.0, on the real Worker and R2: by hand where the protocol is looked at, and by the client that apps use.

import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { UploadGrant } from '../../domain/media/grant.ts'
import type { Services } from '../../workers/services.ts'
import { newTenant, type Tenant } from './support/tenant.ts'
import { type Answer, codeOf, digestOfMedia, grantFor, noise, sha256Of, stored, streamOf, uploadWorld, wav } from './support/uploads.ts'

const mib = 1024 ** 2
const partSize = 5 * mib
const tus = { 'tus-resumable': '1.0.0' }

const world = uploadWorld()
let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant({ origins: ['https://app.example.org'] })
})
let before: string[]
beforeEach(async () => {
  before = await stored(tenant.workspaceId)
})
const left = async () => (await stored(tenant.workspaceId)).filter((key) => !before.includes(key))
let seeds = 200
const fresh = (size: number) => wav(size, ++seeds)

/** A new upload, and how it is called; by a fresh isolate each time. */
function newUpload(over: Partial<UploadGrant> = {}, broken?: (services: Services) => Partial<Services>) {
  const grant = grantFor(tenant.workspaceId, {
    by: { subject: 'somebody', platform: 'mobile', context: 'dashboard', role: 'editor', scopes: [] },
    ...over,
  })
  const endpoint = `/uploads/v1/${world.grants.seal(grant)}/tus`
  const ask = (method: string, path: string, body: BodyInit | null = null, headers: Record<string, string> = {}) =>
    uploadWorld({}, broken).ask(method, endpoint + path, body, { ...tus, ...headers })
  return {
    grant,
    endpoint,
    ask,
    create: (headers: Record<string, string> = {}, body?: BodyInit) =>
      ask('POST', '', body, { 'upload-length': String(grant.size), ...headers }),
    head: () => ask('HEAD', '/upload'),
    patch: (offset: number, bytes: BodyInit, headers: Record<string, string> = {}) =>
      ask('PATCH', '/upload', bytes, { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream', ...headers }),
    terminate: () => ask('DELETE', '/upload'),
    with: (other: (services: Services) => Partial<Services>) => newUpload(grant, other),
  }
}
const offsetOf = ({ status, headers }: Answer) => [status, headers.get('upload-offset')]

describe('a tus upload', () => {
  test('is created, sent in pieces of any size by any isolate, and becomes a media', async () => {
    const bytes = fresh(partSize + 70_000)
    const upload = newUpload({ size: bytes.byteLength, sha256: sha256Of(bytes) })
    const created = await upload.create({ 'upload-metadata': 'filename YS53YXY=,is_draft' })
    expect([created.status, created.headers.get('location')]).toEqual([201, `${upload.endpoint}/upload`])
    expect(Date.parse(created.headers.get('upload-expires') ?? '') - Date.now()).toBeGreaterThan(6 * 86_400_000)
    expect([created.headers.get('tus-resumable'), created.body]).toEqual(['1.0.0', ''])

    const head = await upload.head()
    expect(offsetOf(head)).toEqual([200, '0'])
    expect([head.headers.get('upload-length'), head.headers.get('cache-control'), head.headers.get('upload-metadata')]).toEqual([
      String(bytes.byteLength),
      'no-store',
      'filename YS53YXY=,is_draft',
    ])

    // Less than a part, a piece over the border of two, one that ends on the border of one, and the rest.
    const cuts = [0, 10, 100_000, partSize, partSize + 1, bytes.byteLength]
    for (const [i, from] of cuts.slice(0, -1).entries()) {
      const to = cuts[i + 1] ?? 0
      expect(offsetOf(await upload.patch(from, i % 2 === 0 ? bytes.subarray(from, to) : streamOf(bytes.subarray(from, to))))).toEqual([
        204,
        String(to),
      ])
      // What is behind the last whole part, and nothing else.
      const tails = to % partSize === 0 || to === bytes.byteLength ? [] : [`uploads/${upload.grant.uploadId}/${to}`]
      expect((await left()).filter((key) => key.startsWith('uploads/'))).toEqual(tails)
    }
    expect(await digestOfMedia(world, upload.grant)).toBe(sha256Of(bytes))
    expect(await left()).toEqual([expect.stringMatching(/^blobs\/[\w-]{21}$/)])
    // A client that did not hear it asks where it stands.
    expect(offsetOf(await upload.head())).toEqual([200, String(bytes.byteLength)])
    expect(offsetOf(await upload.patch(bytes.byteLength, ''))).toEqual([204, String(bytes.byteLength)])
    expect(codeOf(await upload.terminate())).toBe('400 validation:invalid_input')
  })

  test('may bring its bytes with its creation, whole or in part', async () => {
    const bytes = fresh(5000)
    const type = { 'content-type': 'application/offset+octet-stream' }
    const [whole, part] = [newUpload(), newUpload()]
    const created = await whole.create(type, bytes)
    expect([...offsetOf(created), created.headers.get('location')]).toEqual([201, '5000', `${whole.endpoint}/upload`])
    expect(await digestOfMedia(world, whole.grant)).toBe(sha256Of(bytes))
    expect(offsetOf(await part.create(type, bytes.subarray(0, 100)))).toEqual([201, '100'])
    // The answer was lost: the client creates again, and is told where it stands.
    expect(offsetOf(await part.create(type, bytes.subarray(0, 100)))).toEqual([201, '100'])
    expect(offsetOf(await part.patch(100, bytes.subarray(100)))).toEqual([204, '5000'])
  })

  test('is created whatever host the request names', async () => {
    const { endpoint, grant } = newUpload()
    const request = new Request(`http://laurel.test${endpoint}`, {
      method: 'POST',
      headers: { ...tus, 'upload-length': String(grant.size) },
    })
    // As workerd has it where the Host field is no host.
    Object.defineProperty(request, 'url', { value: `http://a b${endpoint}` })
    const created = await world.fetch(request)
    expect([created.status, created.headers.get('location')]).toEqual([201, `${endpoint}/upload`])
  })

  test('may be empty', async () => {
    const upload = newUpload({ size: 0, contentType: 'text/csv', fileType: 'document' })
    expect((await upload.create()).status).toBe(201)
    expect(await digestOfMedia(world, upload.grant)).toBe(sha256Of(new Uint8Array(0)))
    expect(offsetOf(await upload.head())).toEqual([200, '0'])
  })

  test('that is created again goes on', async () => {
    const upload = newUpload()
    const bytes = fresh(5000)
    await upload.create()
    await upload.patch(0, bytes.subarray(0, 700))
    expect((await upload.create()).status).toBe(201)
    expect(offsetOf(await upload.head())).toEqual([200, '700'])
  })

  test('keeps what had come when its connection broke', async () => {
    const bytes = fresh(partSize + 200_000)
    const upload = newUpload({ size: bytes.byteLength })
    await upload.create()
    let sent = 0
    const tunnel = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent >= partSize + 100_000) return controller.error(new Error('the phone is in a tunnel'))
        controller.enqueue(bytes.subarray(sent, sent + 50_000))
        sent += 50_000
      },
    })
    await upload.patch(0, tunnel)
    const offset = Number((await upload.head()).headers.get('upload-offset'))
    expect(offset).toBeGreaterThanOrEqual(partSize)
    expect(offset).toBeLessThanOrEqual(sent)
    expect(offsetOf(await upload.patch(offset, bytes.subarray(offset)))).toEqual([204, String(bytes.byteLength)])
    expect(await digestOfMedia(world, upload.grant)).toBe(sha256Of(bytes))
  })

  test('is terminated: nothing is left, and it is gone', async () => {
    const upload = newUpload()
    await upload.create()
    await upload.patch(0, fresh(5000).subarray(0, 400))
    expect(await left()).toHaveLength(1)
    expect((await upload.terminate()).status).toBe(204)
    expect(await left()).toEqual([])
    expect([codeOf(await upload.terminate()), codeOf(await upload.patch(400, 'a')), codeOf(await upload.create())]).toEqual(
      Array(3).fill('410 resource:gone'),
    )
    expect((await upload.head()).status).toBe(410)
  })

  test('is told what this server can', async () => {
    for (const path of ['', '/upload']) {
      const told = await newUpload().ask('OPTIONS', path)
      expect([told.status, told.headers.get('tus-version'), told.headers.get('tus-extension')]).toEqual([
        204,
        '1.0.0',
        'creation,creation-with-upload,termination,expiration',
      ])
    }
  })

  test('works where only POST can be sent', async () => {
    const [upload, bytes] = [newUpload(), fresh(5000)]
    await upload.create()
    const override = (method: string, headers: Record<string, string> = {}, body?: BodyInit) =>
      upload.ask('POST', '/upload', body, { 'x-http-method-override': method, ...headers })
    expect(codeOf(await override('PUT'))).toBe('400 validation:invalid_input')
    const type = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }
    expect(offsetOf(await override('PATCH', type, bytes.subarray(0, 9)))).toEqual([204, '9'])
    expect((await override('DELETE')).status).toBe(204)
  })

  test('answers pages of the workspace, by the fields of the edge alone', async () => {
    const upload = newUpload()
    const ours = await upload.create({ origin: 'https://app.example.org' })
    expect([ours.status, ours.headers.get('access-control-allow-origin')]).toEqual([201, 'https://app.example.org'])
    expect(ours.headers.get('access-control-expose-headers')).toContain('upload-offset')
    expect([...ours.headers.keys()].filter((name) => name.startsWith('access-control-'))).toHaveLength(2)
    const theirs = await upload.create({ origin: 'https://evil.example' })
    expect([codeOf(theirs), theirs.headers.get('access-control-allow-origin')]).toEqual(['403 auth:origin_not_allowed', null])
    const preflight = await upload.ask('OPTIONS', '/upload', null, {
      origin: 'https://app.example.org',
      'access-control-request-method': 'PATCH',
    })
    expect(preflight.headers.get('access-control-allow-methods')).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('upload-offset')
  })
})

describe('a request that is refused', () => {
  test('is told the version also where no upload was reached', async () => {
    const upload = newUpload()
    const tampered = `/uploads/v1/${upload.endpoint.split('/')[3]?.slice(0, -2)}xx/tus`
    for (const [refused, expected] of [
      [await world.ask('HEAD', `${tampered}/upload`, null, tus), '401'],
      [await world.ask('POST', tampered, null, tus), '401 auth:invalid_token'],
      [await upload.ask('PUT', '/upload'), '405 route:method_not_allowed'],
      [await upload.ask('GET', ''), '405 route:method_not_allowed'],
    ] as const)
      expect([codeOf(refused), refused.headers.get('tus-resumable')]).toEqual([expected, '1.0.0'])
  })

  test('without its version, or with another, is told ours', async () => {
    const upload = newUpload()
    for (const version of ['', '0.2.2']) {
      const refused = await upload.ask('POST', '', null, { 'tus-resumable': version, 'upload-length': '5000' })
      expect([codeOf(refused), refused.headers.get('tus-version'), refused.headers.get('tus-resumable')]).toEqual([
        '412 request:precondition_failed',
        '1.0.0',
        '1.0.0',
      ])
    }
    expect((await upload.head()).status).toBe(404)
  })

  test.each<[string, Record<string, string>, string]>([
    ['of another length', { 'upload-length': '4999' }, '400 validation:invalid_input'],
    ['of more', { 'upload-length': '5001' }, '413 request:too_large'],
    ['of much more', { 'upload-length': '9'.repeat(30) }, '400 validation:invalid_input'],
    ['of no number', { 'upload-length': '-1' }, '400 validation:invalid_input'],
    ['whose length comes later', { 'upload-length': '', 'upload-defer-length': '1' }, '400 validation:invalid_input'],
    ['in pieces to be joined', { 'upload-concat': 'partial' }, '400 validation:invalid_input'],
    ['with metadata that is none', { 'upload-metadata': 'a b c' }, '400 validation:invalid_input'],
    ['with too much metadata', { 'upload-metadata': `a ${'YWFh'.repeat(2000)}` }, '400 validation:invalid_input'],
  ])('a creation %s', async (_, headers, expected) => {
    const upload = newUpload()
    expect(codeOf(await upload.create(headers))).toBe(expected)
    expect((await upload.head()).status).toBe(404)
  })

  test('a PATCH that does not fit changes nothing', async () => {
    const [upload, bytes] = [newUpload(), fresh(5000)]
    expect(codeOf(await upload.patch(0, 'RIFF'))).toBe('404 resource:not_found')
    await upload.create()
    await upload.patch(0, bytes.subarray(0, 100))
    expect(codeOf(await upload.patch(99, 'a'))).toBe('409 resource:conflict')
    expect(codeOf(await upload.patch(101, 'a'))).toBe('409 resource:conflict')
    expect(codeOf(await upload.patch(100, 'a', { 'upload-offset': '1e2' }))).toBe('400 validation:invalid_input')
    expect(codeOf(await upload.ask('PATCH', '/upload', 'a', { 'content-type': 'application/offset+octet-stream' }))).toBe(
      '400 validation:invalid_input',
    )
    expect(codeOf(await upload.patch(100, 'a', { 'content-type': 'audio/wav' }))).toBe('415 request:unsupported_media_type')
    expect(codeOf(await upload.patch(100, new Uint8Array(4901), { 'content-length': '4901' }))).toBe('413 request:too_large')
    expect(codeOf(await upload.patch(100, 'a', { 'upload-length': '5000' }))).toBe('400 validation:invalid_input')
    expect(offsetOf(await upload.head())).toEqual([200, '100'])
  })

  test('a URL that has expired begins nothing, and one of another mode neither', async () => {
    expect(codeOf(await newUpload({ expiresAtMs: Date.now() }).create())).toBe('401 auth:expired_token')
    expect(codeOf(await newUpload({ expiresAtMs: Date.now() }).patch(0, 'a'))).toBe('401 auth:expired_token')
    const upload = newUpload()
    await world.ask('POST', `${upload.endpoint.slice(0, -'/tus'.length)}/multipart`)
    expect(codeOf(await upload.create())).toBe('409 resource:conflict')
    expect((await upload.head()).status).toBe(409)
  })
})

describe('bytes that are wrong leave nothing, and end the upload', () => {
  test('seen at their beginning', async () => {
    const size = partSize + 1
    const upload = newUpload({ size })
    await upload.create()
    expect(codeOf(await upload.patch(0, streamOf(noise(70_000), noise(200_000))))).toBe('400 validation:invalid_input')
    expect(await left()).toEqual([])
    expect((await upload.head()).status).toBe(410)
  })

  test('seen when they are whole', async () => {
    const [bytes, other] = [fresh(6000), fresh(6000)]
    const upload = newUpload({ size: 6000, sha256: sha256Of(bytes) })
    await upload.create()
    await upload.patch(0, other.subarray(0, 3000))
    expect(codeOf(await upload.patch(3000, other.subarray(3000)))).toBe('400 validation:invalid_input')
    expect(await left()).toEqual([])
    expect((await upload.head()).status).toBe(410)
    expect(await digestOfMedia(world, upload.grant)).toBeNull()
  })

  test('more than there may be, with no length said', async () => {
    const upload = newUpload()
    const bytes = fresh(5001)
    await upload.create()
    expect(codeOf(await upload.patch(0, streamOf(bytes.subarray(0, 3000), bytes.subarray(3000))))).toBe('413 request:too_large')
    expect((await left()).filter((key) => key.startsWith('blobs/'))).toEqual([])
  })
})

describe('several at once', () => {
  test('who comes back takes over from who is still there, and nothing is lost', async () => {
    const bytes = fresh(5000)
    const upload = newUpload()
    await upload.create()
    // A connection that nobody has noticed to be dead: it has brought a little, and stays open.
    let close = () => {}
    const hanging = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, 1000))
        close = () => controller.close()
      },
    })
    const dead = upload.patch(0, hanging)
    await expect.poll(async () => (await upload.head()).headers.get('upload-offset'), { timeout: 10_000 }).toBe('1000')
    expect(offsetOf(await upload.patch(1000, bytes.subarray(1000)))).toEqual([204, '5000'])
    close()
    await dead
    expect(await digestOfMedia(world, upload.grant)).toBe(sha256Of(bytes))
  })

  test('of two with the same bytes, one is right', async () => {
    const bytes = fresh(5000)
    const upload = newUpload()
    await upload.create()
    const answers = await Promise.all([upload.patch(0, bytes), upload.patch(0, bytes)])
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409])
    expect(await digestOfMedia(world, upload.grant)).toBe(sha256Of(bytes))
  })
})

test('all bytes are there and the record is not: whoever asks where it stands has it finished first', async () => {
  const bytes = fresh(5000)
  const upload = newUpload()
  await upload.create()
  const outage = (services: Services): Partial<Services> => ({
    workspace: (id) =>
      Object.assign(Object.create(services.workspace(id)), {
        execute: async () => [{ ok: false, error: { code: 'record/unavailable', detail: 'Not now.' } }],
      }),
  })
  const down = upload.with(outage)
  expect((await down.patch(0, bytes)).status).toBe(503)
  expect((await down.head()).status).toBe(503)
  expect(await digestOfMedia(world, upload.grant)).toBeNull()
  expect(offsetOf(await upload.head())).toEqual([200, '5000'])
  expect(await digestOfMedia(world, upload.grant)).toBe(sha256Of(bytes))
})

test('R2 takes nothing: what was safe stays safe', async () => {
  const bytes = fresh(5000)
  const upload = newUpload()
  await upload.create()
  await upload.patch(0, bytes.subarray(0, 100))
  const down = upload.with(({ blobs }) => ({
    blobs: { ...blobs, put: () => Promise.reject(new Error('R2 is down')), putPart: () => Promise.reject(new Error('R2 is down')) },
  }))
  expect((await down.patch(100, bytes.subarray(100, 200))).status).toBe(503)
  expect((await down.patch(100, bytes.subarray(100))).status).toBe(503)
  expect(offsetOf(await upload.head())).toEqual([200, '100'])
  expect(offsetOf(await upload.patch(100, bytes.subarray(100)))).toEqual([204, '5000'])
})
