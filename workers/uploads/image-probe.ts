// The size of an image as it is shown, from its first bytes: `image-size`, its parsers one by one, for the type that the
// bytes were found to be.

import { BMP } from 'image-size/types/bmp'
import { GIF } from 'image-size/types/gif'
import { JPG } from 'image-size/types/jpg'
import { PNG } from 'image-size/types/png'
import { TIFF } from 'image-size/types/tiff'
import { WEBP } from 'image-size/types/webp'
import type { Span } from '../../domain/media/blobs.ts'
import type { MediaContentType } from '../../domain/media/content-types.ts'
import type { MediaDimensions } from '../../domain/media/types.ts'
import { joined } from '../edge/body.ts'

const parsers: Partial<Record<MediaContentType, typeof JPG>> = {
  'image/jpeg': JPG,
  'image/png': PNG,
  'image/gif': GIF,
  'image/webp': WEBP,
  'image/bmp': BMP,
  'image/tiff': TIFF,
}

/** Throws where the bytes do not say. */
export function imageDimensions(contentType: MediaContentType, ...pieces: Uint8Array[]): MediaDimensions {
  const bytes = joined(
    pieces,
    pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
  )
  const found = parsers[contentType]?.calculate(bytes)
  if (!found) return {}
  const { width, height, orientation = 1 } = found
  // Exif 2.32, table 6: from 5 on rows are shown as columns.
  return orientation >= 5 && orientation <= 8 ? { width: height, height: width } : { width, height }
}

const directoryBytes = 4096

/**
 * A TIFF's directory is mostly behind its pixels: the span to read, and the beginning of a TIFF that has it at once. Null
 * where it is not in the file. BigTIFF is left alone.
 */
export function tiffDirectory(head: Uint8Array, size: number): { beginning: Uint8Array; span: Span } | null {
  if (head.byteLength < 8) return null
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const isLittleEndian = head[0] === 0x49
  const offset = view.getUint32(4, isLittleEndian)
  if (view.getUint16(2, isLittleEndian) !== 42 || offset < 8 || offset >= size) return null
  const beginning = head.slice(0, 8)
  new DataView(beginning.buffer).setUint32(4, 8, isLittleEndian)
  return { beginning, span: { offset, length: Math.min(directoryBytes, size - offset) } }
}
