// The request body, read once: its type checked (415), its size counted while it streams (413, whatever
// Content-Length claims), then parsed. Nothing past the limit is ever held in memory.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { parseJson } from './json.ts'

export const bodyLimitBytes = 6 * 1024 * 1024

const mediaType = /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i

const tooLarge = () => fail(failure('request/too_large', `The body is larger than ${bodyLimitBytes} bytes.`))

/** The cheap half, before anyone is authenticated: an honest Content-Length over the limit is refused unread. */
export function refuseDeclaredSize(headers: Headers): Result<void> {
  const declared = headers.get('content-length')
  return declared !== null && Number(declared) > bodyLimitBytes ? tooLarge() : ok(undefined)
}

export async function readJsonBody(request: Request): Promise<Result<unknown>> {
  const contentType = request.headers.get('content-type')
  if (contentType === null || !mediaType.test(contentType.trim()))
    return fail(failure('request/unsupported_media_type', 'Send the body as application/json in UTF-8.'))
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    return fail(failure('request/unsupported_media_type', 'Content codings are not accepted in requests.'))
  const bytes = await readBytes(request)
  return bytes.ok ? parseJson(bytes.value) : bytes
}

async function readBytes(request: Request): Promise<Result<Uint8Array>> {
  const chunks: Uint8Array[] = []
  let total = 0
  if (request.body !== null) {
    const reader = request.body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      total += value.byteLength
      if (total > bodyLimitBytes) {
        await reader.cancel()
        return tooLarge()
      }
      chunks.push(value)
    }
  }
  const [only] = chunks
  if (chunks.length === 1 && only) return ok(only)
  const whole = new Uint8Array(total)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return ok(whole)
}
