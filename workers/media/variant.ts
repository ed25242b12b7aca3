// Which transformed image a query asks for: from an allowed set, so that nobody can fill a bucket with sizes, and in one
// spelling, so that the same picture has one key. Pure.
//
// `format=auto` reads Accept as browsers write it: a format counts where it is named (`image/*` says nothing of AVIF) and not
// refused with q=0.

import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import type { StoredMedia } from '../../domain/media/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { withoutBlanks } from '../../r2/blanks.ts'
import { type ImageFormat, type ImageVariant, imageFits } from './image-transformer.ts'

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, `Given once, one of ${values.join(', ')}.`).optional()

const size = oneOf(['64', '128', '256', '512', '1024', '2048'])

/** Unknown parameters are ignored. */
export const variantQuery = z.object({
  w: size,
  h: size,
  fit: oneOf(imageFits),
  format: oneOf(['auto', 'avif', 'webp', 'jpeg', 'png']),
  q: oneOf(['60', '80', '90']),
})

export type VariantQuery = z.infer<typeof variantQuery>

const defaultQuality = 80
const mostPixels = 100_000_000
const mostBytes = 20 * 1024 * 1024

/** What each original is made into where the query names no format. A GIF may move, and WebP is what can move as well. */
const ownFormats: Partial<Record<string, ImageFormat>> = {
  'image/jpeg': 'image/jpeg',
  'image/png': 'image/png',
  'image/webp': 'image/webp',
  'image/gif': 'image/webp',
}

export const asksForVariant = ({ w, h, fit, format, q }: VariantQuery): boolean =>
  [w, h, fit, format, q].some((parameter) => parameter !== undefined)

/** `business/invalid_operation` for what cannot be transformed. */
export function isTransformable({ contentType, size, width = 0, height = 0 }: StoredImage): Result<void> {
  if (ownFormats[contentType] === undefined) return refused('Only JPEG, PNG, WebP and GIF images can be transformed.')
  if (size > mostBytes) return refused('Only images of up to 20 MiB can be transformed.')
  if (width * height > mostPixels) return refused('Only images of up to 100 megapixels can be transformed.')
  return ok(undefined)
}

type StoredImage = Pick<StoredMedia, 'contentType' | 'size' | 'width' | 'height'>

const refused = (detail: string) => fail(failure('business/invalid_operation', detail))

/** Null for the original as it is: nothing that was asked would change it. `contentType` is of one that can be transformed. */
export function variantOf({ w, h, fit, format, q }: VariantQuery, contentType: string, accept: string | null): ImageVariant | null {
  const chosen = format === 'auto' ? acceptedFormat(accept) : format && named[format]
  const target = chosen ?? ownFormat(contentType, format === 'auto')
  // A PNG loses nothing, whatever the quality.
  const quality = target === 'image/png' ? undefined : q
  const hasSize = w !== undefined || h !== undefined
  if (!hasSize && quality === undefined && (chosen ?? contentType) === contentType) return null
  return {
    ...(w !== undefined && { width: Number(w) }),
    ...(h !== undefined && { height: Number(h) }),
    // It says how two sizes are both met; with one there is nothing to say.
    fit: w !== undefined && h !== undefined ? (fit ?? 'scale-down') : 'scale-down',
    format: target,
    quality: Number(quality ?? defaultQuality),
  }
}

/** As the last part of the variant's key. */
export const variantName = ({ width = 0, height = 0, fit, format, quality }: ImageVariant): string =>
  `${width}x${height}_${fit}_${extensionOf(format)}_${quality}`

export const extensionOf = (format: ImageFormat): string => (format === 'image/jpeg' ? 'jpg' : format.slice('image/'.length))

const named = { avif: 'image/avif', webp: 'image/webp', jpeg: 'image/jpeg', png: 'image/png' } as const

/** Whoever negotiates and does not take WebP gets a picture that stands still. */
const ownFormat = (contentType: string, isNegotiated: boolean): ImageFormat =>
  contentType === 'image/gif' && isNegotiated ? 'image/png' : (ownFormats[contentType] ?? 'image/png')

/** Undefined where neither of the small formats is accepted. */
const acceptedFormat = (accept: string | null): ImageFormat | undefined =>
  (['image/avif', 'image/webp'] as const).find((format) => (accept ?? '').split(',').some((range) => accepts(range, format)))

function accepts(range: string, format: string): boolean {
  const [type = '', ...parameters] = range.split(';').map(withoutBlanks)
  if (type.toLowerCase() !== format) return false
  const weight = parameters.map((parameter) => /^q=(.*)$/i.exec(parameter)?.[1]).find((value) => value !== undefined)
  // RFC 9110, section 12.4.2. What is no weight is no acceptance.
  return weight === undefined || (/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) && Number(weight) > 0)
}
