// Transformed images: made when they are first asked for, kept in R2 beside their original, and never made twice: the first
// that is stored is the one, so its tag, which is the hash of its own bytes, stays true.
//
// Guarantees: one is made once at a time by an isolate; making is shared out among workspaces by pixels, so that the large
// pictures of one do not keep another's thumbnail waiting, and whoever finds the line full is told so at once; making counts
// against the address that asks, what is there counts for nothing. While R2 fails, what is made from the copy of the original is
// served and not kept.

import { createHash } from 'node:crypto'
import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { eventLogLine } from '../../domain/telemetry/request-log.ts'
import { blobKey, variantKey } from '../../r2/keys.ts'
import { overloaded, type TurnPorts, takeTurn } from '../edge/limits/turn.ts'
import type { EdgeParts } from '../edge/parts.ts'
import type { Services } from '../services.ts'
import { unreadable } from './bytes.ts'
import type { ImageVariant } from './image-transformer.ts'
import type { DeliveredMedia, Making, VariantFacts } from './media-memory.ts'
import { imageWeight } from './media-shares.ts'
import { inTime } from './origins.ts'
import { variantName } from './variant.ts'

type Parts = Pick<EdgeParts, 'services' | 'addressLimits' | 'log'>

export interface WantedVariant {
  workspaceId: string
  media: DeliveredMedia
  variant: ImageVariant
  /** Who makes it be made. */
  address: string
  /** Nobody knows who asks, nor were they given a link. */
  isAnonymous: boolean
}

export interface FoundVariant {
  key: string
  facts: VariantFacts
  /** Where it was made just now. */
  bytes?: Uint8Array
}

/** `rate_limit/exceeded`, `server/overloaded`, `business/invalid_operation` for what is no image, `record/unavailable`. */
export async function findVariant(parts: Parts, wanted: WantedVariant): Promise<Result<FoundVariant>> {
  const { services } = parts
  const { makings } = services.mediaMemory
  const key = variantKey(wanted.workspaceId, wanted.media.blobId, variantName(wanted.variant))
  const waitsUntilMs = services.now() + waitAtMostMs
  for (;;) {
    const facts = await factsOf(services, key)
    if (facts) return ok({ key, facts })
    // Nothing is awaited between this look and the mark of who makes it.
    const making = makings.get(key)
    if (!making || making.believedUntilMs <= services.now()) return makeOnce(parts, key, wanted)
    if (making.followers >= followersAtMost) return fail(overloaded)
    making.followers += 1
    const isLate = () => services.now() >= waitsUntilMs
    while (makings.get(key) === making && making.believedUntilMs > services.now() && !isLate()) await services.pause(pollMs)
    making.followers -= 1
    if (isLate()) return fail(overloaded)
  }
}

/** Another request's promise cannot be waited for: its mark is looked at. */
const pollMs = 50
/** Of one image. A mark of one that is cancelled runs out, and takes its followers with it. */
const followersAtMost = 64
const waitAtMostMs = 20_000
const makingBelievedMs = 30_000
/** While it waits for its turn, it says so again at each look. */
const waitingBelievedMs = 2000

/** The only one at this key, in its workspace's turn. */
async function makeOnce(parts: Parts, key: string, wanted: WantedVariant): Promise<Result<FoundVariant>> {
  const { services, addressLimits } = parts
  const { makings } = services.mediaMemory
  const { now } = services
  const making: Making = { believedUntilMs: now() + waitingBelievedMs, followers: 0 }
  makings.set(key, making)
  async function pause(ms: number): Promise<void> {
    await services.pause(ms)
    making.believedUntilMs = now() + waitingBelievedMs
  }
  try {
    if (!(await addressLimits.transform(wanted.address))) return fail(tooMany)
    return await inTurn(services, wanted, { now, pause }, () => {
      making.believedUntilMs = now() + makingBelievedMs
      return makeVariant(parts, key, wanted)
    })
  } finally {
    if (makings.get(key) === making) makings.delete(key)
  }
}

/** Once more, where what was kept is lost. */
export const remakeVariant = (parts: Parts, key: string, wanted: WantedVariant): Promise<Result<FoundVariant>> =>
  inTurn(parts.services, wanted, parts.services, () => makeVariant(parts, key, wanted))

async function inTurn(
  { mediaMemory }: Services,
  { workspaceId, media, variant, isAnonymous }: WantedVariant,
  ports: TurnPorts,
  make: () => Promise<Result<FoundVariant>>,
): Promise<Result<FoundVariant>> {
  const wanted = { key: workspaceId, weight: imageWeight(media, variant), ...(isAnonymous && { group: 'anonymous' }) }
  const turn = await takeTurn(mediaMemory.shares.images, wanted, { waitMs: waitAtMostMs, heldMs: makingBelievedMs }, ports)
  if (!turn.ok) return turn
  try {
    return await make()
  } finally {
    turn.value.end()
  }
}

const tooMany = failure('rate_limit/exceeded', 'More images than may be made for this address. Retry later.', {
  retryAfterSeconds: 60,
  violatedPolicies: ['address'],
})
const noImage = failure('business/invalid_operation', 'This file cannot be read as an image.')
const tooLarge = failure(
  'business/invalid_operation',
  'This image would become larger than 20 MiB. Ask for a smaller one, or a smaller format.',
)
const notNow = failure('record/unavailable', 'Images cannot be transformed right now. Try again.', { retryAfterSeconds: 5 })

const heldForAnswerBytes = 1024 * 1024

/** For a key that nothing is kept under; what is there after all stays. */
async function makeVariant(parts: Parts, key: string, { workspaceId, media, variant }: WantedVariant): Promise<Result<FoundVariant>> {
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
  if (first) return ok({ key, facts: first })
  // What is large is read from where it is kept: a slow reader would hold it here, when the turn is long over.
  return ok(isKept === true && bytes.length > heldForAnswerBytes ? { key, facts: own.facts } : own)
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
