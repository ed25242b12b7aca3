// Uploads of a workspace of the tests that are under way, and grants for them. Grants are signed here as the dashboard signs
// them, so that one can be made of anything: of what is over, of another account, of a workspace that is not there.

import { env } from 'cloudflare:workers'
import type { UploadGrant } from '../../../domain/media/grant.ts'
import { uploadGrants } from '../../../workers/uploads/grants.ts'
import { accountId } from './tokens.ts'
import type { Ask } from './world.ts'

export const uploadedText = 'What is uploaded here.'

interface Marked {
  marker: string
}

export const grants = uploadGrants((env as unknown as Env).TOKEN_KEY)

const expiresAtMs = Date.now() + 24 * 60 * 60 * 1000

/** The same each time. */
export const grantOf = ({ marker }: Marked, which: string, over: Partial<UploadGrant> = {}): UploadGrant => ({
  uploadId: `${which}-${marker}`,
  workspaceId: marker,
  accountId,
  mediaId: `${which}-${marker}`,
  originalFileName: `${which} ${marker}.txt`,
  contentType: 'text/plain',
  fileType: 'document',
  scope: 'workspace',
  visibility: 'private',
  size: uploadedText.length,
  expiresAtMs,
  by: { subject: 'furniture', platform: 'web', context: 'dashboard', role: 'editor', scopes: [] },
  ...over,
})

/** As it stands in a path. */
export const grantFor = (its: Marked, which: string, over?: Partial<UploadGrant>): string => grants.seal(grantOf(its, which, over))

/** `must` is of a request that has to succeed. */
export async function furnishUploads(its: Marked, account: string, must: (ask: Ask) => Promise<unknown>): Promise<void> {
  const begin = (which: string, rest: string, headers: Record<string, string> = {}) =>
    must({ method: 'POST', path: `/uploads/v1/${grantFor(its, which, { accountId: account })}/${rest}`, headers })
  for (const which of ['parts', 'doomed-parts']) await begin(which, 'multipart')
  const tus = { 'tus-resumable': '1.0.0', 'upload-length': String(uploadedText.length) }
  for (const which of ['tus', 'doomed-tus']) await begin(which, 'tus', tus)
}
