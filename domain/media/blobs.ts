// The port to bytes: R2, and the copy that is read when R2 fails, are both behind it.

import type { Result } from '../result.ts'

/** A run of bytes; `length` is at least 1 and lies within the blob. */
export interface Span {
  offset: number
  length: number
}

export type BlobFailure = { code: 'blob/not_found' | 'blob/unavailable'; detail: string }

export interface BlobReader {
  /** The bytes under a key, whole or a span of them, as they come; nothing is read ahead. Never rejects before the first byte. */
  read(key: string, span?: Span): Promise<Result<ReadableStream<Uint8Array>, BlobFailure>>
}

/** The second origin: the same keys elsewhere. */
export interface BlobCopies extends BlobReader {
  has(key: string): Promise<Result<boolean, BlobFailure>>
  /** `sha256` (hex) is checked by the other side. */
  put(
    key: string,
    bytes: ReadableStream<Uint8Array>,
    facts: { size: number; sha256: string; contentType: string },
  ): Promise<Result<void, BlobFailure>>
  delete(key: string): Promise<Result<void, BlobFailure>>
}
