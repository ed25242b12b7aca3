// The S3 adapter against a strict stand-in (s3-stand-in.ts).

import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Fetch } from '../../../../aws-core/dynamodb/client.ts'
import { s3BlobCopies } from '../../../../aws-core/s3/s3-blob-copies.ts'
import { createSigner } from '../../../../aws-core/signer.ts'
import { type S3StandIn, s3Bucket, s3Credentials, s3Region, startS3StandIn } from './s3-stand-in.ts'

const key = 'workspace1/blobs/blob_-1'
const bytes = Buffer.from('The quick brown fox jumps over the lazy dog')
const sha256 = createHash('sha256').update(bytes).digest('hex')
const facts = { size: bytes.length, sha256, contentType: 'text/plain' }

let s3: S3StandIn
beforeEach(async () => {
  s3 = await startS3StandIn()
})
afterEach(() => {
  vi.useRealTimers()
  return s3.close()
})

const streamed = (content: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (let i = 0; i < content.length; i += 10) controller.enqueue(content.subarray(i, i + 10))
      controller.close()
    },
  })

const overNetwork: Fetch = (request, init) => fetch(request, init)

function copies({
  secret = s3Credentials.secretAccessKey,
  region = s3Region,
  bucket = s3Bucket,
  endpoint = s3.endpoint,
  timeoutMs = 5000,
  fetch: fetched = overNetwork,
} = {}) {
  const signer = createSigner({ ...s3Credentials, secretAccessKey: secret, service: 's3', region, now: Date.now })
  return s3BlobCopies({
    region,
    bucket,
    endpoint,
    signer,
    fetch: fetched,
    sized: (stream) => stream,
    timeoutMs,
    slowestBytesPerSecond: 1e6,
  })
}

async function textOf(reading: ReturnType<ReturnType<typeof copies>['read']>): Promise<string> {
  const read = await reading
  return read.ok ? new Response(read.value).text() : `${read.error.code}: ${read.error.detail}`
}

describe('a copy', () => {
  test('is put with its length, hash and type, and is there', async () => {
    expect(await copies().has(key)).toEqual({ ok: true, value: false })
    expect(await copies().put(key, streamed(bytes), facts)).toEqual({ ok: true, value: undefined })
    expect(s3.objects.get(key)).toEqual({ bytes, contentType: 'text/plain' })
    expect(await copies().has(key)).toEqual({ ok: true, value: true })
  })

  test('of nothing is put too', async () => {
    const nothing = { size: 0, sha256: createHash('sha256').digest('hex'), contentType: 'text/plain' }
    expect(await copies().put(key, streamed(Buffer.of()), nothing)).toEqual({ ok: true, value: undefined })
    expect(s3.objects.get(key)?.bytes).toEqual(Buffer.of())
  })

  test('of other bytes than were said is refused, and nothing is stored', async () => {
    const other = Buffer.from('The quick brown fox jumps over the lazy cat')
    expect(await copies().put(key, streamed(other), facts)).toEqual({
      ok: false,
      error: { code: 'blob/unavailable', detail: 'S3 answered 400' },
    })
    expect(s3.objects.size).toBe(0)
  })

  test('is read whole and in part', async () => {
    s3.objects.set(key, { bytes, contentType: 'text/plain' })
    expect(await textOf(copies().read(key))).toBe(bytes.toString())
    expect(await textOf(copies().read(key, { offset: 4, length: 5 }))).toBe('quick')
    expect(await textOf(copies().read(key, { offset: 0, length: 1 }))).toBe('T')
    expect(await textOf(copies().read(key, { offset: bytes.length - 3, length: 3 }))).toBe('dog')
    expect(s3.requests).toEqual([`GET ${key}`, `GET ${key} bytes=4-8`, `GET ${key} bytes=0-0`, `GET ${key} bytes=40-42`])
  })

  test('is deleted as often as it is told', async () => {
    s3.objects.set(key, { bytes, contentType: 'text/plain' })
    for (let i = 0; i < 2; i += 1) expect(await copies().delete(key)).toEqual({ ok: true, value: undefined })
    expect(s3.objects.size).toBe(0)
  })
})

