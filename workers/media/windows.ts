// A long read, one window after another: the next is asked for when the one before has been taken by whoever reads.
//
// Guarantees: a reader who stops holds no more than a window of the store's, and no connection to it once that is over; what is
// read has the length that was asked for, or breaks; who goes away ends the read. R2 itself would wait for a slow reader, but
// its local stand-in does not where an object was put together of parts: it reads all of it into memory. Trade-off: a read
// more for every 8 MiB, and a round trip to R2 between two of them.
//
// What comes of it is for an answer or for a reader in JavaScript. Piped through one more transform it stands still after the
// first window (seen in workerd 1.20261102.1).

import type { BlobFailure, BlobReader, Span } from '../../domain/media/blobs.ts'
import { ok, type Result } from '../../domain/result.ts'
import { ofKnownLength } from './known-length.ts'

const windowBytes = 8 * 1024 * 1024

/** `span` undefined: all of it, `size` bytes. Fails like the reader's first read; breaks where a later one fails. */
export async function readInWindows(
  reader: BlobReader,
  { key, size }: { key: string; size: number },
  span?: Span,
  window = windowBytes,
): Promise<Result<ReadableStream<Uint8Array>, BlobFailure>> {
  const { offset, length } = span ?? { offset: 0, length: size }
  const end = offset + length
  const windowAt = (at: number) => reader.read(key, { offset: at, length: Math.min(window, end - at) })
  const first = await (length > window ? windowAt(offset) : reader.read(key, span))
  if (!first.ok) return first
  if (length <= window) return ok(ofKnownLength(first.value, length))
  const { readable, writable } = new FixedLengthStream(length)
  const pump = async () => {
    await first.value.pipeTo(writable, { preventClose: true })
    for (let at = offset + window; at < end; at += window) {
      const next = await windowAt(at)
      if (!next.ok) return writable.abort(new Error(next.error.detail))
      await next.value.pipeTo(writable, { preventClose: true })
    }
    await writable.close()
  }
  // Whoever reads is told by what they read.
  pump().catch(() => {})
  return ok(readable)
}
