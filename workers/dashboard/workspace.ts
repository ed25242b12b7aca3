// /dashboard/v1/workspace: the workspace of the caller's token.

import type { Hono } from 'hono'
import { ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { timesOf } from './shown.ts'

export function workspaceRoutes(app: Hono, edge: Edge): void {
  const get = { api: 'dashboard', action: 'read', method: 'GET', path: '/workspace', operationId: 'workspace/get' } as const
  edge.route(app, get, async ({ caller }) => {
    const document = await edge.services.workspace(caller.workspaceId).document(caller.workspaceId)
    if (!document.ok) return document
    const { workspaceId, accountId, name, slug, plan, type } = document.value
    return ok({ status: 200, body: { workspaceId, accountId, name, slug, plan, type, ...timesOf(document.value) } })
  })
}
