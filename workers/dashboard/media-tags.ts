// /dashboard/v1/media/:mediaId/tags: which tags a media carries, each with a priority. A tag's id is the client's own.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import type { StoredMedia, TagAssignment, TagChange } from '../../domain/media/types.ts'
import { clientId } from '../../domain/resources/text.ts'
import { fail, ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call } from '../edge/route.ts'
import { pageQuery } from '../edge/validate.ts'
import { changeMedia, findMedia, ofMedia, scopeMember } from './media-commands.ts'
import { goneTagView, mediaTagView } from './media-view.ts'
import { homeOf } from './shown.ts'
import { wholeListPage } from './whole-list-page.ts'

const priority = z.int().min(0).default(0)

/** What `assignments` holds: each tag once. */
const assignmentsOf = <Assignment extends z.ZodType<{ tagId: string }>>(assignment: Assignment) =>
  z.object({
    assignments: z
      .array(assignment)
      .min(1)
      .max(25)
      .superRefine((all, context) => {
        for (const [i, { tagId }] of all.entries())
          if (all.findIndex((one) => one.tagId === tagId) < i)
            context.addIssue({ code: 'custom', path: [i, 'tagId'], message: 'This tag is named already.' })
      }),
  })

const put = assignmentsOf(z.object({ tagId: clientId, priority }))
const remove = assignmentsOf(z.object({ tagId: clientId }))
const putOne = z.object({ priority })

const query = z.object(scopeMember)
const { limit, nextToken } = pageQuery.shape
const listQuery = z.object({ limit, nextToken, ...scopeMember })

const all = { ...ofMedia, path: `${ofMedia.path}/tags` } as const
const params = z.object({ mediaId: z.string(), tagId: clientId })
const one = { path: `${all.path}/:tagId`, params } as const

type TagCall = Call<{ mediaId: string }, z.output<typeof query>>

export function mediaTagRoutes(app: Hono, edge: Edge): void {
  const read = { api: 'dashboard', action: 'read', method: 'GET' } as const
  const write = { api: 'dashboard', action: 'write' } as const

  edge.route(app, { ...read, ...all, operationId: 'media/listTags', query: listQuery }, async (call) => {
    const found = await findMedia(edge, call, call.params.mediaId, call.query.scope)
    if (!found.ok) return found
    const home = homeOf(edge, call)
    return wholeListPage(
      call,
      found.value.tags.map((tag) => mediaTagView(found.value, tag, home)),
    )
  })

  edge.route(app, { ...write, ...all, method: 'POST', operationId: 'media/createTags', query, body: put, noDerivedKey: true }, (call) =>
    putTags(call, 'add', call.body.assignments, manyShown),
  )

  edge.route(app, { ...write, ...all, method: 'PATCH', operationId: 'media/updateTags', query, body: put }, (call) =>
    putTags(call, 'change', call.body.assignments, manyShown),
  )

  edge.route(app, { ...write, ...all, method: 'DELETE', operationId: 'media/deleteTags', query, body: remove }, (call) => {
    const tagIds = call.body.assignments.map(({ tagId }) => tagId)
    return removeTags(call, tagIds, (media) => ({ assignments: tagIds.map((tagId) => goneTagView(media, tagId)) }))
  })

  edge.route(app, { ...read, ...one, operationId: 'media/getTag', query }, async (call) => {
    const { mediaId, tagId } = call.params
    const found = await findMedia(edge, call, mediaId, call.query.scope)
    if (!found.ok) return found
    const tag = found.value.tags.find((one) => one.tagId === tagId)
    if (!tag) return fail(failure('resource/not_found', 'This media does not have this tag.'))
    return ok({ status: 200, body: mediaTagView(found.value, tag, homeOf(edge, call)) })
  })

  const single = { ...write, ...one, query, body: putOne, bodyMayBeAbsent: true } as const
  edge.route(app, { ...single, method: 'POST', operationId: 'media/createTag', noDerivedKey: true }, (call) =>
    putTags(call, 'addNew', [{ tagId: call.params.tagId, ...call.body }], oneShown),
  )

  edge.route(app, { ...single, method: 'PATCH', operationId: 'media/updateTag' }, (call) =>
    putTags(call, 'change', [{ tagId: call.params.tagId, ...call.body }], oneShown),
  )

  edge.route(app, { ...write, ...one, method: 'DELETE', operationId: 'media/deleteTag', query }, (call) => {
    const { tagId } = call.params
    return removeTags(call, [tagId], (media) => goneTagView(media, tagId))
  })

  type Shown = ReturnType<typeof mediaTagView>

  function putTags(call: TagCall, mode: 'add' | 'addNew' | 'change', assignments: TagChange[], shown: (views: Shown[]) => unknown) {
    const { mediaId } = call.params
    const { scope } = call.query
    const home = homeOf(edge, call)
    return changeMedia(edge, call, { kind: 'media.tags.put', mediaId, scope, mode, assignments }, (media) =>
      shown(assignments.map(({ tagId }) => mediaTagView(media, tagIn(media, tagId), home))),
    )
  }

  function removeTags(call: TagCall, tagIds: string[], view: (media: StoredMedia) => unknown) {
    const { mediaId } = call.params
    return changeMedia(edge, call, { kind: 'media.tags.remove', mediaId, scope: call.query.scope, tagIds }, view)
  }
}

const manyShown = (assignments: unknown[]) => ({ assignments })
const oneShown = ([assignment]: unknown[]) => assignment

/** The answer to a command that put it there. */
function tagIn(media: StoredMedia, tagId: string): TagAssignment {
  const tag = media.tags.find((one) => one.tagId === tagId)
  if (!tag) throw new Error('a tag that was put is not there')
  return tag
}
