// A body, read in pieces that are worth a turn of the loop each: workerd hands a default reader four kilobytes at a time,
// and a reader with a buffer of its own as much as has come.

import { fail, ok, type Result } from '../../domain/result.ts'
import { brokenOff, joined } from '../edge/body.ts'

const pieceBytes = 64 * 1024

export interface ChunkReader {
  /** Null at the end. A sender that broke off is a failure. */
  read(): Promise<Result<Uint8Array | null>>
  /** The first bytes, as many as these or all there are; they are still to be read. */
  head(bytes: number): Promise<Result<Uint8Array>>
  /** Nothing more is wanted. Whoever is still sending may hear no answer: so a little is read on before the body is let go. */
  leave(): Promise<void>
}

const readOnBytes = 8 * 1024 * 1024
const readOnMs = 2000

export function chunkReader(source: ReadableStream<Uint8Array> | null): ChunkReader {
  const next = source === null ? nothing : pieces(source)
  let waiting: Uint8Array | null = null

  async function read(): Promise<Result<Uint8Array | null>> {
    if (waiting !== null) {
      const chunk = waiting
      waiting = null
      return ok(chunk)
    }
    try {
      return ok(await next.read())
    } catch {
      return fail(brokenOff)
    }
  }

  return {
    read,
    async head(bytes) {
      const chunks: Uint8Array[] = []
      let total = 0
      while (total < bytes) {
        const chunk = await read()
        if (!chunk.ok) return chunk
        if (chunk.value === null) break
        chunks.push(chunk.value)
        total += chunk.value.byteLength
      }
      const whole = chunks.length === 1 && chunks[0] ? chunks[0] : joined(chunks, total)
      waiting = total === 0 ? null : whole
      return ok(whole.subarray(0, bytes))
    },
    async leave() {
      let late: ReturnType<typeof setTimeout> | undefined
      const untilLate = new Promise<null>((resolve) => {
        late = setTimeout(resolve, readOnMs, null)
      })
      for (let left = readOnBytes; left > 0; ) {
        const chunk = await Promise.race([read(), untilLate])
        if (chunk === null || !chunk.ok || chunk.value === null) break
        left -= chunk.value.byteLength
      }
      clearTimeout(late)
      next.cancel()
    },
  }
}

/** For a body that nobody reads: refused before it was looked at, or of a repeat that is answered as the first was. */
export const leaveUnread = async (source: ReadableStream<Uint8Array> | null): Promise<void> => {
  if (source !== null && !source.locked) await chunkReader(source).leave()
}

/** The same bytes, in pieces worth having, for a reader that takes what it is given. */
export function inPieces(source: ReadableStream<Uint8Array> | null): ReadableStream<Uint8Array> | null {
  if (source === null) return null
  const next = pieces(source)
  return new ReadableStream({
    async pull(controller) {
      const piece = await next.read()
      if (piece === null) controller.close()
      else controller.enqueue(piece)
    },
    cancel: () => next.cancel(),
  })
}

interface Pieces {
  read(): Promise<Uint8Array | null>
  cancel(): void
}

const nothing: Pieces = { read: async () => null, cancel: () => {} }

function pieces(source: ReadableStream<Uint8Array>): Pieces {
  const reader = ownBuffered(source)
  if (reader === null) {
    const plain = source.getReader()
    return {
      async read() {
        const { done, value } = await plain.read()
        return done ? null : value.byteLength > 0 ? value : this.read()
      },
      cancel: () => void plain.cancel().catch(() => {}),
    }
  }
  let isAtEnd = false
  return {
    async read() {
      if (isAtEnd) return null
      const { done, value } = await reader.readAtLeast(pieceBytes, new Uint8Array(pieceBytes))
      isAtEnd = done || (value?.byteLength ?? 0) < pieceBytes
      return value && value.byteLength > 0 ? value : null
    },
    cancel: () => void reader.cancel().catch(() => {}),
  }
}

/** Null for a stream that was made in JavaScript, of chunks. */
function ownBuffered(source: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return source.getReader({ mode: 'byob' })
  } catch {
    return null
  }
}
