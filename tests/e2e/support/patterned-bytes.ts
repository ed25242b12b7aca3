// Files of any size that nobody holds: each byte is a function of its place and the file's seed. They begin as PDFs do, since
// what is uploaded is looked at; what is too short for that is text.

import { createHash } from 'node:crypto'

export interface PatternedFile {
  size: number
  contentType: 'application/pdf' | 'text/plain'
  bytes(offset: number, length: number): Uint8Array
  stream(offset?: number, length?: number): ReadableStream<Uint8Array>
  /** base64url. */
  sha256(): string
}

const pieceBytes = 1 << 20

export function patternedFile(size: number, seed: number): PatternedFile {
  const isText = size < 64
  const head = new TextEncoder().encode(isText ? '' : '%PDF-1.7\n')

  function bytes(offset: number, length: number): Uint8Array {
    if (offset < 0 || offset + length > size) throw new Error(`${offset}+${length} is not within ${size}`)
    const first = offset >>> 2
    const words = new Uint32Array(((offset + length + 3) >>> 2) - first)
    for (let i = 0; i < words.length; i++) words[i] = wordAt(first + i, seed)
    const piece = new Uint8Array(words.buffer).slice(offset & 3, (offset & 3) + length)
    if (isText) for (let i = 0; i < length; i++) piece[i] = 97 + ((piece[i] ?? 0) % 26)
    for (let i = offset; i < Math.min(head.length, offset + length); i++) piece[i - offset] = head[i] ?? 0
    return piece
  }

  function* pieces(offset: number, length: number): Generator<Uint8Array> {
    for (let at = offset; at < offset + length; at += pieceBytes) yield bytes(at, Math.min(pieceBytes, offset + length - at))
  }

  return {
    size,
    contentType: isText ? 'text/plain' : 'application/pdf',
    bytes,
    stream(offset = 0, length = size - offset) {
      const all = pieces(offset, length)
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          const { value, done } = all.next()
          if (done) controller.close()
          else controller.enqueue(value)
        },
      })
    },
    sha256() {
      const hash = createHash('sha256')
      for (const piece of pieces(0, size)) hash.update(piece)
      return hash.digest('base64url')
    },
  }
}

/** A finaliser of MurmurHash3: neighbours have nothing in common. */
function wordAt(index: number, seed: number): number {
  let hash = Math.imul(index ^ seed, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
