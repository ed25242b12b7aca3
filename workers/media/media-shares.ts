// What media share out in an isolate, which has 128 MB for everything: how much there is, how much of it one workspace may
// hold, and how long its line is. docs/limits.md lists them.

import { FairShare } from '../../domain/limits/fair-share.ts'
import type { StoredMedia } from '../../domain/media/types.ts'
import type { ImageVariant } from './image-transformer.ts'

const mib = 1024 ** 2

export interface MediaShares {
  /** Images that are being made, in parts of the heaviest (`imageWeight`). */
  images: FairShare
  /** Copies on their way into this location's cache. Nobody waits: who finds no room leaves the cache as it is. */
  fills: FairShare
  /** Bytes of tus uploads that are gathered until they are a part. */
  gathering: FairShare
  /** Uploads whose bytes are read back, by their size. */
  assembling: FairShare
}

/** From here on a file is as heavy as any: its reader holds a few pieces, however long it reads. */
const wholeFile = 512
const lightestFile = 32

/** Of one image: the heaviest that may be made. */
export const heaviestImage = 64
/** So many of the smallest are as heavy as the heaviest: each costs some calls, and the original is read. */
const lightestImage = 8

export const newMediaShares = (): MediaShares => ({
  images: new FairShare({
    // Two of the heaviest: each may hold 20 MiB of what is made.
    capacity: 2 * heaviestImage,
    perKey: heaviestImage,
    groups: { anonymous: heaviestImage + heaviestImage / 2 },
    waitingPerKey: 8 * heaviestImage,
    waiting: 32 * heaviestImage,
  }),
  fills: new FairShare({ capacity: 4, perKey: 2, waitingPerKey: 0, waiting: 0 }),
  // Six parts at once, four of them of one workspace.
  gathering: new FairShare({ capacity: 30 * mib, perKey: 20 * mib, waitingPerKey: 60 * mib, waiting: 240 * mib }),
  assembling: new FairShare({ capacity: 4 * wholeFile, perKey: 2 * wholeFile, waitingPerKey: 16 * wholeFile, waiting: 64 * wholeFile }),
})

/** Of an upload that is read back; in mebibytes. */
export const assemblingWeight = (size: number): number => Math.min(wholeFile, Math.max(lightestFile, Math.ceil(size / mib)))

/** An original of 100 megapixels is the largest that is taken, and 20 MiB are 5.2 million pixels of four bytes. */
const heaviestOriginalPixels = 100_000_000
const heaviestMadePixels = (20 * mib) / 4

type Original = Pick<StoredMedia, 'width' | 'height'>
type Wanted = Pick<ImageVariant, 'width' | 'height' | 'fit'>

/**
 * By the pixels of the original, which are decoded, and of what is made, which is held: whichever weighs more. An original whose
 * size nobody knows is taken for the largest.
 */
export function imageWeight({ width, height }: Original, variant: Wanted): number {
  const isKnown = width !== undefined && height !== undefined && width > 0 && height > 0
  const original = isKnown ? width * height : heaviestOriginalPixels
  const made = madePixels(isKnown ? { width, height } : null, variant)
  const share = Math.max(original / heaviestOriginalPixels, made / heaviestMadePixels)
  return Math.min(heaviestImage, Math.max(lightestImage, Math.ceil(share * heaviestImage)))
}

/** At most. Of one side that was named the other follows; `scale-down` makes nothing larger than it was. */
function madePixels(original: { width: number; height: number } | null, { width, height, fit }: Wanted): number {
  if (width !== undefined && height !== undefined && (original === null || fit !== 'scale-down')) return width * height
  if (original === null) return heaviestMadePixels
  const ratio = original.width / original.height
  const wide = Math.min(width ?? Number.POSITIVE_INFINITY, (height ?? Number.POSITIVE_INFINITY) * ratio, original.width)
  return wide * (wide / ratio)
}
