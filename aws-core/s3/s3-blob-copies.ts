// Copies of media in an S3 bucket, over fetch (REST, SigV4).
//
// Guarantees: every request is signed whole, its body by the hash it must have, which S3 checks, so a copy is what it is a
// copy of; what S3 says of a failure is told by its status and never in its words; an answer begins by its deadline, and what
// was asked as a span is that span. One attempt each: a reader has another origin, and the queue asks again.
//
// S3 says 404 of what is not there only to who may list the bucket; to others 403, which is told as unavailable.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html

import type { BlobCopies, BlobFailure, Span } from '../../domain/media/blobs.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Fetch } from '../dynamodb/client.ts'
import type { Signer } from '../signer.ts'

export interface S3Settings {
  region: string
  bucket: string
  /** Only where it is not AWS's own. */
  endpoint?: string
  /** For the service `s3`. */
  signer: Signer
  fetch: Fetch
  /** A body that is sent with its length: S3 takes none without. */
  sized: (bytes: ReadableStream<Uint8Array>, size: number) => ReadableStream<Uint8Array>
  /** Until an answer begins. */
  timeoutMs: number
  /** Bytes a second, at least, of what is put. */
  slowestBytesPerSecond: number
}

const sha256OfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

type Answered = Result<Response, BlobFailure>

export function s3BlobCopies(settings: S3Settings): BlobCopies {
  // Taken out of `settings`: workerd's own fetch throws when it is called as a method of something else.
  const { region, bucket, endpoint, signer, fetch, sized, timeoutMs, slowestBytesPerSecond } = settings
  const base = endpoint === undefined ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint.replace(/\/$/, '')}/${bucket}`

  async function ask(method: string, key: string, headers: Record<string, string> = {}): Promise<Answered> {
    const signed = { 'x-amz-content-sha256': sha256OfNothing, ...headers }
    return begun(fetch, await signer.sign({ method, url: `${base}/${key}`, headers: signed }), timeoutMs)
  }

  return {
    async read(key, span) {
      const answered = await ask('GET', key, span && { range: `bytes=${span.offset}-${span.offset + span.length - 1}` })
      if (!answered.ok) return answered
      const { status, headers, body } = answered.value
      const isIt = span ? status === 206 && isSpan(headers.get('content-range'), span) : status === 200
      if (isIt && body) return ok(body)
      return refused(answered.value)
    },
    async has(key) {
      const answered = await ask('HEAD', key)
      if (!answered.ok) return answered
      if (answered.value.status === 404) return ok(false)
      return answered.value.status === 200 ? ok(true) : refused(answered.value)
    },
    async put(key, bytes, { size, sha256, contentType }) {
      const headers = { 'content-type': contentType, 'x-amz-content-sha256': sha256 }
      const signed = await signer.sign({ method: 'PUT', url: `${base}/${key}`, headers })
      // `duplex` is what a stream needs outside workerd.
      const init = { method: 'PUT', headers: signed.headers, body: sized(bytes, size), redirect: 'manual', duplex: 'half' } as const
      const request = new Request(signed.url, init)
      request.headers.set('content-length', String(size))
      const answered = await begun(fetch, request, timeoutMs + (size / slowestBytesPerSecond) * 1000)
      return answered.ok ? ended(answered.value, 200) : answered
    },
    async delete(key) {
      const answered = await ask('DELETE', key)
      // S3 says 204 of what was not there, too.
      return answered.ok ? ended(answered.value, 204) : answered
    },
  }
}

/** The answer once it has begun; how long its body takes is for its reader. */
async function begun(fetch: Fetch, request: Request, timeoutMs: number): Promise<Answered> {
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    return ok(await fetch(request, { signal: ending.signal }))
  } catch (thrown) {
    const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}`.slice(0, 200) : 'unnamed error'
    return fail({ code: 'blob/unavailable', detail: `S3: ${detail}` })
  } finally {
    clearTimeout(timer)
  }
}

async function ended(response: Response, wanted: number): Promise<Result<void, BlobFailure>> {
  if (response.status !== wanted) return refused(response)
  // An unread body keeps its connection.
  await response.body?.cancel()
  return ok(undefined)
}

async function refused({ status, body }: Response): Promise<{ ok: false; error: BlobFailure }> {
  await body?.cancel()
  return fail({ code: status === 404 ? 'blob/not_found' : 'blob/unavailable', detail: `S3 answered ${status}` })
}

const isSpan = (contentRange: string | null, { offset, length }: Span): boolean =>
  contentRange?.startsWith(`bytes ${offset}-${offset + length - 1}/`) === true
