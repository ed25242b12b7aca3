// GET /dashboard/v1/media/export: a manifest of all media that the workspace has, a line each, with everything that is known
// of it and a URL to fetch it by, which is good for a day where the media is private. Those that are deleted are left out.
//
// In the order in which they were changed last, so one that is changed while the export runs may come twice, the second
// line the newer, and none is missed. Trade-off: an invocation may ask D1 1,000 times, so half a million media is what one
// export holds; more is asked for by `scope` and `fileType`.

import type { Hono } from 'hono'
import { z } from 'zod'
import type { ListPage } from '../../d1/index-store.ts'
import { fileTypes, mediaScopes } from '../../domain/media/types.ts'
import { ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import type { Services } from '../services.ts'
import { placeOf } from './media-commands.ts'
import { type MediaPlace, mediaFields, mediaView } from './media-view.ts'
import { exportTurn, linesOf, ndjson, ndjsonExport } from './ndjson-export.ts'

const query = z.object({
  scope: z.enum(mediaScopes, 'workspace or common.').optional(),
  fileType: z.enum(fileTypes, `One of ${fileTypes.join(', ')}.`).optional(),
})

const pageSize = 500
const signedForMs = 24 * 60 * 60 * 1000

export function mediaExportRoute(app: Hono, edge: Edge): void {
  const { services, log } = edge
  const route = { api: 'dashboard', action: 'read', method: 'GET', path: '/media/export', operationId: 'media/export', query } as const
  edge.route(app, route, async (call) => {
    const { workspaceId } = call.caller
    const pages = mediaManifest(services, { ...placeOf(edge, call), signedForMs }, call.query)
    // A HEAD reads nothing, and so would never give its turn back.
    if (call.method === 'HEAD') return ok({ status: 200, headers: { 'content-type': ndjson } })
    const turn = await exportTurn(edge, workspaceId)
    if (!turn.ok) return turn
    const stream = ndjsonExport(pages, turn.value, { now: services.now, log, event: 'media/export_failed', workspaceId })
    return ok({ status: 200, stream, headers: { 'content-type': ndjson } })
  })
}

/** URLs are signed as the pages are read, so the last of a long export is as good as the first. */
export async function* mediaManifest(
  { index, now }: Pick<Services, 'index' | 'now'>,
  place: MediaPlace,
  filter: z.output<typeof query>,
  limit = pageSize,
): AsyncGenerator<string> {
  const { workspaceId } = place.home
  for (let after: ListPage['after']; ; ) {
    const media = await index.listMedia(workspaceId, { limit, order: 'asc', after }, filter)
    if (media.length > 0) yield linesOf(media.map((one) => mediaView(one, { ...place, nowMs: now() }, mediaFields)))
    const last = media.at(-1)
    if (media.length < limit || !last) return
    after = { updatedAtMs: last.updatedAtMs, id: last.mediaId }
  }
}
