// What an isolate remembers of media: plain values, all of them bounded, each with the moment until which it may be believed.

import type { StoredMedia } from '../../domain/media/types.ts'
import type { MediaRef } from './links.ts'
import { type MediaShares, newMediaShares } from './media-shares.ts'
import { OwnedRecent } from './owned-recent.ts'
import { RecentBytes } from './recent-bytes.ts'

/** What delivery needs to know of a media. */
export type DeliveredMedia = Pick<
  StoredMedia,
  'fileName' | 'originalFileName' | 'contentType' | 'visibility' | 'size' | 'sha256' | 'blobId' | 'width' | 'height' | 'createdAtMs'
>

export interface KnownMedia {
  /** Null: there is none, or none any more. */
  media: DeliveredMedia | null
  /** When the index was asked: what is derived from it is bounded from then. */
  readAtMs: number
  untilMs: number
}

/** Of a transformed image that is kept. Its bytes never change. */
export interface VariantFacts {
  size: number
  /** Of its own bytes, base64url. */
  sha256: string
  contentType: string
}

export interface MediaMemory {
  known(ref: MediaRef): KnownMedia | undefined
  /** What was read later stays. */
  know(ref: MediaRef, known: KnownMedia): void
  /** Small public media, whole, by the blob's or the variant's key. */
  bytes: RecentBytes
  /** By the variant's key. */
  variants: OwnedRecent<VariantFacts>
  /**
   * Copies on their way into this location's cache, and images that are being made: by key, and until when that is to be
   * believed. A request may be cancelled and never say that it ended.
   */
  fills: Map<string, number>
  makings: Map<string, Making>
  /** What there is little of, and who has it. */
  shares: MediaShares
}

export interface Making {
  believedUntilMs: number
  /** Requests that wait for the same image. */
  followers: number
}

const mediaRemembered = 2000
/** An isolate has 128 MB for everything. */
const bytesHeld = 16 * 1024 * 1024
/** Apart, so that invented names push no real one out. */
const missesRemembered = 1000

export function newMediaMemory(): MediaMemory {
  const found = new OwnedRecent<KnownMedia>(mediaRemembered)
  const missing = new OwnedRecent<KnownMedia>(missesRemembered)
  const nameOf = ({ workspaceId, mediaId }: MediaRef) => `${workspaceId}/${mediaId}`
  const latest = (a: KnownMedia | undefined, b: KnownMedia | undefined) => (!a || (b && b.readAtMs >= a.readAtMs) ? b : a)
  const known = (name: string) => latest(found.get(name), missing.get(name))
  return {
    known: (ref) => known(nameOf(ref)),
    know(ref, one) {
      const name = nameOf(ref)
      const kept = latest(known(name), one)
      if (kept === one) (one.media === null && !found.get(name) ? missing : found).set(name, one)
    },
    bytes: new RecentBytes(bytesHeld),
    variants: new OwnedRecent(mediaRemembered),
    fills: new Map(),
    makings: new Map(),
    shares: newMediaShares(),
  }
}
