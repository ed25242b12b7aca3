// From a URL to what it stands for. Asked in this order: this isolate's memory, this location's cache (public media only),
// the index, and, where the index cannot be asked, the workspace's own object.
//
// Guarantees: what is remembered is believed for a minute from when it was read, wherever it was remembered; that there is
// no such media, for five seconds. Trade-off: a media that is deleted or made private is so at other locations a minute
// later; here it is so at once (`noteMedia`), since the index hears of it only from a queue.

import type { StoredMedia } from '../../domain/media/types.ts'
import { ok, type Result } from '../../domain/result.ts'
import { describeError, eventLogLine } from '../../domain/telemetry/request-log.ts'
import { blobKey } from '../../r2/keys.ts'
import type { EdgeParts } from '../edge/parts.ts'
import type { OpenCall } from '../edge/route.ts'
import type { Services } from '../services.ts'
import type { MediaRef } from './links.ts'
import type { DeliveredMedia, KnownMedia } from './media-memory.ts'

const believedMs = 60_000
const missBelievedMs = 5_000
/** Of bytes at a location, from when the media was read: nothing is there five minutes after its media was deleted. */
const copyLivesMs = 5 * 60_000

type Parts = Pick<EdgeParts, 'services' | 'log'>
type AskingCall = Pick<OpenCall<MediaRef>, 'params' | 'outlive'>

/** Failures are those of the workspace's object, and only where the index failed before. */
export async function findMedia(parts: Parts, { params: ref, outlive }: AskingCall): Promise<Result<KnownMedia>> {
  const { services } = parts
  const nowMs = services.now()
  const remembered = services.mediaMemory.known(ref)
  if (remembered && nowMs < remembered.untilMs) return ok(remembered)
  const cached = (await services.edgeCache.matchJson(recordKey(ref))) as KnownMedia | null | undefined
  if (cached && nowMs < cached.untilMs) return ok(keep(services, ref, cached))
  const found = await ask(parts, ref)
  if (!found.ok) return found
  const known = knownOf(found.value, nowMs)
  const kept = keep(services, ref, known)
  if (kept === known && known.media?.visibility === 'public') outlive(services.edgeCache.putJson(recordKey(ref), known, known.untilMs))
  return ok(kept)
}

/** Until when a location may keep bytes of it. */
export const copyUntilMs = ({ readAtMs }: KnownMedia): number => readAtMs + copyLivesMs

/**
 * What the workspace has just decided of a media: served here from now on, whatever the index still says. One that is deleted
 * leaves this isolate and this location, the copy of its bytes too; null where nobody knows any more which they were.
 * Never rejects.
 */
export async function noteMedia(services: Services, ref: MediaRef, media: StoredMedia | null): Promise<void> {
  const nowMs = services.now()
  const isThere = media !== null && media.deletedAtMs === undefined
  const known: KnownMedia = { media: isThere ? delivered(media) : null, readAtMs: nowMs, untilMs: nowMs + believedMs }
  services.mediaMemory.know(ref, known)
  const isPrivate = known.media?.visibility === 'private'
  // Of one that is private the cache knows only that it must not be served from there.
  if (isPrivate) await services.edgeCache.delete(recordKey(ref))
  else await services.edgeCache.putJson(recordKey(ref), known, known.untilMs)
  if (media && (isPrivate || !isThere)) await services.edgeCache.delete(blobKey(ref.workspaceId, media.blobId))
}

/** Another request may have brought, or noted, something newer meanwhile. */
function keep({ mediaMemory }: Services, ref: MediaRef, known: KnownMedia): KnownMedia {
  mediaMemory.know(ref, known)
  return mediaMemory.known(ref) ?? known
}

const knownOf = (media: StoredMedia | null, readAtMs: number): KnownMedia => ({
  media: media && delivered(media),
  readAtMs,
  untilMs: readAtMs + (media ? believedMs : missBelievedMs),
})

async function ask({ services, log }: Parts, { workspaceId, mediaId }: MediaRef): Promise<Result<StoredMedia | null>> {
  try {
    return ok(await services.index.media(workspaceId, mediaId))
  } catch (thrown) {
    log(eventLogLine({ atMs: services.now(), event: 'media/index_unavailable', workspaceId, error: describeError(thrown) }))
  }
  const found = await services.workspace(workspaceId).media(workspaceId, mediaId)
  // A media that may still be recovered is deleted all the same.
  if (found.ok) return ok(found.value.deletedAtMs === undefined ? found.value : null)
  return found.error.code === 'resource/not_found' ? ok(null) : found
}

/** Not a client's text: both ids were checked against their alphabets. */
const recordKey = ({ workspaceId, mediaId }: MediaRef): string => `${workspaceId}/media/${mediaId}`

function delivered(media: StoredMedia): DeliveredMedia {
  const { fileName, originalFileName, contentType, visibility, size, sha256, blobId, width, height, createdAtMs } = media
  return { fileName, originalFileName, contentType, visibility, size, sha256, blobId, width, height, createdAtMs }
}
