// What a request says of the bytes it carries, held against the grant before any of them is read.

import { type Failure, failure } from '../../domain/failures.ts'
import type { MediaContentType } from '../../domain/media/content-types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { statedSha256 } from './integrity.ts'
import { otherBytes, tooLong, tooShort } from './receive.ts'

const unsupported = (detail: string): Failure => failure('request/unsupported_media_type', detail)

/** RFC 9110 section 8.3.1. */
const mediaType = /^[ \t]*([!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+)[ \t]*(?:;(.*))?$/

/** The declared type, and no other. Text may say its charset, sound and film their codecs: neither makes it another type. */
export function refuseType(headers: Headers, wanted: MediaContentType): Failure | null {
  const [, type = '', parameters] = mediaType.exec(headers.get('content-type') ?? '') ?? []
  if (type.toLowerCase() !== wanted) return unsupported(`This URL takes ${wanted}.`)
  if (parameters === undefined || parameters.trim() === '') return null
  const may = /^(text\/|application\/json$|image\/svg)/.test(wanted) ? 'charset' : /^(audio|video)\//.test(wanted) ? 'codecs' : null
  // A bare value has no blanks, so that none of a long run of them is tried anew.
  const isMeant = may !== null && new RegExp(`^[ \\t]*${may}=("[^"]*"|[^"; \\t]+)[ \\t]*$`, 'i').test(parameters)
  return isMeant ? null : unsupported(`This URL takes ${wanted}, without other parameters.`)
}

/** Bytes are kept as they come. */
export function refuseCoding(headers: Headers): Failure | null {
  const coding = headers.get('content-encoding')
  return coding === null || coding.toLowerCase() === 'identity' ? null : unsupported('Content codings are not accepted in uploads.')
}

/** RFC 9110, section 14.5: what says that it is a part must not be kept as the whole. */
export function refuseContentRange(headers: Headers): Failure | null {
  if (!headers.has('content-range')) return null
  const detail = 'Content-Range is not taken here: send the file whole, in numbered parts, or by tus.'
  return failure('validation/invalid_input', detail, { errors: [{ parameter: 'content-range', detail }] })
}

/** Where a length is declared, it is the right one. */
export function refuseLength(headers: Headers, size: number): Failure | null {
  const declared = headers.get('content-length')
  if (declared === null || Number(declared) === size) return null
  return Number(declared) > size ? tooLong(size) : tooShort(size, Number(declared))
}

/** What the bytes must hash to: what the request says of them (and, where given, what was granted, which is the same). */
export function wantedSha256(headers: Headers, granted?: string): Result<string | undefined> {
  const stated = statedSha256(headers)
  if (!stated.ok) return stated
  if (stated.value === null) return ok(granted)
  return granted === undefined || granted === stated.value ? ok(stated.value) : fail(otherBytes(stated.value))
}
