// What is uploaded: random text, which every check of content lets pass and nothing on the way makes smaller.

import { createCipheriv, createHash, randomBytes } from 'node:crypto'

export interface BenchFile {
  /** Of letters and digits. */
  name: string
  bytes: Uint8Array<ArrayBuffer>
  /** base64url. */
  sha256: string
}

export function makeFile(name: string, size: number): BenchFile {
  const bytes = asText(Uint8Array.from(randomBytes(size)))
  return { name, bytes, sha256: createHash('sha256').update(bytes).digest('base64url') }
}

/** A large file that nobody holds: any piece of it can be made, and made again. */
export interface LargeFile {
  size: number
  piece(offset: number, length: number): Uint8Array<ArrayBuffer>
}

/** `key`: 16 bytes; another key is another file. */
export function largeFile(size: number, key: Uint8Array): LargeFile {
  return {
    size,
    piece(offset, length) {
      const end = Math.min(size, offset + length)
      // AES in counter mode, whose stream can be entered at any block.
      const firstBlock = Math.floor(offset / blockBytes)
      const counter = Buffer.alloc(blockBytes)
      counter.writeBigUInt64BE(BigInt(firstBlock), 8)
      const from = firstBlock * blockBytes
      const stream = createCipheriv('aes-128-ctr', key, counter).update(new Uint8Array(Math.max(0, end - from)))
      return asText(new Uint8Array(stream.buffer, stream.byteOffset + (offset - from), Math.max(0, end - offset)))
    },
  }
}

const blockBytes = 16
const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n')

/** In place. */
function asText(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  for (let i = 0; i < bytes.length; i++) bytes[i] = alphabet[(bytes[i] as number) & 63] as number
  return bytes
}
