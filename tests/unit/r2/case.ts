// What the tables of RFC 9110 are written in. The representations are the RFC's: ten thousand bytes, and the date of its
// examples. The tables hold for the pure functions (unit) and for the Worker itself (tests/workers/media-tables.test.ts).

export interface Row {
  /** Of RFC 9110. */
  section: string
  says: string
  method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'OPTIONS'
  request: Record<string, string>
  /** Of the representation; 10,000 unless given. */
  size?: number
  status: number
  /** Exactly these of `selective`; those that are not named are absent. */
  fields: Record<string, string>
}

/** Every field that the two sections have to say something about. */
export const selective = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'vary',
]

export const tag = '"xyzzy"'
/** `xyzzy` as it stands in a record. */
export const sha256 = 'xyzzy'
export const modified = 'Sun, 06 Nov 1994 08:49:37 GMT'
export const modifiedMs = Date.UTC(1994, 10, 6, 8, 49, 37)
export const nowMs = Date.UTC(2026, 10, 26, 12)
export const size = 10_000

export const shared = { 'cache-control': 'public, max-age=31536000, immutable', vary: 'Origin' }
export const content = { 'content-type': 'video/mp4', 'content-disposition': 'inline; filename=film.mp4' }

export const whole = (length = size) => ({
  etag: tag,
  'last-modified': modified,
  'accept-ranges': 'bytes',
  ...shared,
  ...content,
  'content-length': String(length),
})
export const part = (positions: string, length: number, of = size) => ({
  ...whole(length),
  'content-range': `bytes ${positions}/${of}`,
})
export const unchanged = { etag: tag, ...shared }
/** A problem document: its own type and length are not the table's. */
export const refused: Record<string, string> = {}
export const outside = (of = size): Record<string, string> => ({ 'content-range': `bytes */${of}` })
