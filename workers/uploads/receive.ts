// Bytes on their way into the bucket: exactly as many as were announced, hashed as they pass, their beginning looked at
// before anything is stored. Never more than a few hundred kilobytes of them in memory.
//
//   head (64 KiB)  ->  looked at   ->  store() is given a stream of known length
//   each chunk     ->  counted, hashed, and written when the next one has come
//   the end        ->  count and hash right?   ->  the last chunk is written, and the stream is whole
//
// So bytes that are too few, too many, or others than announced are a stream that broke off, and R2 stores none of it.

import { createHash } from 'node:crypto'
import { type Failure, failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { chunkReader } from './chunks.ts'
import { headBytes } from './content-check.ts'

export interface Announced {
  /** Bytes, exactly. */
  size: number
  /** base64url; what is known of their hash by now. */
  sha256?: string
  /** Where nobody asks for the hash, it is not made. */
  isHashed?: boolean
  /** What is wrong with their beginning; null where nothing is. */
  look?: (head: Uint8Array) => Promise<Failure | null>
}

export interface Received<T> {
  stored: T
  /** base64url; empty where nobody asked. */
  sha256: string
}

type Store<T> = (bytes: ReadableStream<Uint8Array> | Uint8Array) => Promise<Result<T>>

/**
 * `validation/invalid_input` (400) for too few bytes and for others than announced, `request/too_large` (413) for too many;
 * what `look` and `store` say else. Nothing is stored then; a `store` that throws is thrown on.
 */
export async function receive<T>(
  source: ReadableStream<Uint8Array> | null,
  announced: Announced,
  store: Store<T>,
): Promise<Result<Received<T>>> {
  const { size, sha256, look } = announced
  const hash = (announced.isHashed ?? true) || sha256 !== undefined ? createHash('sha256') : null
  const asked = Math.min(size + 1, headBytes)
  const reader = chunkReader(source)
  try {
    const head = await reader.head(asked)
    if (!head.ok) return head
    const found = head.value.byteLength
    if (found > size) return fail(tooLong(size))
    const isAllThere = found < asked
    if (isAllThere && found < size) return fail(tooShort(size, found))
    const wrong = await look?.(head.value)
    if (wrong) return fail(wrong)
    return isAllThere ? await storeWhole(head.value, { sha256, hash }, store) : await pass(reader, { size, sha256, hash }, store)
  } finally {
    await reader.leave()
  }
}

/** A file that is no larger than its head is known to be right before the store hears of it. */
async function storeWhole<T>(bytes: Uint8Array, { sha256, hash }: Omit<Passing, 'size'>, store: Store<T>): Promise<Result<Received<T>>> {
  const found = hash?.update(bytes).digest('base64url') ?? ''
  if (sha256 !== undefined && found !== sha256) return fail(otherBytes(found))
  const stored = await store(bytes)
  return stored.ok ? ok({ stored: stored.value, sha256: found }) : stored
}

interface Passing {
  size: number
  sha256: string | undefined
  hash: ReturnType<typeof createHash> | null
}

async function pass<T>(
  reader: ReturnType<typeof chunkReader>,
  { size, sha256, hash }: Passing,
  store: Store<T>,
): Promise<Result<Received<T>>> {
  const { readable, writable } = new FixedLengthStream(size)
  const writer = writable.getWriter()
  const storing = store(readable)
  // A store that gives up reads no more: whoever waits for it to take the next chunk must not wait for ever.
  const giveUp = () => void writer.abort(new GivenUp()).catch(() => {})
  storing.then((stored) => stored.ok || giveUp(), giveUp)

  async function breakOff(reason: Failure): Promise<Result<never>> {
    await writer.abort(new Error(reason.detail)).catch(() => {})
    await storing.catch(() => {})
    return fail(reason)
  }

  let total = 0
  let held: Uint8Array | null = null
  try {
    for (;;) {
      const chunk = await reader.read()
      if (!chunk.ok) return await breakOff(chunk.error)
      if (chunk.value === null) break
      total += chunk.value.byteLength
      if (total > size) return await breakOff(tooLong(size))
      hash?.update(chunk.value)
      if (held) await writer.write(held)
      held = chunk.value
    }
    if (total < size) return await breakOff(tooShort(size, total))
    const found = hash?.digest('base64url') ?? ''
    if (sha256 !== undefined && found !== sha256) return await breakOff(otherBytes(found))
    if (held) await writer.write(held)
    await writer.close()
    const stored = await storing
    return stored.ok ? ok({ stored: stored.value, sha256: found }) : stored
  } catch (thrown) {
    await writer.abort(thrown).catch(() => {})
    // Says why it gave up, or throws it.
    const stored = await storing
    if (!stored.ok) return stored
    throw thrown
  }
}

class GivenUp extends Error {}

export const tooLong = (size: number): Failure => failure('request/too_large', `More than the ${size} bytes that this URL is for.`)

export function tooShort(size: number, found: number): Failure {
  const detail = `${found} bytes came; this URL is for ${size}.`
  return failure('validation/invalid_input', detail, { errors: [{ parameter: 'content-length', detail }] })
}

export function otherBytes(found: string): Failure {
  const detail = `The bytes that came have another SHA-256 than was said: ${found} (base64url).`
  return failure('validation/invalid_input', detail, { errors: [{ parameter: 'sha256', detail }] })
}
