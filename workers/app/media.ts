// GET /app/v1/media/:mediaId: what an app shows of one media, whichever shelf of its workspace it is on. Read from the index,
// since as many ask as look at a page; a write of the dashboard is there when it is answered.

import type { Hono } from 'hono'
import { z } from 'zod'
import type { StoredMedia } from '../../domain/media/types.ts'
import { ok, type Result } from '../../domain/result.ts'
import { noSuchMedia, placeOf, signedForQuery } from '../dashboard/media-commands.ts'
import { mediaView, signedMediaUrl } from '../dashboard/media-view.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call } from '../edge/route.ts'

export function mediaRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const read = { api: 'app', action: 'read', method: 'GET', params: z.object({ mediaId: z.string().max(64) }) } as const

  edge.route(app, { ...read, path: '/media/:mediaId', operationId: 'media/view' }, async (call) => {
    const found = await find(call)
    return found.ok ? ok({ status: 200, body: mediaView(found.value, placeOf(edge, call), ['translations']) }) : found
  })

  const signed = { ...read, path: '/media/:mediaId/signed-url', operationId: 'media/getSignedUrl' } as const
  edge.route(app, { ...signed, query: z.object({ expiresIn: signedForQuery }) }, async (call) => {
    const found = await find(call)
    return found.ok ? ok({ status: 200, body: signedMediaUrl(found.value, placeOf(edge, call), call.query.expiresIn) }) : found
  })

  async function find({ caller, params }: Call<{ mediaId: string }>): Promise<Result<StoredMedia>> {
    const media = await services.index.media(caller.workspaceId, params.mediaId)
    return media ? ok(media) : noSuchMedia()
  }
}
