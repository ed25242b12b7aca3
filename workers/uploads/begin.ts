// The beginning of an upload in parts, and its end before it is complete: the same for the two protocols that have parts.
//
//   room is reserved with the workspace  ->  R2 begins  ->  the upload's object notes it
//
// Whoever fails, or comes second, gives back what it has taken itself, and only that.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Multipart, UploadMode, UploadState } from '../../durable-objects/upload/rpc.ts'
import { partsLiveMs } from '../../durable-objects/upload/upload-life.ts'
import { uploadPrefix } from '../../r2/keys.ts'
import { forgiven } from './finish.ts'
import { type Opened, orExpired, releaseRoom, reserveRoom, storeFailed } from './opened.ts'

/** Begun now, or found as it was begun before. R2 gives up after seven days what nobody noted. */
export async function beginInParts(
  opened: Opened,
  mode: Exclude<UploadMode, 'single'>,
  wanted: Pick<Multipart, 'partSize' | 'metadata'>,
): Promise<Result<{ state: UploadState; isNew: boolean }>> {
  const { services, grant, upload, keyOf } = opened
  const seen = orExpired(opened, inMode(mode, await upload.state()))
  if (seen.ok) return ok({ state: seen.value, isNew: false })
  if (seen.error.code !== 'resource/not_found') return seen
  const blobId = services.newId()
  const reserved = await reserveRoom(opened, blobId, opened.call.nowMs + partsLiveMs)
  if (!reserved.ok) return reserved
  const key = keyOf(blobId)
  let r2UploadId: string | null = null
  try {
    if (grant.size > 0) r2UploadId = await services.blobs.beginMultipart(key, { contentType: grant.contentType })
  } catch (thrown) {
    await forgiven(opened, () => releaseRoom(opened, blobId))
    return fail(storeFailed(opened, thrown))
  }
  const begun = await upload.open(grant, mode, { ...wanted, blobId, r2UploadId })
  const isNew = begun.ok && begun.value.multipart?.blobId === blobId
  if (!isNew) {
    const unused = r2UploadId
    await forgiven(opened, () => releaseRoom(opened, blobId))
    if (unused !== null) await forgiven(opened, () => services.blobs.abortMultipart(key, unused))
  }
  return begun.ok ? ok({ state: begun.value, isNew }) : begun
}

export const inMode = (mode: UploadMode, found: Result<UploadState>): Result<UploadState> =>
  found.ok && found.value.mode !== mode ? fail(failure('resource/conflict', 'This upload was begun in another way.')) : found

/** Nothing more comes, and nothing of it is left. Again, or where nothing was begun, it changes nothing. */
export async function endInParts(opened: Opened, { multipart }: Pick<UploadState, 'multipart'>): Promise<Result<void>> {
  const { services, grant, upload, keyOf } = opened
  const ended = await upload.end()
  if (!ended.ok) return ended
  // From here on no media can be made of it: what fails now, the sweep does.
  await forgiven(opened, () => releaseRoom(opened))
  await forgiven(opened, async () => {
    if (!multipart) return
    const key = keyOf(multipart.blobId)
    if (multipart.r2UploadId !== null) await services.blobs.abortMultipart(key, multipart.r2UploadId)
    const tails = await services.blobs.list(uploadPrefix(grant.workspaceId, grant.uploadId))
    await services.blobs.delete([key, ...tails.objects.map((tail) => tail.key)])
    await upload.forgetBlob(multipart.blobId)
  })
  return ok(undefined)
}
