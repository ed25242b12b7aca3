// Transformed images: made when they are first asked for, kept in R2 beside their original, and never made twice: the first
// that is stored is the one, so its tag, which is the hash of its own bytes, stays true.
//
// Guarantees: one is made once at a time by an isolate, and few are at once: the others wait; making counts against the address
// that asks, what is there counts for nothing. While R2 fails, what is made from the copy of the original is served and not kept.

import { createHash } from 'node:crypto'
import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { eventLogLine } from '../../domain/telemetry/request-log.ts'
import { blobKey, variantKey } from '../../r2/keys.ts'
import type { EdgeParts } from '../edge/parts.ts'
import type { Services } from '../services.ts'
import { unreadable } from './bytes.ts'
import type { ImageVariant } from './image-transformer.ts'
import type { DeliveredMedia, VariantFacts } from './media-memory.ts'
import { inTime } from './origins.ts'
import { variantName } from './variant.ts'

type Parts = Pick<EdgeParts, 'services' | 'addressLimits' | 'log'>

export interface WantedVariant {
  workspaceId: string
  media: DeliveredMedia
  variant: ImageVariant
  /** Who makes it be made. */
  address: string
}

export interface FoundVariant {
  key: string
  facts: VariantFacts
  /** Where it was made just now. */
  bytes?: Uint8Array
}

/** `rate_limit/exceeded`, `business/invalid_operation` for what is no image, `record/unavailable`. */
export async function findVariant(parts: Parts, wanted: WantedVariant): Promise<Result<FoundVariant>> {
  const { services, addressLimits } = parts
  const { makings } = services.mediaMemory
  const key = variantKey(wanted.workspaceId, wanted.media.blobId, variantName(wanted.variant))
  const mustWait = () => {
    for (const [one, believedUntilMs] of makings) if (believedUntilMs <= services.now()) makings.delete(one)
    return makings.has(key) || makings.size >= makingsAtOnce
  }
  const waitsUntilMs = services.now() + waitAtMostMs
  for (;;) {
    const facts = await factsOf(services, key)
    if (facts) return ok({ key, facts })
    // Nothing is awaited between this look and the mark.
    if (!mustWait()) break
    while (mustWait()) {
      if (services.now() >= waitsUntilMs) return fail(tooBusy)
      await services.pause(pollMs)
    }
  }
  makings.set(key, services.now() + makingBelievedMs)
  try {
    return (await addressLimits.transform(wanted.address)) ? await makeVariant(parts, key, wanted) : fail(tooMany)
  } finally {
    makings.delete(key)
  }
}

/** Another request's promise cannot be waited for: its mark is looked at. */
const pollMs = 50
const makingBelievedMs = 30_000
/** Of an isolate: each may hold 20 MiB of what is made, and what the binding holds, of 128 MB for everything. */
const makingsAtOnce = 3
const waitAtMostMs = 20_000

const tooMany = failure('rate_limit/exceeded', 'More images than may be made for this address. Retry later.', {
  retryAfterSeconds: 60,
  violatedPolicies: ['address'],
})
const tooBusy = failure('server/overloaded', 'Too many images are being made here. Try again.', { retryAfterSeconds: 2 })
const noImage = failure('business/invalid_operation', 'This file cannot be read as an image.')
const tooLarge = failure(
  'business/invalid_operation',
  'This image would become larger than 20 MiB. Ask for a smaller one, or a smaller format.',
)
const notNow = failure('record/unavailable', 'Images cannot be transformed right now. Try again.', { retryAfterSeconds: 5 })

/** For a key that nothing is kept under; what is there after all stays. */
export async function makeVariant(
  parts: Parts,
  key: string,
  { workspaceId, media, variant }: WantedVariant,
): Promise<Result<FoundVariant>> {
  const { services } = parts
  const original = await services.origin.read(blobKey(workspaceId, media.blobId))
  if (!original.ok) return fail(unreadable(parts, workspaceId, original.error))
  const made = await services.images.transform(original.value, variant)
  if (!made.ok) {
    parts.log(eventLogLine({ atMs: services.now(), event: made.error.code, workspaceId, error: made.error.detail }))
    return fail({ 'image/unsupported': noImage, 'image/too_large': tooLarge, 'image/unavailable': notNow }[made.error.code])
  }
  const { bytes, contentType } = made.value
  const digest = createHash('sha256').update(bytes).digest()
  const own: FoundVariant = { key, facts: { size: bytes.length, sha256: digest.toString('base64url'), contentType }, bytes }
  const isKept = await inTime(services.blobs.putNew(key, bytes, { contentType, sha256: digest.toString('hex') }))
  if (isKept === true) services.mediaMemory.variants.set(key, own.facts)
  const first = isKept === false ? await factsOf(services, key) : null
  return ok(first ? { key, facts: first } : own)
}

/** Null where there is no such variant, and where R2 cannot say. */
async function factsOf({ blobs, mediaMemory: { variants } }: Services, key: string): Promise<VariantFacts | null> {
  const remembered = variants.get(key)
  if (remembered) return remembered
  const head = await inTime(blobs.head(key))
  if (!head?.sha256) return null
  const facts = { size: head.size, sha256: Buffer.from(head.sha256, 'hex').toString('base64url'), contentType: head.contentType }
  variants.set(key, facts)
  return facts
}
