// Reads of bytes that lie in the bucket, for those who look at them.

import type { BlobReader, Span } from '../../domain/media/blobs.ts'
import type { MediaContentType } from '../../domain/media/content-types.ts'

export interface Probed {
  contentType: MediaContentType
  size: number
  key: string
  blobs: BlobReader
}

/** Throws where it cannot be read. */
export async function readSpan(blobs: BlobReader, key: string, span: Span): Promise<Uint8Array> {
  const found = await blobs.read(key, span)
  if (!found.ok) throw new Error(found.error.detail)
  return new Uint8Array(await new Response(found.value).arrayBuffer())
}
