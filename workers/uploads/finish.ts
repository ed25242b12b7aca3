// From bytes that lie in R2 and are what they should be to a media: the same for every protocol.
//
//   the workspace decides (event `upload:{uploadId}`: once, whatever is repeated)
//     the media names these bytes     done
//     it names equal ones             done; ours are deleted: the event is taken, so nothing can name them any more
//     refused                         the workspace decides that nothing will ever name them; then they are deleted
//     not known, or not kept          they stay: the next try asks for the same again
//
// So no answer is a success without its bytes, and no bytes are deleted that a command still under way could name.

import { failure } from '../../domain/failures.ts'
import { mediaPath } from '../../domain/media/address.ts'
import { kindOf } from '../../domain/media/content-types.ts'
import type { UploadGrant } from '../../domain/media/grant.ts'
import type { NewMedia, StoredMedia } from '../../domain/media/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { describeError, eventLogLine } from '../../domain/telemetry/request-log.ts'
import type { CommandReply } from '../../durable-objects/log/rpc.ts'
import type { CheckedBytes, UploadState } from '../../durable-objects/upload/rpc.ts'
import { mediaView } from '../dashboard/media-view.ts'
import { eventFingerprintOf } from '../edge/call.ts'
import { statusOf } from '../edge/problems.ts'
import type { Reply } from '../edge/route.ts'
import { noteMedia } from '../media/resolve.ts'
import { decide, sweepTrail } from '../media/sweep.ts'
import { onlyReply } from '../only-reply.ts'
import { type Opened, releaseRoom } from './opened.ts'

/**
 * Of an upload that is checked or done: its media, as it was first answered, whatever a repeat sends. `resource/conflict` for
 * a repeat that says of its bytes that they are others.
 */
export async function finishUpload(opened: Opened, { media, checked }: UploadState, stated?: string): Promise<Result<Reply>> {
  if (stated !== undefined && stated !== (media ?? checked)?.sha256) return fail(otherUpload)
  if (media) return ok(uploaded(opened, media))
  if (!checked) throw new Error('an upload was finished that is not checked')
  const reply = await createMedia(opened, checked)
  if (!reply.ok) {
    if (isFinal(reply)) await giveBack(opened, checked.blobId)
    return fail(reply.error)
  }
  const made = reply.answer.body as StoredMedia
  await forgiven(opened, async () => {
    await opened.upload.done(made)
    if (made.blobId !== checked.blobId) await discard(opened, checked.blobId)
  })
  if (reply.durability === 'record') await forgiven(opened, () => indexed(opened, made, reply))
  // Somebody may have asked for it before it was there. A repeat knows nothing of what became of it since.
  if (!reply.replayed) await noteMedia(opened.services, opened.grant, made)
  opened.call.note(reply)
  return ok(uploaded(opened, made))
}

const otherUpload = failure('resource/conflict', 'This upload URL has taken other bytes already.')

async function createMedia({ services, call, grant }: Opened, checked: CheckedBytes): Promise<CommandReply> {
  const { workspaceId, uploadId, by } = grant
  const request = call.request(
    { kind: 'media.create' as const, media: mediaOf(grant, checked), uploadId },
    { eventId: `upload:${uploadId}`, eventFingerprint: eventFingerprintOf({ uploadId, sha256: checked.sha256 }) },
  )
  // Whoever asked for the URL is who uploads.
  const { subject, platform, userId } = by
  const trail = { ...request.trail, subject, platform, ...(userId !== undefined && { userId }) }
  return onlyReply(await services.workspace(workspaceId).execute(workspaceId, [{ ...request, trail }]))
}

const mediaOf = (grant: UploadGrant, checked: CheckedBytes): NewMedia => ({
  mediaId: grant.mediaId,
  fileName: `${grant.mediaId}.${kindOf(grant.contentType).extension}`,
  originalFileName: grant.originalFileName,
  contentType: grant.contentType,
  fileType: grant.fileType,
  scope: grant.scope,
  visibility: grant.visibility,
  size: grant.size,
  ...checked,
})

/** Whether a repeat would be refused for the same reason: an outage is no decision. */
const isFinal = ({ error }: Extract<CommandReply, { ok: false }>): boolean => statusOf(error.code) < 500

/** Another request may be about to name these bytes, with the same command: the workspace says first that it must not. */
const giveBack = (opened: Opened, blobId: string): Promise<void> =>
  forgiven(opened, async () => {
    const { services, call, grant } = opened
    const sweep = { services, workspaceId: grant.workspaceId, trail: sweepTrail(call.requestId) }
    const released = await decide(sweep, [{ kind: 'blob.release', blobIds: [blobId], ifNeverNamed: true }])
    if (!released.ok || !released.value.includes(blobId)) return
    await releaseRoom(opened, blobId)
    await discard(opened, blobId)
  })

/** Of bytes that no command names, or can name. */
export async function discard({ services, upload, keyOf }: Opened, blobId: string): Promise<void> {
  await services.blobs.delete([keyOf(blobId)])
  await upload.forgetBlob(blobId)
}

/** What the upload's sweep, or the outbox, would do anyway: that it fails is logged, and nothing more. */
export async function forgiven({ edge, services, grant: { workspaceId } }: Opened, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    edge.log(eventLogLine({ atMs: services.now(), event: 'upload/left_to_sweep', workspaceId, error: describeError(thrown) }))
  }
}

const indexed = ({ services, grant: { workspaceId, mediaId } }: Opened, media: StoredMedia, { at }: Extract<CommandReply, { ok: true }>) =>
  services.index.putMedia([{ workspaceId, mediaId, at, media }])

function uploaded({ edge, services, call, grant }: Opened, media: StoredMedia): Reply {
  const { workspaceId, accountId } = grant
  const home = { accountId, workspaceId, sourceRegion: services.regions[0]?.region ?? '' }
  const body = mediaView(media, { home, origin: call.ownOrigin, links: edge.mediaLinks, maker: grant.by, nowMs: call.nowMs })
  return { status: 201, body, headers: { etag: `"${media.sha256}"`, location: mediaPath(workspaceId, media) } }
}
