// The request body, read once: its type checked (415), its size counted while it streams (413, whatever
// Content-Length claims), then parsed. Nothing past the limit is ever held in memory. JSON everywhere, but where the
// standard says otherwise: forms for OAuth (RFC 6749), CSV for lists of people (RFC 4180).
//
// A sender that breaks off, in the middle of a chunk or of the length it declared, is told what is wrong with its body (400),
// should it still listen: nothing of ours has failed.

import { type Failure, failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { parseJson } from './json.ts'
import type { JsonLimits } from './json-scan.ts'

/** The most that any route takes. */
export const bodyLimitBytes = 6 * 1024 * 1024

export interface BodyLimits extends JsonLimits {
  bytes: number
}

/** Of a route that says nothing else. Its bytes leave room for every text a schema takes, each character escaped. */
export const bodyLimits: BodyLimits = { bytes: 256 * 1024, members: 2000, depth: 64 }

/** Whoever nobody knows yet has a few words to say. */
export const strangersLimits: BodyLimits = { bytes: 16 * 1024, members: 100, depth: 64 }

export type BodyKind = 'json' | 'form' | 'csv'

const charset = '[ \\t]*(?:;[ \\t]*charset="?utf-8"?[ \\t]*)?'
const kinds: Record<BodyKind, { mediaType: RegExp; named: string; parse: (bytes: Uint8Array, limits: BodyLimits) => Result<unknown> }> = {
  json: { mediaType: new RegExp(`^application/(?:[\\w.-]+\\+)?json${charset}$`, 'i'), named: 'application/json', parse: parseJson },
  form: {
    mediaType: new RegExp(`^application/x-www-form-urlencoded${charset}$`, 'i'),
    named: 'application/x-www-form-urlencoded',
    parse: parseForm,
  },
  // RFC 7111 allows `header=present` beside the charset.
  csv: { mediaType: /^text\/csv[ \t]*(?:;[ \t]*(?:charset="?utf-8"?|header="?present"?)[ \t]*)*$/i, named: 'text/csv', parse: parseText },
}

/** More than any form here has: each costs a look whoever sends it. */
const formParametersLimit = 20

const tooLarge = (limitBytes: number) => fail(failure('request/too_large', `The body is larger than ${limitBytes} bytes.`))

/** The cheap half, before anyone is authenticated: an honest Content-Length over the limit is refused unread. */
export function refuseDeclaredSize(headers: Headers, limitBytes = bodyLimitBytes): Result<void> {
  const declared = headers.get('content-length')
  return declared !== null && Number(declared) > limitBytes ? tooLarge(limitBytes) : ok(undefined)
}

/** So much of a body is read before room is asked for: what is small never waits, and who sends nothing takes no room. */
export const smallBodyBytes = 64 * 1024

/**
 * `room` is asked once, when more than `smallBodyBytes` have come. `request/unsupported_media_type`, `request/too_large`,
 * `request/too_slow` where `signal` ended it, `validation/invalid_input`, or what `room` says.
 */
export async function readBody(
  request: Request,
  kind: BodyKind,
  limits: BodyLimits = bodyLimits,
  signal?: AbortSignal,
  room?: () => Promise<Result<void>>,
): Promise<Result<unknown>> {
  const { mediaType, named, parse } = kinds[kind]
  const contentType = request.headers.get('content-type')
  if (contentType === null || !mediaType.test(contentType.trim()))
    return fail(failure('request/unsupported_media_type', `Send the body as ${named} in UTF-8.`))
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    return fail(failure('request/unsupported_media_type', 'Content codings are not accepted in requests.'))
  const declared = refuseDeclaredSize(request.headers, limits.bytes)
  if (!declared.ok) return declared
  const bytes = await readBytes(request, limits.bytes, signal, room)
  return bytes.ok ? parse(bytes.value, limits) : bytes
}

function parseText(bytes: Uint8Array): Result<string> {
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return fail(failure('validation/invalid_input', 'The body is not UTF-8.', { errors: [{ pointer: '', detail: 'Not UTF-8.' }] }))
  }
}

/** RFC 6749 section 3.2: no parameter may be given twice; one without a value counts as not given. */
function parseForm(bytes: Uint8Array): Result<Record<string, string>> {
  const text = parseText(bytes)
  if (!text.ok) return text
  if (text.value.split('&', formParametersLimit + 1).length > formParametersLimit) {
    const detail = `At most ${formParametersLimit} parameters.`
    return fail(failure('validation/invalid_input', detail, { errors: [{ pointer: '', detail }] }))
  }
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text.value)) {
    const detail = 'A parameter may be given once.'
    if (form.has(name))
      return fail(failure('validation/invalid_input', detail, { errors: [{ pointer: `/${name.slice(0, 100)}`, detail }] }))
    if (value !== '') form.set(name, value)
  }
  return ok(Object.fromEntries(form))
}

async function readBytes(
  request: Request,
  limitBytes: number,
  signal?: AbortSignal,
  room?: () => Promise<Result<void>>,
): Promise<Result<Uint8Array>> {
  let hasRoom = room === undefined
  const chunks: Uint8Array[] = []
  let total = 0
  if (request.body !== null) {
    const reader = request.body.getReader()
    const giveUp = () => void reader.cancel().catch(() => {})
    signal?.addEventListener('abort', giveUp)
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        total += value.byteLength
        if (total > limitBytes) {
          // What is still coming is read on before the answer (chunks.ts), and held by nobody.
          reader.releaseLock()
          return tooLarge(limitBytes)
        }
        if (!hasRoom && total > smallBodyBytes) {
          const given = await room?.()
          if (given && !given.ok) {
            reader.releaseLock()
            return given
          }
          hasRoom = true
        }
        chunks.push(value)
      }
    } catch {
      return fail(brokenOff)
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
  }
  if (signal?.aborted) return fail(tooSlow)
  const [only] = chunks
  return ok(chunks.length === 1 && only ? only : joined(chunks, total))
}

export function joined(chunks: Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

const brokenDetail = 'The body broke off before it was whole, or its chunks are malformed.'
export const brokenOff: Failure = failure('validation/invalid_input', brokenDetail, { errors: [{ pointer: '', detail: brokenDetail }] })

export const tooSlow: Failure = failure('request/too_slow', 'The body did not come in time. Nothing was done.')
