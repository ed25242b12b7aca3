// The workspace's media, and the blobs that hold their bytes. A media names one blob for ever; equal bytes are one blob,
// which counts once. Nothing that a media names is ever released, and what was released is never named again: both are
// decided here, in one log, so whichever of "this upload found equal bytes" and "nobody needs these bytes" is decided
// first holds, and no media is left without its bytes.

import { failure } from '../failures.ts'
import type { Plan } from '../limits/plans.ts'
import { refuseQuota } from '../media/quota.ts'
import { assignTags, unassignTags } from '../media/tags.ts'
import { type BlobEntry, type MediaEntry, type MediaScope, retentionMs, type StoredMedia } from '../media/types.ts'
import { fail, ok, type Result } from '../result.ts'
import type { Command, DecisionContext, WorkspaceDecision } from './decision.ts'
import { sameJson } from './same-json.ts'
import type { WorkspaceView } from './types.ts'

export function createMedia(
  view: WorkspaceView,
  plan: Plan,
  { media, uploadId }: Command<'media.create'>,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const { mediaId, sha256, size } = media
  if (view.media(mediaId) !== undefined) {
    const detail = 'There is, or was, a media with this id.'
    return fail(failure('resource/already_exists', detail, { errors: [{ parameter: 'mediaId', detail }] }))
  }
  const kept = view.blobOf(sha256)
  if (kept && kept.size !== size) return fail(failure('resource/conflict', 'Bytes with this hash are kept, and have another size.'))
  const reserved = view.reservedMedia(nowMs, uploadId)
  const refused = refuseQuota(plan, view.mediaUsage(), { size, isKept: kept !== null, reserved })
  if (refused) return fail(refused)
  const blobId = kept?.blobId ?? media.blobId
  // Released, or holding other bytes.
  if (!kept && view.blob(blobId) !== undefined) return fail(failure('resource/conflict', 'The uploaded bytes are not kept any more.'))
  const value: StoredMedia = { ...media, blobId, translations: [], tags: [], createdAtMs: nowMs, updatedAtMs: nowMs }
  return ok({
    effects: { media: [{ mediaId, value }], ...(!kept && { blobs: [{ blobId, value: { blobId, sha256, size } }] }) },
    answer: { status: 201, body: value },
  })
}

export function updateMedia(view: WorkspaceView, command: Command<'media.update'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const found = live(view, command)
  if (!found.ok) return found
  const { altText, ...patch } = command.patch
  const { altText: before, ...media } = found.value
  const text = altText === undefined ? before : (altText ?? undefined)
  return changed(found.value, { ...media, ...patch, ...(text !== undefined && { altText: text }) }, nowMs)
}

/** Recoverable for a while: its bytes stay, and so does its place in the quota. */
export function deleteMedia(view: WorkspaceView, command: Command<'media.delete'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const found = live(view, command)
  if (!found.ok) return found
  const { mediaId } = command
  const value: StoredMedia = { ...found.value, updatedAtMs: nowMs, deletedAtMs: nowMs }
  return ok({ effects: { media: [{ mediaId, value }] }, answer: { status: 200, body: { mediaId, deleted: true } } })
}

export function restoreMedia(view: WorkspaceView, command: Command<'media.restore'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const found = inScope(view, command)
  if (found?.deletedAtMs === undefined || isExpired(found, nowMs)) return missing()
  const { deletedAtMs: _, ...media } = found
  return written({ ...media, updatedAtMs: nowMs })
}

export function putMediaTags(view: WorkspaceView, command: Command<'media.tags.put'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const found = live(view, command)
  if (!found.ok) return found
  const tags = assignTags(found.value.tags, command.assignments, command.mode, nowMs)
  return tags.ok ? changed(found.value, { ...found.value, tags: tags.value }, nowMs) : tags
}

export function removeMediaTags(view: WorkspaceView, command: Command<'media.tags.remove'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const found = live(view, command)
  if (!found.ok) return found
  const tags = unassignTags(found.value.tags, command.tagIds)
  return tags.ok ? changed(found.value, { ...found.value, tags: tags.value }, nowMs) : tags
}

/** What may still be brought back stays, and so does what was brought back since the sweep looked. */
export function purgeMedia(view: WorkspaceView, { mediaIds }: Command<'media.purge'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const purged = [...new Set(mediaIds)].filter((mediaId) => {
    const media = view.media(mediaId)
    return media !== undefined && media !== null && isExpired(media, nowMs)
  })
  const media = purged.map((mediaId): MediaEntry => ({ mediaId, value: null }))
  return ok({ effects: media.length > 0 ? { media } : {}, answer: { status: 200, body: { purged } } })
}

/** An id that was released before is released again: whatever has come under it since is deleted too. */
export function releaseBlobs(view: WorkspaceView, { blobIds, ifNeverNamed }: Command<'blob.release'>): WorkspaceDecision {
  const released = [...new Set(blobIds)].filter((blobId) => !view.isNamed(blobId) && !(ifNeverNamed && view.blob(blobId)))
  const blobs = released.map((blobId): BlobEntry => ({ blobId, value: null }))
  return ok({ effects: blobs.length > 0 ? { blobs } : {}, answer: { status: 200, body: { released } } })
}

const isExpired = ({ deletedAtMs }: StoredMedia, nowMs: number): boolean => deletedAtMs !== undefined && nowMs >= deletedAtMs + retentionMs

interface Scoped {
  mediaId: string
  scope: MediaScope
}

/** A media of the other shelf is none, so that nobody learns of it. */
function inScope(view: WorkspaceView, { mediaId, scope }: Scoped): StoredMedia | null {
  const media = view.media(mediaId) ?? null
  return media?.scope === scope ? media : null
}

function live(view: WorkspaceView, at: Scoped): Result<StoredMedia> {
  const media = inScope(view, at)
  return media === null || media.deletedAtMs !== undefined ? missing() : ok(media)
}

/** What says nothing new changes nothing. */
const changed = (before: StoredMedia, after: StoredMedia, nowMs: number): WorkspaceDecision =>
  sameJson(before, after) ? ok({ effects: {}, answer: { status: 200, body: before } }) : written({ ...after, updatedAtMs: nowMs })

const written = (value: StoredMedia): WorkspaceDecision =>
  ok({ effects: { media: [{ mediaId: value.mediaId, value }] }, answer: { status: 200, body: value } })

const missing = () => fail(failure('resource/not_found', 'There is no such media.'))
