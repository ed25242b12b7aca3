// Signed upload URLs: the grant itself is in the URL, with a signature, so nothing is stored for one that is never used.
// Whoever has the URL may upload what it says, and nothing else.

import { failure } from '../../domain/failures.ts'
import type { UploadGrant } from '../../domain/media/grant.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { sealFor } from '../edge/seal.ts'

export interface UploadGrants {
  /** As it stands in the URL's path. */
  seal(grant: UploadGrant): string
  /** `auth/invalid_token` for what we did not sign. Whether it is still good is for its reader to say: an upload that was begun in time may go on. */
  open(text: string): Result<UploadGrant>
}

export function uploadGrants(key: string): UploadGrants {
  const seal = sealFor(key, 'upload/1')
  return {
    seal(grant) {
      const payload = Buffer.from(JSON.stringify(grant)).toString('base64url')
      return `${payload}.${seal.sign([payload])}`
    },
    open(text) {
      const [, payload = '', signature = ''] = /^([\w-]{1,4096})\.([\w-]{43})$/.exec(text) ?? []
      if (payload === '' || !seal.holds([payload], signature)) return fail(failure('auth/invalid_token', 'This upload URL is not valid.'))
      // Signed by us, so only another version of this code could have written it otherwise.
      return ok(JSON.parse(Buffer.from(payload, 'base64url').toString()) as UploadGrant)
    },
  }
}
