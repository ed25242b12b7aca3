// /dashboard/v1/media: what a workspace has uploaded. Lists are the index's; everything about one media is asked of the
// workspace's own object. The content of a media never changes, so what can be changed is said about it.

import type { Hono } from 'hono'
import { z } from 'zod'
import { fileTypes, visibilities } from '../../domain/media/types.ts'
import { lang } from '../../domain/resources/lang.ts'
import { descriptionText, labelText, text } from '../../domain/resources/text.ts'
import { ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { indexPage } from '../edge/index-page.ts'
import { fieldsQuery, pageQuery } from '../edge/validate.ts'
import { changeMedia, deleteMedia, findMedia, ofMedia, placeOf, scopeMember, signedForQuery } from './media-commands.ts'
import { mediaExportRoute } from './media-export.ts'
import { mediaTagRoutes } from './media-tags.ts'
import { uploadUrlRoute } from './media-upload-url.ts'
import { mediaFields, mediaTranslations, mediaView, signedMediaUrl } from './media-view.ts'
import { homeOf } from './shown.ts'
import { wholeListPage } from './whole-list-page.ts'

const { limit, nextToken } = pageQuery.shape
const listQuery = z.object({
  limit,
  nextToken,
  fields: fieldsQuery(mediaFields),
  fileType: z.enum(fileTypes, `One of ${fileTypes.join(', ')}.`).optional(),
  ...scopeMember,
})

const translations = z
  .array(z.object({ lang, label: labelText, description: descriptionText.optional() }))
  .min(1)
  .max(10)
  .superRefine((all, context) => {
    for (const [i, { lang }] of all.entries())
      if (all.findIndex((one) => one.lang === lang) < i)
        context.addIssue({ code: 'custom', path: [i, 'lang'], message: `A second translation into ${lang}.` })
  })

const patch = z
  .object({
    translations: translations.optional(),
    /** null takes it away. */
    altText: text(1000).nullable().optional(),
    visibility: z.enum(visibilities).optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'Nothing to change.')

export function mediaRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const read = { api: 'dashboard', action: 'read', method: 'GET' } as const
  const write = { api: 'dashboard', action: 'write' } as const
  const query = z.object(scopeMember)

  edge.route(app, { ...read, path: '/media', operationId: 'media/list', query: listQuery }, async (call) => {
    const { scope, fileType, fields } = call.query
    const page = await indexPage(
      call,
      (page) => services.index.listMedia(call.caller.workspaceId, page, { scope, fileType }),
      ({ updatedAtMs, mediaId }) => ({ updatedAtMs, id: mediaId }),
    )
    if (!page.ok) return page
    const place = placeOf(edge, call)
    return ok({ status: 200, body: { ...page.value, items: page.value.items.map((media) => mediaView(media, place, fields)) } })
  })

  // Before /media/:mediaId, which would take these for ids (reservedMediaIds).
  uploadUrlRoute(app, edge)
  mediaExportRoute(app, edge)

  edge.route(app, { ...read, ...ofMedia, operationId: 'media/get', query }, async (call) => {
    const found = await findMedia(edge, call, call.params.mediaId, call.query.scope)
    return found.ok ? ok({ status: 200, body: mediaView(found.value, placeOf(edge, call), ['translations']) }) : found
  })

  edge.route(app, { ...write, ...ofMedia, method: 'PATCH', operationId: 'media/update', query, body: patch }, (call) =>
    changeMedia(edge, call, { kind: 'media.update', mediaId: call.params.mediaId, scope: call.query.scope, patch: call.body }),
  )

  edge.route(app, { ...write, ...ofMedia, method: 'DELETE', operationId: 'media/delete', query }, (call) =>
    deleteMedia(edge, call, call.params.mediaId, call.query.scope),
  )

  const restore = {
    ...write,
    ...ofMedia,
    path: `${ofMedia.path}/restore`,
    method: 'POST',
    operationId: 'media/restore',
    noDerivedKey: true,
  } as const
  edge.route(app, { ...restore, query }, (call) =>
    changeMedia(edge, call, { kind: 'media.restore', mediaId: call.params.mediaId, scope: call.query.scope }),
  )

  const signed = { ...read, ...ofMedia, path: `${ofMedia.path}/signed-url`, operationId: 'media/getSignedUrl' } as const
  edge.route(app, { ...signed, query: z.object({ ...scopeMember, expiresIn: signedForQuery }) }, async (call) => {
    const found = await findMedia(edge, call, call.params.mediaId, call.query.scope)
    return found.ok ? ok({ status: 200, body: signedMediaUrl(found.value, placeOf(edge, call), call.query.expiresIn) }) : found
  })

  mediaTagRoutes(app, edge)

  const listed = { ...read, ...ofMedia, path: `${ofMedia.path}/translations`, operationId: 'media/listTranslations' } as const
  edge.route(app, { ...listed, query: pageQuery }, async (call) => {
    const found = await findMedia(edge, call, call.params.mediaId)
    return found.ok ? wholeListPage(call, mediaTranslations(found.value, homeOf(edge, call))) : found
  })
}