test('AWS’s own endpoint has the bucket in its host', async () => {
  const urls: string[] = []
  const settings = { region: s3Region, bucket: s3Bucket, sized: (stream: ReadableStream<Uint8Array>) => stream, timeoutMs: 1000 }
  const signer = createSigner({ ...s3Credentials, service: 's3', region: s3Region, now: Date.now })
  const fetched = async ({ url, method }: Request) => {
    urls.push(`${method} ${url}`)
    return new Response(null, { status: 404 })
  }
  const real = s3BlobCopies({ ...settings, signer, fetch: fetched, slowestBytesPerSecond: 1e6 })
  await real.has(key)
  await real.put(key, streamed(bytes), facts)
  const url = `https://laurel-copies.s3.eu-central-1.amazonaws.com/${key}`
  expect(urls).toEqual([`HEAD ${url}`, `PUT ${url}`])
})

describe('failures', () => {
  const unavailable = (detail: RegExp) => ({ ok: false, error: { code: 'blob/unavailable', detail: expect.stringMatching(detail) } })

  test('what is not there is told as that', async () => {
    expect(await copies().read(key)).toEqual({ ok: false, error: { code: 'blob/not_found', detail: 'S3 answered 404' } })
  })

  test('what may not be known to be there is not told to be absent', async () => {
    s3.mayList = false
    expect(await copies().read(key)).toEqual(unavailable(/^S3 answered 403$/))
    expect(await copies().has(key)).toEqual(unavailable(/^S3 answered 403$/))
  })

  test.each([
    ['another secret', { secret: 'another' }, /^S3 answered 403$/],
    ['another region', { region: 'eu-west-3' }, /^S3 answered 403$/],
  ])('%s is refused', async (_, over, detail) => {
    expect(await copies(over).has(key)).toEqual(unavailable(detail))
    expect(await copies(over).put(key, streamed(bytes), facts)).toEqual(unavailable(detail))
    expect(s3.objects.size).toBe(0)
  })

  test.each([500, 503, 301, 307, 416])('%i is told by its number, and not in its words', async (status) => {
    s3.next = [status, status, status, status]
    s3.objects.set(key, { bytes, contentType: 'text/plain' })
    const told = unavailable(new RegExp(`^S3 answered ${status}$`))
    expect(await copies().read(key)).toEqual(told)
    expect(await copies().has(key)).toEqual(told)
    expect(await copies().put(key, streamed(bytes), facts)).toEqual(told)
    expect(await copies().delete(key)).toEqual(told)
    expect(s3.requests).toHaveLength(4)
  })

  test('a whole in place of a span is none', async () => {
    s3.objects.set(key, { bytes, contentType: 'text/plain' })
    s3.next = ['whole']
    expect(await copies().read(key, { offset: 4, length: 5 })).toEqual(unavailable(/^S3 answered 200$/))
  })

  test('an S3 that does not answer is given up, and so is one that is not there', async () => {
    s3.next = ['hang', 'hang']
    expect(await copies({ timeoutMs: 50 }).read(key)).toEqual(unavailable(/no answer within 50 ms/))
    expect(await copies({ timeoutMs: 50 }).put(key, streamed(bytes), facts)).toEqual(unavailable(/no answer within/))
    expect(await copies({ endpoint: 'http://127.0.0.1:1' }).has(key)).toEqual(unavailable(/./))
  })

  test('a body that breaks off breaks for its reader', async () => {
    s3.objects.set(key, { bytes, contentType: 'text/plain' })
    s3.next = ['halfway']
    await expect(textOf(copies().read(key))).rejects.toThrow()
  })

  test('a deadline is for the beginning: a body may take longer', async () => {
    vi.useFakeTimers()
    let signal: AbortSignal | undefined
    const fetched = async (_: Request, init: { signal: AbortSignal }) => {
      signal = init.signal
      return new Response('slow')
    }
    const read = await copies({ fetch: fetched, timeoutMs: 100 }).read(key)
    vi.advanceTimersByTime(60_000)
    expect([read.ok, signal?.aborted]).toEqual([true, false])
  })
})
