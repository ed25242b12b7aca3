// Signed URLs of private media, for what cannot send a token (`<img>`, `<video>`): good for one media of one workspace,
// whole or in part or transformed, until they expire. Whoever made one is sealed in its signature, since it is good for no
// longer than they may read the media themselves (edge/makers.ts).

import { failure } from '../../domain/failures.ts'
import type { Maker } from '../../domain/identity.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { boxFor } from '../edge/seal.ts'

export interface MediaRef {
  workspaceId: string
  mediaId: string
}

export interface MediaLinks {
  /** The query of a URL that is good until then: `expires` (seconds since the epoch) and `signature`. */
  sign(ref: MediaRef, maker: Maker, expiresAtMs: number): string
  /** Who made it. `auth/invalid_token` for a signature that is not for this media and time, `auth/expired_token` for one whose time is over. */
  check(ref: MediaRef, link: { expires: string; signature: string }, nowMs: number): Result<Maker>
}

const longest = 4096

export function mediaLinks(key: string): MediaLinks {
  const box = boxFor(key, 'media-link/2')
  return {
    sign({ workspaceId, mediaId }, maker, expiresAtMs) {
      const expires = String(Math.floor(expiresAtMs / 1000))
      return `expires=${expires}&signature=${box.seal(maker, [workspaceId, mediaId, expires])}`
    },
    check({ workspaceId, mediaId }, { expires, signature }, nowMs) {
      const isOne = /^[1-9]\d{0,11}$/.test(expires) && signature.length <= longest
      const maker = isOne ? box.open(signature, [workspaceId, mediaId, expires]) : null
      if (maker === null) return fail(failure('auth/invalid_token', 'This signed URL is not valid.'))
      return nowMs < Number(expires) * 1000 ? ok(maker as Maker) : fail(failure('auth/expired_token', 'This signed URL has expired.'))
    },
  }
}
