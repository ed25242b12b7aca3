// What every operation on one media does around its command or its read. A media is found under its own scope alone, and
// one that is deleted is not found at all, though it can still be brought back.

import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import type { MediaScope, StoredMedia } from '../../domain/media/types.ts'
import { mediaScopes } from '../../domain/media/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { WorkspaceCommand } from '../../domain/workspace/types.ts'
import type { Edge } from '../edge/edge.ts'
import { makerOf } from '../edge/makers.ts'
import type { Call, Reply } from '../edge/route.ts'
import { secondsQuery } from '../edge/validate.ts'
import { noteMedia } from '../media/resolve.ts'
import { type Confirmed, commandWorkspace, indexNow } from './commit.ts'
import { type MediaPlace, mediaView } from './media-view.ts'
import { homeOf } from './shown.ts'

export const ofMedia = { path: '/media/:mediaId', params: z.object({ mediaId: z.string() }) } as const
export const scopeMember = { scope: z.enum(mediaScopes, 'workspace or common.').default('workspace') }
/** Seconds; an hour unless given, seven days at most. */
export const signedForQuery = secondsQuery(7 * 24 * 3600).default(3600)

export const noSuchMedia = () => fail(failure('resource/not_found', 'There is no such media.'))

export const placeOf = (edge: Edge, call: Call): MediaPlace => ({
  home: homeOf(edge, call),
  origin: call.ownOrigin,
  links: edge.mediaLinks,
  maker: makerOf(call.caller),
  nowMs: call.nowMs,
})

/** As the workspace's own object has it, which knows of every write. `scope` absent: whichever it is under. */
export async function findMedia({ services }: Edge, call: Call, mediaId: string, scope?: MediaScope): Promise<Result<StoredMedia>> {
  const { workspaceId } = call.caller
  const found = await services.workspace(workspaceId).media(workspaceId, mediaId)
  if (!found.ok) return found.error.code === 'resource/not_found' ? noSuchMedia() : found
  const { deletedAtMs, scope: own } = found.value
  return deletedAtMs !== undefined || (scope !== undefined && scope !== own) ? noSuchMedia() : found
}

/** `view` makes the answer of the media as it was stored. */
export async function changeMedia(
  edge: Edge,
  call: Call,
  command: MediaChange,
  view: (media: StoredMedia) => unknown = (media) => mediaView(media, placeOf(edge, call)),
): Promise<Result<Reply>> {
  const reply = await commandWorkspace(edge, call, command)
  if (!reply.ok) return call.answer(reply)
  const media = reply.answer.body as StoredMedia
  await nowIs(edge, call, reply, media.mediaId, media)
  return call.answer(reply, view(media))
}

type MediaChange = Extract<WorkspaceCommand, { kind: 'media.update' | 'media.restore' | 'media.tags.put' | 'media.tags.remove' }>

export async function deleteMedia(edge: Edge, call: Call, mediaId: string, scope: MediaScope): Promise<Result<Reply>> {
  const before = await findMedia(edge, call, mediaId, scope)
  const reply = await commandWorkspace(edge, call, { kind: 'media.delete', mediaId, scope })
  if (reply.ok) await nowIs(edge, call, reply, mediaId, before.ok ? { ...before.value, deletedAtMs: call.nowMs } : null)
  return call.answer(reply)
}

/** In the index, and served so from here at once; what other locations remember runs out (workers/media/resolve.ts). */
async function nowIs(edge: Edge, call: Call, reply: Confirmed, mediaId: string, decided: StoredMedia | null): Promise<void> {
  const { workspaceId } = call.caller
  const media = decided?.deletedAtMs === undefined ? decided : null
  await indexNow(edge, call, reply, (index) => index.putMedia([{ workspaceId, mediaId, at: reply.at, media }]))
  // What a repeat says may be over by now: what it has come to is asked.
  const now = reply.replayed ? await findMedia(edge, call, mediaId) : ok(decided)
  if (now.ok || now.error.code === 'resource/not_found') await noteMedia(edge.services, { workspaceId, mediaId }, now.ok ? now.value : null)
}
