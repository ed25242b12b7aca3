// Large files, and what becomes of them when everything is killed: ten thousand ranges of files of awkward sizes, a multipart
// upload that dies and goes on, tus from a real client, and nothing left of what was wrong.

import { createHash } from 'node:crypto'
import { Upload } from 'tus-js-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginMultipart, complete, json, listParts, type Media, mediaClient, putPart, uploadParts } from './support/media-client.ts'
import { type PatternedFile, patternedFile } from './support/patterned-bytes.ts'
import { type Platform, startPlatform } from './support/platform.ts'
import { tusUpload } from './support/tus-upload.ts'

const mib = 1 << 20
const large = patternedFile(200_000_000, 7)

let platform: Platform
let client: Awaited<ReturnType<typeof mediaClient>>

beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  client = await mediaClient(platform, 'archive')
})
afterAll(() => platform?.remove())

const naming = ({ contentType }: PatternedFile) => ({
  fileName: `Größe ${contentType}`.replaceAll('/', ' '),
  contentType,
  fileType: 'document',
})

async function restart(): Promise<void> {
  const { dir, port } = platform
  await platform.kill()
  platform = await startPlatform({ noDemo: true, dir, port })
}

let largeMedia: Media

test('a multipart upload that was killed twice goes on where it was, and completes with the right checksum', async () => {
  const sha256 = large.sha256()
  const { uploadUrl } = await client.grant(naming(large), large.size, { checksumSha256: sha256 })
  const { partSize, partCount } = await beginMultipart(uploadUrl)
  const some = Array.from({ length: 6 }, (_, i) => partCount - i)
  for (const partNumber of some) expect((await putPart(uploadUrl, large, partSize, partNumber)).status).toBe(200)
  // The last of these is under way when everything dies.
  const dying = putPart(uploadUrl, large, partSize, 1).catch(() => null)
  await restart()
  await dying
  const kept = (await listParts(uploadUrl)).parts.map(({ partNumber }) => partNumber)
  expect(kept).toEqual(expect.arrayContaining([...some].reverse()))
  for (let partNumber = 1; partNumber <= partCount; partNumber++)
    if (!kept.includes(partNumber)) expect((await putPart(uploadUrl, large, partSize, partNumber)).status).toBe(200)
  const unanswered = complete(uploadUrl).catch(() => null)
  await restart()
  await unanswered
  largeMedia = await json<Media>(await complete(uploadUrl), 201)
  expect(largeMedia).toMatchObject({ sha256, fileSize: large.size })
  // Once more: as it was answered.
  expect(await json<Media>(await complete(uploadUrl), 201)).toMatchObject({ mediaId: largeMedia.mediaId, sha256 })
  const got = await fetch(largeMedia.url)
  const hash = createHash('sha256')
  for await (const piece of got.body ?? []) hash.update(piece)
  expect(hash.digest('base64url')).toBe(sha256)
})

