// Signed URLs of private media, for what cannot send a token (`<img>`, `<video>`): good for one media of one workspace,
// whole or in part or transformed, until they expire.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { sealFor } from '../edge/seal.ts'

export interface MediaRef {
  workspaceId: string
  mediaId: string
}

export interface MediaLinks {
  /** The query of a URL that is good until then: `expires` (seconds since the epoch) and `signature`. */
  sign(ref: MediaRef, expiresAtMs: number): string
  /** `auth/invalid_token` for a signature that is not for this media and time, `auth/expired_token` for one whose time is over. */
  check(ref: MediaRef, link: { expires: string; signature: string }, nowMs: number): Result<void>
}

export function mediaLinks(key: string): MediaLinks {
  const seal = sealFor(key, 'media-link/1')
  return {
    sign({ workspaceId, mediaId }, expiresAtMs) {
      const expires = String(Math.floor(expiresAtMs / 1000))
      return `expires=${expires}&signature=${seal.sign([workspaceId, mediaId, expires])}`
    },
    check({ workspaceId, mediaId }, { expires, signature }, nowMs) {
      const isOurs = /^[1-9]\d{0,11}$/.test(expires) && seal.holds([workspaceId, mediaId, expires], signature)
      if (!isOurs) return fail(failure('auth/invalid_token', 'This signed URL is not valid.'))
      return nowMs < Number(expires) * 1000 ? ok(undefined) : fail(failure('auth/expired_token', 'This signed URL has expired.'))
    },
  }
}
