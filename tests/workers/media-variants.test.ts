// Transformed images, on the real Images binding (miniflare's, which is sharp) and the real R2.

import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { fail, ok } from '../../domain/result.ts'
import { blobKey, variantKey, variantsPrefix } from '../../r2/keys.ts'
import { type ImageTransformer, type ImageVariant, imagesBindingTransformer, mostMadeBytes } from '../../workers/media/image-transformer.ts'
import {
  ask,
  bytesFrom,
  countingOrigin,
  type Delivered,
  deliveryWorld,
  type Placed,
  parts,
  place,
  reader,
  services,
} from './support/media.ts'
import { pngOf, sizeOfPng } from './support/png.ts'

const png = { contentType: 'image/png', fileType: 'image', originalFileName: 'Holiday photo.png', width: 300, height: 200 } as const
const picture = (over: object = {}): Promise<Placed> => place(pngOf(300, 200), { ...png, ...over })
const tagOf = (bytes: Uint8Array) => `"${createHash('sha256').update(bytes).digest('base64url')}"`
const problemOf = ({ bytes }: Delivered) => JSON.parse(Buffer.from(bytes).toString())
const stored = async ({ workspaceId, blobId }: Placed) => (await services.blobs.list(variantsPrefix(workspaceId, blobId))).objects

/** A transformer that notes what it makes; without `made`, the binding's own. */
function counting(made?: () => Uint8Array): { images: ImageTransformer; variants: ImageVariant[] } {
  const variants: ImageVariant[] = []
  const images: ImageTransformer = {
    async transform(image, variant) {
      variants.push(variant)
      if (!made) return services.images.transform(image, variant)
      await new Response(image).arrayBuffer()
      return ok({ bytes: made(), contentType: variant.format })
    },
  }
  return { images, variants }
}

let photo: Placed
beforeAll(async () => {
  photo = await picture()
})