describe('10,000 random ranges give the right bytes', () => {
  const sizes = [0, 1, 8 * mib - 1, 8 * mib, 8 * mib + 1]

  test.each([
    ...sizes.map((size, i) => ({ size, ranges: size < 2 ? 20 : 2_600, seed: i + 1 })),
    { size: large.size, ranges: 2_160, seed: 7 },
  ])('of $size bytes, $ranges of them', async ({ size, ranges, seed }) => {
    const file = patternedFile(size, seed)
    const url = size === large.size ? largeMedia.url : (await client.put(naming(file), file.bytes(0, size))).url
    const random = randomFrom(seed)
    const wrong: string[] = []
    const one = async () => {
      const { field, expected } = randomRange(file, random)
      const answer = await fetch(url, { headers: { range: field } })
      const body = new Uint8Array(await answer.arrayBuffer())
      const said = `${answer.status} ${answer.headers.get('content-range')}`
      if (said !== expected.said || (expected.bytes && Buffer.compare(body, expected.bytes()) !== 0))
        wrong.push(`${field}: ${said}, ${body.length} bytes`)
    }
    let left = ranges
    const worker = async () => {
      while (left-- > 0) await one()
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    expect(wrong).toEqual([])
  })
})

function randomFrom(seed: number): () => number {
  let state = seed
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A range of one of the three forms, and what RFC 9110 section 14 makes of it. Most are short; some go to the end. */
function randomRange({ size, bytes }: PatternedFile, random: () => number) {
  const whole = { said: '200 null', bytes: () => bytes(0, size) }
  /** A problem document. */
  const none = { said: `416 bytes */${size}`, bytes: undefined }
  const first = Math.floor(random() * (size + 2))
  const length = 1 + Math.floor(random() ** 6 * 1_000_000)
  const part = (from: number, to: number) => ({ said: `206 bytes ${from}-${to}/${size}`, bytes: () => bytes(from, to - from + 1) })
  const kind = random()
  if (kind < 0.15) {
    const suffix = Math.floor(random() ** 4 * Math.min(size + 2, 1_000_000))
    const found = suffix === 0 ? none : size === 0 ? whole : part(Math.max(0, size - suffix), size - 1)
    return { field: `bytes=-${suffix}`, expected: found }
  }
  if (kind < 0.25 && size - first < 1_000_000) return { field: `bytes=${first}-`, expected: first < size ? part(first, size - 1) : none }
  const last = first + length - 1
  return { field: `bytes=${first}-${last}`, expected: first < size ? part(first, Math.min(last, size - 1)) : none }
}

test('a real tus client uploads, is cut off, resumes after a kill, and terminates what it does not want', async () => {
  const file = patternedFile(12 * mib + 345, 11)
  const { uploadUrl } = await client.grant(naming(file), file.size, { checksumSha256: file.sha256() })
  const location = await tusUpload({ endpoint: `${uploadUrl}/tus`, file, stopAfterBytes: 7 * mib })
  await restart()
  await tusUpload({ uploadUrl: location, file })
  const { items } = await json<{ items: Media[] }>(await client.api('GET', '/media?limit=1'), 200)
  expect(items[0]).toMatchObject({ sha256: file.sha256(), fileSize: file.size })

  const unwanted = patternedFile(6 * mib, 12)
  const another = await client.grant(naming(unwanted), unwanted.size)
  const abandoned = await tusUpload({ endpoint: `${another.uploadUrl}/tus`, file: unwanted, stopAfterBytes: 2 * mib })
  await Upload.terminate(abandoned)
  const head = await fetch(abandoned, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } })
  expect([404, 410]).toContain(head.status)
})

test('a wrong checksum, type or size leaves nothing', async () => {
  const file = patternedFile(9 * mib, 13)
  const before = await json<{ items: Media[] }>(await client.api('GET', '/media?limit=100'), 200)
  const wrongSum = await client.grant(naming(file), file.size, { checksumSha256: patternedFile(9 * mib, 14).sha256() })
  await expect(uploadParts(wrongSum.uploadUrl, file)).rejects.toThrow('400')
  const put = (uploadUrl: string, body: Uint8Array, type: string) =>
    fetch(uploadUrl, { method: 'PUT', headers: { 'content-type': type }, body: body as Uint8Array<ArrayBuffer> })
  expect((await put((await client.grant(naming(file), 100)).uploadUrl, file.bytes(0, 99), file.contentType)).status).toBe(400)
  expect((await put((await client.grant(naming(file), 100)).uploadUrl, file.bytes(0, 101), file.contentType)).status).toBe(413)
  expect((await put((await client.grant(naming(file), 100)).uploadUrl, file.bytes(0, 100), 'image/png')).status).toBe(415)
  const png = { fileName: 'x.png', contentType: 'image/png', fileType: 'image' }
  expect((await put((await client.grant(png, 100)).uploadUrl, file.bytes(0, 100), 'image/png')).status).toBe(400)
  expect(await json(await client.api('GET', '/media?limit=100'), 200)).toEqual(before)
})

test('whoever is still sending hears the answer, be it a refusal or that of a repeat', async () => {
  const file = patternedFile(8 * mib, 15)
  const { uploadUrl } = await client.grant(naming(file), file.size)
  const answers: number[] = []
  for (const [path, type] of [
    ['/nothing', file.contentType],
    ['/multipart', file.contentType],
    ['/multipart/x', file.contentType],
    ['', 'image/png'],
    ...Array.from({ length: 4 }, () => ['', file.contentType]),
  ])
    answers.push(
      (await fetch(uploadUrl + path, { method: 'PUT', headers: { 'content-type': `${type}` }, body: file.bytes(0, file.size) })).status,
    )
  expect(answers).toEqual([404, 405, 400, 415, 201, 201, 201, 201])
})

test('the record agrees with everything that is derived from it', async () => {
  const verified = await platform.runScript('verify.ts', ['--workspace', 'archive'])
  expect({ code: verified.code, said: verified.stdout }).toMatchObject({ code: 0 })
})
