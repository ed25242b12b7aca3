// Whether bytes are what they are declared to be, by their first 64 KiB. Binary formats have a beginning that `file-type`
// knows; text has none, and so is held to being text that no browser would take for anything else.
//
// What is checked is what the bytes are, not that they are in order: a broken image is an image that does not open.
// Lenient only where formats share a container and players take either name: MP4 and QuickTime, what is in Ogg, the three
// MPEG streams, the older Office formats. Empty files are text (text/plain, text/csv): anything else has a beginning.

import { fileTypeFromBuffer } from 'file-type'
import { type Failure, failure } from '../../domain/failures.ts'
import type { MediaContentType } from '../../domain/media/content-types.ts'
import { cfbTypes } from './cfb.ts'
import { checkText, type TextRule } from './text-check.ts'

export const headBytes = 64 * 1024

/** What `file-type` may answer for each declared type. */
const accepted: Partial<Record<MediaContentType, string[]>> = {
  'image/jpeg': ['image/jpeg'],
  // Animated ones are PNG to whoever does not know them.
  'image/png': ['image/png', 'image/apng'],
  'image/gif': ['image/gif'],
  'image/webp': ['image/webp'],
  'image/bmp': ['image/bmp'],
  'image/tiff': ['image/tiff'],
  'video/mp4': ['video/mp4', 'video/x-m4v', 'video/quicktime'],
  'video/quicktime': ['video/quicktime', 'video/mp4', 'video/x-m4v'],
  'video/webm': ['video/webm'],
  'video/x-msvideo': ['video/vnd.avi'],
  'video/mpeg': ['video/mpeg', 'video/MP1S', 'video/MP2P'],
  'audio/mpeg': ['audio/mpeg'],
  'audio/wav': ['audio/wav'],
  'audio/ogg': ['audio/ogg', 'audio/ogg; codecs=opus', 'application/ogg'],
  'audio/aac': ['audio/aac'],
  'audio/flac': ['audio/flac'],
  'application/pdf': ['application/pdf'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': [
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  ],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ],
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': [
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  ],
}

/** Where `file-type` is content with two or three letters, which a text may begin with too. */
const besides: Partial<Record<MediaContentType, (head: Uint8Array) => boolean>> = {
  'image/gif': (head) => /^GIF8[79]a/.test(String.fromCharCode(...head.subarray(0, 6))),
  // The header says how long it is, and there are only so many.
  'image/bmp': (head) => [12, 16, 40, 52, 56, 64, 108, 124].includes(head[14] ?? 0) && head[15] === 0 && head[16] === 0 && head[17] === 0,
}

const textRules: Partial<Record<MediaContentType, TextRule>> = {
  'text/plain': 'plain',
  'text/csv': 'plain',
  'application/json': 'json',
  'image/svg+xml': 'svg',
}

const mayBeEmpty: MediaContentType[] = ['text/plain', 'text/csv']

/** `head` is the whole file where that is shorter than `headBytes`. Null where the bytes are what they should be. */
export async function checkContent(contentType: MediaContentType, head: Uint8Array, size: number): Promise<Failure | null> {
  if (size === 0) return mayBeEmpty.includes(contentType) ? null : mismatch(contentType, 'nothing')
  const rule = textRules[contentType]
  if (rule) {
    const found = checkText(rule, head, head.byteLength === size)
    return found === null ? null : mismatch(contentType, found)
  }
  const found = await typeOf(head)
  const isAccepted = accepted[contentType]?.includes(found) || (found === 'application/x-cfb' && cfbTypes(head).includes(contentType))
  const isWhole = besides[contentType]?.(head) ?? true
  return isAccepted && isWhole ? null : mismatch(contentType, found === '' || isAccepted ? 'none of the formats that are known' : found)
}

/** Empty where it is none of those that are known. */
async function typeOf(head: Uint8Array): Promise<string> {
  // PNG is known by its signature (section 5.2); `file-type` goes on to look for an animation, which may be further behind.
  if (startsWith(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'image/png'
  try {
    return (await fileTypeFromBuffer(head))?.mime ?? ''
  } catch {
    // Bytes that a parser trips over are of no format that it knows.
    return ''
  }
}

const startsWith = (bytes: Uint8Array, beginning: number[]): boolean => beginning.every((byte, i) => bytes[i] === byte)

function mismatch(declared: MediaContentType, found: string): Failure {
  const detail = `Declared as ${declared}; the content is ${found}.`
  return failure('validation/invalid_input', detail, { errors: [{ parameter: 'content-type', detail }] })
}