describe('what is made', () => {
  test.each([
    ['w=64', [64, 43]],
    ['h=64', [96, 64]],
    ['w=128&h=128', [128, 85]],
    ['w=128&h=128&fit=contain', [128, 85]],
    ['w=128&h=128&fit=cover', [128, 128]],
    ['w=128&h=128&fit=pad', [128, 128]],
    ['w=2048', [300, 200]],
    ['w=64&h=64&fit=scale-down', [64, 43]],
  ])('%s', async (query, size) => {
    const answer = await ask(`${photo.path}?${query}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('image/png')
    expect(sizeOfPng(answer.bytes)).toEqual(size)
    expect(answer.headers.get('etag')).toBe(tagOf(answer.bytes))
    expect(answer.headers.get('content-length')).toBe(String(answer.bytes.length))
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  })

  test.each([
    ['format=webp', 'RIFF', 'image/webp', 'webp'],
    ['format=jpeg&q=60', '\u00ff\u00d8', 'image/jpeg', 'jpg'],
    ['format=avif&w=64', 'ftypavif', 'image/avif', 'avif'],
  ])('%s', async (query, signature, contentType, extension) => {
    const { status, headers, bytes } = await ask(`${photo.path}?${query}`)
    expect([status, headers.get('content-type'), headers.get('vary')]).toEqual([200, contentType, 'Origin'])
    expect(Buffer.from(bytes.subarray(0, 16)).toString('latin1')).toContain(signature)
    expect(headers.get('content-disposition')).toBe(`inline; filename="Holiday photo.${extension}"`)
  })

  test('format=auto is what Accept says, and says so', async () => {
    const of = async (accept: string) => {
      const { headers } = await ask(`${photo.path}?w=64&format=auto`, { headers: { accept } })
      return [headers.get('content-type'), headers.get('vary')]
    }
    expect(await of('image/avif,image/webp,*/*')).toEqual(['image/avif', 'Origin, Accept'])
    expect(await of('image/webp,*/*')).toEqual(['image/webp', 'Origin, Accept'])
    expect(await of('*/*')).toEqual(['image/png', 'Origin, Accept'])
  })

  test('nothing, where nothing would change', async () => {
    const before = await stored(photo)
    for (const query of ['fit=cover', 'format=png', 'format=auto', 'q=60', 'unknown=1&w2=3']) {
      const { headers, bytes } = await ask(`${photo.path}?${query}`, { headers: { accept: '*/*' } })
      expect([headers.get('etag'), bytes.length]).toEqual([`"${photo.sha256}"`, photo.size])
    }
    expect(await stored(photo)).toEqual(before)
  })
})

test('a variant has conditions and ranges of its own, and HEAD', async () => {
  const path = `${photo.path}?w=128`
  const whole = await ask(path)
  const etag = whole.headers.get('etag') ?? ''
  expect((await ask(path, { headers: { 'if-none-match': etag } })).status).toBe(304)
  expect((await ask(path, { headers: { 'if-none-match': `"${photo.sha256}"` } })).status).toBe(200)
  expect((await ask(path, { headers: { 'if-match': `"${photo.sha256}"` } })).status).toBe(412)
  const part = await ask(path, { headers: { range: 'bytes=5-9', 'if-range': etag } })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 5-9/${whole.bytes.length}`])
  expect(part.bytes).toEqual(whole.bytes.subarray(5, 10))
  const dated = await ask(path, { headers: { range: 'bytes=5-9', 'if-range': whole.headers.get('last-modified') ?? '' } })
  expect([dated.status, dated.bytes.length]).toEqual([200, whole.bytes.length])
  const outside = await ask(path, { headers: { range: `bytes=${whole.bytes.length}-` } })
  expect([outside.status, outside.headers.get('content-range')]).toEqual([416, `bytes */${whole.bytes.length}`])
  const head = await ask(path, { method: 'HEAD' })
  const fields = ({ headers }: Delivered) => [...headers].filter(([name]) => !['x-request-id', 'traceresponse'].includes(name))
  expect([head.status, fields(head)]).toEqual([200, fields(whole)])
})

describe('what is refused', () => {
  test.each([
    ['w=100', 'w', '64, 128, 256, 512, 1024, 2048'],
    ['w=64&w=128', 'w', 'Given once'],
    ['h=0', 'h', '64, 128'],
    ['fit=fill', 'fit', 'scale-down, contain, cover, pad'],
    ['format=gif', 'format', 'auto, avif, webp, jpeg, png'],
    ['q=75', 'q', '60, 80, 90'],
  ])('%s, by name', async (query, parameter, allowed) => {
    const answer = await ask(`${photo.path}?${query}`)
    expect([answer.status, problemOf(answer).code]).toEqual([400, 'validation/invalid_input'])
    expect(problemOf(answer).errors).toEqual([{ parameter, detail: expect.stringContaining(allowed) }])
  })

  test.each<[string, object]>([
    ['a film', { contentType: 'video/mp4', fileType: 'video' }],
    ['SVG', { contentType: 'image/svg+xml' }],
    ['TIFF', { contentType: 'image/tiff' }],
    ['BMP', { contentType: 'image/bmp' }],
    ['more than 100 megapixels', { width: 10_001, height: 10_000 }],
    ['more than 20 MiB', { size: 20 * 1024 * 1024 + 1 }],
  ])('%s', async (_, over) => {
    const media = await picture(over)
    const answer = await ask(`${media.path}?w=64`)
    expect([answer.status, problemOf(answer).code]).toEqual([400, 'business/invalid_operation'])
    expect(await stored(media)).toEqual([])
  })

  test('what only says that it is an image', async () => {
    const media = await place(bytesFrom(0, 1000), png)
    const answer = await ask(`${media.path}?w=64`)
    expect([answer.status, problemOf(answer).code]).toEqual([400, 'business/invalid_operation'])
    expect(await stored(media)).toEqual([])
  })

  test('what would become too large, without taking all of it', async () => {
    const media = await picture()
    const piece = new Uint8Array(1024 * 1024)
    let taken = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        taken += 1
        controller.enqueue(piece)
      },
    })
    const result = { image: () => endless, response: () => new Response(endless), contentType: () => 'image/png' }
    const binding = { input: () => ({ output: async () => result }) } as unknown as ImagesBinding
    const { ask: askHere } = deliveryWorld(() => ({ images: imagesBindingTransformer(binding) }))
    const answer = await askHere(`${media.path}?format=webp`)
    expect([answer.status, problemOf(answer).code]).toEqual([400, 'business/invalid_operation'])
    expect(taken).toBeLessThanOrEqual(mostMadeBytes / piece.length + 2)
    expect(await stored(media)).toEqual([])
  })

  test('for now, where the service does not answer', async () => {
    const media = await picture()
    const images = { transform: async () => fail({ code: 'image/unavailable', detail: 'ERROR 9422' } as const) }
    const { ask: askHere } = deliveryWorld(() => ({ images }))
    const answer = await askHere(`${media.path}?w=64`)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect((await ask(`${media.path}?w=64`)).status).toBe(200)
  })

  test('for an address that has made too many, but not what is there', async () => {
    const media = await picture()
    await ask(`${media.path}?w=64`)
    const asked: string[] = []
    const addressLimits = { ...parts.addressLimits, transform: async (address: string) => asked.push(address) < 0 }
    const { ask: askHere } = deliveryWorld(() => ({}), { addressLimits })
    const headers = { 'cf-connecting-ip': '192.0.2.7' }
    expect((await askHere(`${media.path}?w=64`, { headers })).status).toBe(200)
    expect(asked).toEqual([])
    const refused = await askHere(`${media.path}?w=128`, { headers })
    expect([refused.status, refused.headers.get('retry-after'), problemOf(refused).code]).toEqual([429, '60', 'rate_limit/exceeded'])
    expect(asked).toEqual(['192.0.2.7'])
    expect((await askHere(media.path, { headers })).status).toBe(200)
  })
})

