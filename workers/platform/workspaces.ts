// PUT /workspaces/{workspaceId}: makes a workspace, or changes plan and settings of one that is there. Idempotent; a name
// that is given again is not changed (names are the account's to change), another account is a conflict.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { text } from '../../domain/resources/text.ts'
import { operatorSettingsPatch } from '../../domain/resources/workspace-settings.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { WorkspaceSettings } from '../../domain/rules/types.ts'
import { mergePatch } from '../../domain/workspace/merge-patch.ts'
import { sameJson } from '../../domain/workspace/same-json.ts'
import type { WorkspaceCommand, WorkspaceDocument } from '../../domain/workspace/types.ts'
import type { CommandReply } from '../../durable-objects/log/rpc.ts'
import { tenantId } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall, Reply } from '../edge/route.ts'
import { onlyReply } from '../only-reply.ts'

export const workspaceParams = z.object({ workspaceId: tenantId })

const body = z.object({
  accountId: tenantId,
  name: text(30).min(3),
  slug: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'Lower-case letters, digits and inner dashes.'),
  /** STANDARD for a new workspace, and unchanged for one that is there, unless given. */
  plan: z.enum(['STANDARD', 'PREMIUM', 'ENTERPRISE']).optional(),
  type: z.enum(['EDU', 'PLAY', 'CUSTOM', 'CATALOG']).default('CUSTOM'),
  settings: operatorSettingsPatch.optional(),
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
        const { settings: given, plan = 'STANDARD', ...rest } = call.body
        const workspace: WorkspaceDocument = {
          workspaceId,
          ...rest,
          plan,
          settings: mergePatch<WorkspaceSettings>({ strict: false, derivedIdempotency: true }, given ?? {}),
          createdAtMs: call.nowMs,
          updatedAtMs: call.nowMs,
        }
        const made = call.answer(await command(call, workspaceId, { kind: 'workspace.create', workspace }))
        if (made.ok) services.forgetMiss(workspaceId)
        return made
      }
      const document = existing.value
      if (document.accountId !== call.body.accountId)
        return fail(failure('resource/conflict', 'This workspace belongs to another account.'))
      const { plan, settings = {} } = call.body
      const isSame = sameJson(mergePatch(document.settings, settings), document.settings)
      const commands: WorkspaceCommand[] = [
        ...(plan !== undefined && plan !== document.plan ? [{ kind: 'workspace.plan', plan } as const] : []),
        ...(isSame ? [] : [{ kind: 'workspace.settings', settings } as const]),
      ]
      let answer: Result<Reply> = ok({ status: 200, body: document })
      for (const [part, one] of commands.entries()) {
        answer = call.answer(await command(call, workspaceId, one, part))
        if (!answer.ok) return answer
      }
      // Plan and settings hold everywhere once this has answered.
      if (commands.length > 0) await services.settleRules()
      return answer
    },
  )

  async function command(call: OpenCall, workspaceId: string, one: WorkspaceCommand, part?: number): Promise<CommandReply> {
    const reply = onlyReply(await services.workspace(workspaceId).execute(workspaceId, [call.request(one, { part })]))
    return reply
  }
}
