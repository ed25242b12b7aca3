// POST /workspaces/{workspaceId}/media/sweep: the sweep that a workspace's alarm asks for, now and here, a page a call;
// `nextToken` of one answer goes with the next call, until it is null.

import type { Hono } from 'hono'
import { z } from 'zod'
import { ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { pageQuery } from '../edge/validate.ts'
import { sweepMedia } from '../media/sweep.ts'
import { workspaceParams } from './workspaces.ts'

const query = z.object({ nextToken: pageQuery.shape.nextToken })

export function mediaSweepRoutes(edge: Edge, app: Hono): void {
  const { services, pages } = edge
  const sweep = {
    api: 'platform',
    method: 'POST',
    path: '/workspaces/:workspaceId/media/sweep',
    operationId: 'platform/sweepMedia',
  } as const
  edge.open(app, { ...sweep, params: workspaceParams, query }, async (call) => {
    const { workspaceId } = call.params
    const scope = { workspaceId, userId: undefined, path: sweep.operationId, query: {} }
    const { nextToken } = call.query
    const from = nextToken === undefined ? ok(null) : pages.open(scope, nextToken)
    if (!from.ok) return from
    const swept = await sweepMedia(services, workspaceId, from.value, call.trail)
    if (!swept.ok) return swept
    const { next, ...counts } = swept.value
    return ok({ status: 200, body: { ...counts, nextToken: next === null ? null : pages.seal(scope, next) } })
  })
}