describe('what is kept', () => {
  test('one object for one picture, whichever way it was asked for', async () => {
    const media = await picture()
    for (const query of ['w=64', 'w=64&q=80', 'fit=cover&w=64', 'w=64&format=png', 'q=60&w=64']) await ask(`${media.path}?${query}`)
    expect((await stored(media)).map(({ key }) => key)).toEqual([variantKey(media.workspaceId, media.blobId, '64x0_scale-down_png_80')])
  })

  test('is not made again, and its original not read again', async () => {
    const media = await picture()
    const { images, variants } = counting()
    const { origin, reads } = countingOrigin(services.origin, () => media.size)
    const here = deliveryWorld(() => ({ images, origin }))
    const first = await here.ask(`${media.path}?w=64`)
    await here.settled()
    // Another isolate of the location.
    const beside = deliveryWorld(() => ({ images, origin }))
    for (const each of [here, beside, here]) {
      expect((await each.ask(`${media.path}?w=64`)).headers.get('etag')).toBe(first.headers.get('etag'))
      await each.settled()
    }
    expect(variants).toHaveLength(1)
    const key = blobKey(media.workspaceId, media.blobId)
    expect(reads.filter((read) => read.key === key)).toHaveLength(1)
    // The variant itself: once for the cache.
    expect(reads.filter((read) => read.key !== key)).toHaveLength(1)
  })

  test('is made once for all who ask at once', async () => {
    const media = await picture()
    const { images, variants } = counting()
    const { ask: askHere } = deliveryWorld(() => ({ images }))
    const answers = await Promise.all(Array.from({ length: 6 }, () => askHere(`${media.path}?w=256`)))
    expect(new Set(answers.map(({ status, headers }) => `${status} ${headers.get('etag')}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
    expect(variants).toHaveLength(1)
  })

  test('is made eight small ones at a time, and the others wait their turn', async () => {
    let atOnce = 0
    let most = 0
    const images: ImageTransformer = {
      async transform(image, variant) {
        most = Math.max(most, ++atOnce)
        const made = await services.images.transform(image, variant)
        atOnce -= 1
        return made
      },
    }
    const { path } = await picture()
    const world = deliveryWorld(() => ({ images }))
    const queries = [64, 128, 256, 512, 1024].flatMap((w) => [`w=${w}`, `w=${w}&h=64&fit=cover`])
    const answers = await Promise.all(queries.map((query) => world.ask(`${path}?${query}`)))
    expect(answers.map(({ status }) => status)).toEqual(queries.map(() => 200))
    expect(most).toBe(8)
  })

  test('is the first that was stored, where isolates that make it come to different bytes', async () => {
    const media = await picture()
    let made = 0
    const { images } = counting(() => bytesFrom(++made * 1000, 100))
    const isolates = [deliveryWorld(() => ({ images })), deliveryWorld(() => ({ images })), deliveryWorld(() => ({ images }))]
    const answers = await Promise.all(isolates.map((isolate) => isolate.ask(`${media.path}?w=64`)))
    expect(made).toBe(3)
    for (const { headers, bytes } of answers) {
      expect(headers.get('etag')).toBe(tagOf(bytes))
      expect(bytes).toEqual(answers[0]?.bytes)
    }
  })

  test('is made again, should it be lost', async () => {
    const media = await picture({ visibility: 'private' })
    const { ask: askHere } = deliveryWorld()
    const path = `${media.path}?${parts.mediaLinks.sign(media, reader, Date.now() + 60_000)}&w=64`
    const first = await askHere(path)
    await services.blobs.delete((await stored(media)).map(({ key }) => key))
    const again = await askHere(path)
    expect([again.status, again.headers.get('etag')]).toEqual([200, first.headers.get('etag')])
    expect(again.bytes).toEqual(first.bytes)
    expect(await stored(media)).toHaveLength(1)
  })
})

test('of a private image, a variant is as private, and in no cache', async () => {
  const media = await picture({ visibility: 'private' })
  expect((await ask(`${media.path}?w=64`)).status).toBe(401)
  expect(await stored(media)).toEqual([])
  const { ask: askHere, settled, services: here } = deliveryWorld()
  const answer = await askHere(`${media.path}?w=64&${parts.mediaLinks.sign(media, reader, Date.now() + 60_000)}`)
  expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('vary')]).toEqual([
    200,
    'private, no-cache',
    'Origin, Authorization',
  ])
  await settled()
  const [object] = await stored(media)
  expect(await here.edgeCache.match(object?.key ?? '', object?.size ?? 0)).toBeNull()
})
