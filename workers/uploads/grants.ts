// Signed upload URLs: the grant itself is in the URL, sealed, so nothing is stored for one that is never used, and whoever
// sees the URL learns nothing of whose it is. Whoever has it may upload what it says, and nothing else.

import { failure } from '../../domain/failures.ts'
import type { UploadGrant } from '../../domain/media/grant.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { boxFor } from '../edge/seal.ts'

export interface UploadGrants {
  /** As it stands in the URL's path. */
  seal(grant: UploadGrant): string
  /** `auth/invalid_token` for what we did not seal. Whether it is still good is for its reader to say: an upload that was begun in time may go on. */
  open(text: string): Result<UploadGrant>
}

const longest = 4096

export function uploadGrants(key: string): UploadGrants {
  const box = boxFor(key, 'upload/2')
  return {
    seal: (grant) => box.seal(grant),
    open(text) {
      const grant = text.length <= longest ? box.open(text) : null
      // Sealed by us, so only another version of this code could have written it otherwise.
      return grant === null ? fail(failure('auth/invalid_token', 'This upload URL is not valid.')) : ok(grant as UploadGrant)
    },
  }
}
