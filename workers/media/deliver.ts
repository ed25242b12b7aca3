// GET and HEAD of a media, one step after another: what is it, who may have it, as what is it shown, what is asked of it,
// and only then its bytes. HEAD is told the very same and opens nothing.

import { failure } from '../../domain/failures.ts'
import type { BlobFailure, Span } from '../../domain/media/blobs.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { blobKey } from '../../r2/keys.ts'
import { selectAnswer } from '../../r2/selection.ts'
import type { EdgeParts } from '../edge/parts.ts'
import type { OpenCall, Reply } from '../edge/route.ts'
import { absent, admit, type Entrance } from './access.ts'
import { type Body, readBlob, spanOf, unreadable } from './bytes.ts'
import { type FoundVariant, findVariant, remakeVariant, type WantedVariant } from './image-variants.ts'
import type { MediaRef } from './links.ts'
import type { DeliveredMedia } from './media-memory.ts'
import { presented } from './presentation.ts'
import { copyUntilMs, findMedia } from './resolve.ts'
import { asksForVariant, isTransformable, type VariantQuery, variantOf } from './variant.ts'

export type DeliveryCall = OpenCall<MediaRef, VariantQuery & { expires?: string; signature?: string }>

export async function deliver(parts: EdgeParts, call: DeliveryCall): Promise<Result<Reply>> {
  const ref = call.params
  const known = await findMedia(parts, call)
  if (!known.ok) return known
  const { media } = known.value
  if (media === null) return fail(absent)
  const entrance = await admit(parts, call, ref, media)
  if (!entrance.ok) return entrance
  const wanted = wantedVariant(call, media, entrance.value)
  if (!wanted.ok) return wanted
  const found = wanted.value && (await findVariant(parts, wanted.value))
  if (found && !found.ok) return found
  const variant = found?.value ?? null
  const isNegotiated = call.query.format === 'auto'
  const shown = { media, entrance: entrance.value, variant: variant?.facts, isNegotiated, nowMs: call.nowMs }
  const answer = selectAnswer(call, presented(shown))
  if (answer.status === 412) return fail(failedPrecondition)
  if (answer.status === 416) return fail(failure('request/range_not_satisfiable', 'There are no such bytes.', { size: answer.size }))
  const reply = { status: answer.status, headers: answer.fields }
  if (answer.status === 304 || call.method === 'HEAD') return ok(reply)
  const cachedUntilMs = entrance.value === 'public' ? copyUntilMs(known.value) : null
  const bytes = await bytesOf(parts, call, { media, wanted: wanted.value, variant, cachedUntilMs }, answer.span)
  return bytes.ok ? ok({ ...reply, stream: bytes.value }) : bytes
}

const failedPrecondition = failure('request/precondition_failed', 'What is there is not what the request asks to be there.')

/** Null for the original. */
function wantedVariant(
  { query, params, headers, address }: DeliveryCall,
  media: DeliveredMedia,
  entrance: Entrance,
): Result<WantedVariant | null> {
  if (!asksForVariant(query)) return ok(null)
  const possible = isTransformable(media)
  if (!possible.ok) return possible
  const variant = variantOf(query, media.contentType, headers.get('accept'))
  return ok(variant && { workspaceId: params.workspaceId, media, variant, address, isAnonymous: entrance === 'public' })
}

interface Shown {
  media: DeliveredMedia
  wanted: WantedVariant | null
  variant: FoundVariant | null
  cachedUntilMs: number | null
}

async function bytesOf(parts: EdgeParts, call: DeliveryCall, shown: Shown, span?: Span): Promise<Result<Body>> {
  const { media, wanted, variant, cachedUntilMs } = shown
  const { workspaceId } = call.params
  const size = variant?.facts.size ?? media.size
  if (size === 0) return ok(new Uint8Array())
  if (variant?.bytes) return ok(spanOf(variant.bytes, span))
  const key = variant?.key ?? blobKey(workspaceId, media.blobId)
  const read = await readBlob(parts.services, { key, size, cachedUntilMs }, call.outlive, span)
  if (read.ok) return read
  const again = wanted && variant && (await madeAgain(parts, wanted, variant, read.error))
  if (again?.bytes) return ok(spanOf(again.bytes, span))
  const reread = again ? await readBlob(parts.services, { key, size, cachedUntilMs }, call.outlive, span) : read
  return reread.ok ? reread : fail(unreadable(parts, workspaceId, reread.error))
}

/** A variant that was there a while ago, and is lost. Null where another came of it: its tag is told already. */
async function madeAgain(parts: EdgeParts, wanted: WantedVariant, { key, facts }: FoundVariant, { code }: BlobFailure) {
  if (code !== 'blob/not_found') return null
  const made = await remakeVariant(parts, key, wanted)
  return made.ok && made.value.facts.sha256 === facts.sha256 ? made.value : null
}
