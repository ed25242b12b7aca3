// The fields that a media is served with, apart from those that follow from conditions and ranges.
//
// Nothing that was uploaded ever runs in our origin: the type is the record's and is not guessed at (nosniff, which every
// answer has), what a browser could run is a download, and all of it has a policy that loads and runs nothing. What viewers
// need of it was seen in Chromium 153, opened by themselves: styles; for a film or a sound, that it may load itself, and be
// of its own origin for that; for a PDF, that there is no sandbox (https://issues.chromium.org/issues/41131921). Scripts in a
// PDF run in the viewer, never here.

import { create as contentDisposition } from 'content-disposition'
import { kindOf, type MediaContentType } from '../../domain/media/content-types.ts'
import { servedFileName } from '../../domain/media/served-file-name.ts'
import type { Representation } from '../../r2/selection.ts'
import type { Entrance } from './access.ts'
import type { DeliveredMedia, VariantFacts } from './media-memory.ts'

export interface Presented {
  media: DeliveredMedia
  entrance: Entrance
  /** Of the transformed image that is shown in place of the original. */
  variant?: VariantFacts
  /** Accept had a say in what is shown. */
  isNegotiated: boolean
  nowMs: number
}

export function presented({ media, entrance, variant, isNegotiated, nowMs }: Presented): Representation {
  const shown = variant ?? media
  const isPublic = entrance === 'public'
  const vary = ['Origin', ...(isNegotiated ? ['Accept'] : []), ...(isPublic ? [] : ['Authorization'])]
  return {
    size: shown.size,
    etag: `"${shown.sha256}"`,
    // Never later than Date (RFC 9110, section 8.8.2.1): whoever made the media has a clock of their own.
    lastModifiedMs: Math.min(media.createdAtMs, nowMs),
    // An image that is made once more may come out in other bytes, and Accept chooses among several of one date.
    ...(variant && { isDateWeak: true }),
    shared: { 'cache-control': isPublic ? 'public, max-age=31536000, immutable' : 'private, no-cache', vary: vary.join(', ') },
    content: {
      'content-type': withCharset(shown.contentType),
      'content-disposition': dispositionOf(media, variant),
      'content-security-policy': policyOf(shown.contentType),
      // Where a token is asked for, no page can show it without one, which makes it a request of CORS.
      'cross-origin-resource-policy': entrance === 'token' ? 'same-origin' : 'cross-origin',
    },
  }
}

/** Text is taken in UTF-8 alone. */
const withCharset = (contentType: string): string => (contentType.startsWith('text/') ? `${contentType}; charset=utf-8` : contentType)

function policyOf(contentType: string): string {
  const base = "default-src 'none'; style-src 'unsafe-inline'"
  if (contentType === 'application/pdf') return `${base}; object-src 'self'`
  return /^(audio|video)\//.test(contentType) ? `${base}; media-src 'self'; sandbox allow-same-origin` : `${base}; sandbox`
}

/** RFC 6266; in any script (RFC 8187). What it is saved as says what it is, whatever its uploader called it. */
function dispositionOf({ contentType, originalFileName }: DeliveredMedia, variant: VariantFacts | undefined): string {
  const own = contentType as MediaContentType
  if (variant === undefined) return contentDisposition(servedFileName(originalFileName, own), { type: kindOf(own).disposition })
  return contentDisposition(servedFileName(originalFileName, own, variant.contentType), { type: 'inline' })
}
