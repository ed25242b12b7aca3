// The bytes of an answer, from where they are nearest: this isolate's memory (what is small and public), this location's
// cache (what is public), then R2.
//
// Guarantees: a span is read as that span; nothing is read ahead of whoever takes it, so memory stays flat however slow they
// are; and who goes away ends the read. A body is as long as was said, or it breaks.
//
// The cache is filled beside the answer and never through it: a slow reader would hold the copy back. So the first reader of
// a large object costs two reads; after that a player seeks in the copy. What is too large to be worth it is always read
// from R2, span by span.

import { type Failure, failure } from '../../domain/failures.ts'
import type { BlobFailure, BlobReader, Span } from '../../domain/media/blobs.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { describeError, eventLogLine } from '../../domain/telemetry/request-log.ts'
import type { EdgeParts } from '../edge/parts.ts'
import type { OpenCall } from '../edge/route.ts'
import type { Services } from '../services.ts'
import { ofKnownLength } from './known-length.ts'
import { readInWindows } from './windows.ts'

export interface ServedBlob {
  key: string
  /** Bytes; at least 1. */
  size: number
  /** Null: never cached. */
  cachedUntilMs: number | null
}

type Outlive = OpenCall['outlive']

export type Body = ReadableStream<Uint8Array> | Uint8Array

/** Read once, into memory, for the answer and the cache alike. */
const smallBytes = 1024 * 1024
/** Beyond it a location would be filled with films of which somebody saw the beginning. */
const filledBytes = 64 * 1024 * 1024
/** A fill whose request was cancelled never says that it ended. */
const fillBelievedMs = 60_000

/** `outlive` takes what goes on when the answer has gone. */
export async function readBlob(services: Services, blob: ServedBlob, outlive: Outlive, span?: Span): Promise<Result<Body, BlobFailure>> {
  const { edgeCache, origin, mediaMemory, now } = services
  if (blob.cachedUntilMs === null || blob.size > filledBytes) return readInWindows(origin, blob, span)
  const held = mediaMemory.bytes.get(blob.key, now())
  if (held) return ok(spanOf(held, span))
  if (span === undefined && blob.size <= smallBytes) return readSmall(services, blob, blob.cachedUntilMs, outlive)
  const cached = await edgeCache.match(blob.key, blob.size, span)
  if (cached) return ok(ofKnownLength(cached.body, cached.length))
  const read = await readInWindows(origin, blob, span)
  if (read.ok) fill(services, blob, blob.cachedUntilMs, outlive)
  return read
}

export const spanOf = (bytes: Uint8Array, span: Span | undefined): Uint8Array =>
  span ? bytes.subarray(span.offset, span.offset + span.length) : bytes

async function readSmall(
  services: Services,
  { key, size }: ServedBlob,
  untilMs: number,
  outlive: Outlive,
): Promise<Result<Body, BlobFailure>> {
  const { edgeCache, mediaMemory, origin } = services
  const cached = await edgeCache.match(key, size)
  const known = cached && (await gathered(cached.body, size))
  const bytes = known?.ok ? known : await readWhole(origin, key, size)
  if (!bytes.ok) return bytes
  mediaMemory.bytes.set(key, bytes.value, untilMs)
  if (bytes !== known) outlive(edgeCache.put(key, bytes.value, size, untilMs))
  return bytes
}

async function readWhole(origin: BlobReader, key: string, size: number): Promise<Result<Uint8Array, BlobFailure>> {
  const read = await origin.read(key)
  return read.ok ? gathered(read.value, size) : read
}

/** `blob/unavailable` where it breaks midway. Only for what is known to be small. */
async function gathered(stream: ReadableStream<Uint8Array>, size: number): Promise<Result<Uint8Array, BlobFailure>> {
  try {
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
    return bytes.length === size ? ok(bytes) : broken(`${bytes.length} bytes of ${size}`)
  } catch (thrown) {
    return broken(describeError(thrown))
  }
}

const broken = (detail: string) => fail<BlobFailure>({ code: 'blob/unavailable', detail })

function fill(services: Services, { key, size }: ServedBlob, untilMs: number, outlive: Outlive): void {
  const { origin, edgeCache, now } = services
  const { fills, shares } = services.mediaMemory
  for (const [one, believedUntilMs] of fills) if (believedUntilMs <= now()) fills.delete(one)
  if (fills.has(key)) return
  const believedUntilMs = now() + fillBelievedMs
  const place = shares.fills.ask({ key: workspaceOf(key), weight: 1, believedUntilMs }, now())
  if (place.state !== 'held') return
  fills.set(key, believedUntilMs)
  const filling = async () => {
    const read = await origin.read(key)
    if (read.ok) await edgeCache.put(key, read.value, size, untilMs)
  }
  outlive(
    filling()
      .catch(() => {})
      .finally(() => {
        fills.delete(key)
        shares.fills.giveBack(place, now())
      }),
  )
}

const workspaceOf = (key: string): string => key.slice(0, key.indexOf('/'))

/** Bytes that the record has and that are nowhere to be had are told as ours to find; why is for the operator. */
export function unreadable(
  { services, log }: Pick<EdgeParts, 'services' | 'log'>,
  workspaceId: string,
  { code, detail }: BlobFailure,
): Failure {
  log(eventLogLine({ atMs: services.now(), event: code, workspaceId, error: detail }))
  return failure('record/unavailable', 'These bytes cannot be read right now. Try again.', { retryAfterSeconds: 5 })
}
