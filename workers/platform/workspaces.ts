// PUT /workspaces/{workspaceId}: makes a workspace, or changes the settings of one that is there. Idempotent; a name
// that is given again is not changed (names are the account's to change), another account is a conflict.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { fail, ok } from '../../domain/result.ts'
import type { WorkspaceCommand, WorkspaceDocument } from '../../domain/workspace/types.ts'
import type { CommandReply } from '../../durable-objects/log/rpc.ts'
import { tenantId } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall } from '../edge/route.ts'

export const workspaceParams = z.object({ workspaceId: tenantId })

const settings = z.object({ strict: z.boolean().optional(), derivedIdempotency: z.boolean().optional() })

const body = z.object({
  accountId: tenantId,
  name: z.string().min(3).max(30),
  slug: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'Lower-case letters, digits and inner dashes.'),
  plan: z.enum(['STANDARD', 'PREMIUM', 'ENTERPRISE']).default('STANDARD'),
  type: z.enum(['EDU', 'PLAY', 'CUSTOM', 'CATALOG']).default('CUSTOM'),
  settings: settings.optional(),
})

export function workspaceRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  edge.open(
    app,
    {
      api: 'platform',
      method: 'PUT',
      path: '/workspaces/:workspaceId',
      operationId: 'platform/putWorkspace',
      params: workspaceParams,
      body,
    },
    async (call) => {
      const { workspaceId } = call.params
      const existing = await services.workspace(workspaceId).document(workspaceId)
      if (!existing.ok && existing.error.code !== 'resource/not_found') return existing
      if (!existing.ok) {
        const { settings: given, ...rest } = call.body
        const workspace: WorkspaceDocument = {
          workspaceId,
          ...rest,
          settings: { strict: false, derivedIdempotency: true, ...given },
          createdAtMs: call.nowMs,
          updatedAtMs: call.nowMs,
        }
        return call.answer(await command(call, workspaceId, { kind: 'workspace.create', workspace }))
      }
      const document = existing.value
      if (document.accountId !== call.body.accountId)
        return fail(failure('resource/conflict', 'This workspace belongs to another account.'))
      const changed = { ...document.settings, ...call.body.settings }
      const same = changed.strict === document.settings.strict && changed.derivedIdempotency === document.settings.derivedIdempotency
      if (same) return ok({ status: 200, body: document })
      const reply = await command(call, workspaceId, { kind: 'workspace.settings', settings: changed })
      // Settings are part of the rule set: they hold everywhere once this has answered.
      if (reply.ok) await services.settleRules()
      return call.answer(reply)
    },
  )

  async function command(call: OpenCall, workspaceId: string, one: WorkspaceCommand): Promise<CommandReply> {
    const [reply] = await services.workspace(workspaceId).execute(workspaceId, [call.request(one)])
    if (!reply) throw new Error('the Workspace answered no reply for one command')
    return reply
  }
}
