// The two sweeps, as the queue brings them. A workspace's alarm asks for that of its media, which goes on page by page, a
// message each; the queue may lose one, and the workspace asks again. An upload asks for its own when it is over, and goes
// on asking until it is told that it was done.

import { uploadName } from '../../durable-objects/upload/rpc.ts'
import { blobKey, uploadPrefix } from '../../r2/keys.ts'
import { decide, sweepMedia, sweepTrail } from '../media/sweep.ts'
import type { Services } from '../services.ts'
import { deleteAll } from './media.ts'
import type { Incoming } from './rows.ts'

export async function consumeMediaSweeps(services: Services, rows: Incoming<'media-sweep'>[]): Promise<void> {
  for (const incoming of rows) {
    const { workspaceId, body, message, row } = incoming
    try {
      const swept = await sweepMedia(services, workspaceId, body.after, sweepTrail(`outbox:${row.id}`))
      if (!swept.ok) throw new Error(`sweep: ${swept.error.code}`)
      const { next } = swept.value
      if (next !== null) await services.enqueue([{ ...message, rows: [{ ...row, body: { ...body, after: next } }] }])
      incoming.state = 'kept'
    } catch (thrown) {
      incoming.error = thrown
    }
  }
}

export async function consumeUploadSweeps(services: Services, rows: Incoming<'upload-sweep'>[]): Promise<void> {
  for (const incoming of rows) {
    try {
      await sweepUpload(services, incoming)
      incoming.state = 'kept'
    } catch (thrown) {
      incoming.error = thrown
    }
  }
}

/**
 * The workspace decides first which of the upload's blobs no media will ever name; the rows of that commit delete them. What
 * a media has named, if only for a while, is left to the orphan sweep, which waits.
 */
async function sweepUpload(services: Services, { workspaceId, body: { uploadId }, row }: Incoming<'upload-sweep'>): Promise<void> {
  const upload = services.upload(uploadName(workspaceId, uploadId))
  const { blobIds, multipart, isOver, kept } = await upload.leftovers()
  if (!isOver) return
  // Whoever was to give its room back may have died.
  const given = await services.workspace(workspaceId).releaseUpload(workspaceId, uploadId)
  if (!given.ok) throw new Error(`room: ${given.error.code}`)
  if (multipart?.r2UploadId) await services.blobs.abortMultipart(blobKey(workspaceId, multipart.blobId), multipart.r2UploadId)
  const begun = new Set([...blobIds, ...(multipart ? [multipart.blobId] : [])])
  const left = [...begun].filter((blobId) => blobId !== kept)
  if (left.length > 0) {
    const sweep = { services, workspaceId, trail: sweepTrail(`outbox:${row.id}`) }
    const released = await decide(sweep, [{ kind: 'blob.release', blobIds: left, ifNeverNamed: true }])
    if (!released.ok) throw new Error(`release: ${released.error.code}`)
  }
  await deleteAll(services, uploadPrefix(workspaceId, uploadId))
  await upload.swept(blobIds)
}
