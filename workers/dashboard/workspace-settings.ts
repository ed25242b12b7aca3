// /dashboard/v1/workspace-settings: how the workspace is to be served. Effective values are shown: what the plan says where
// the workspace says nothing.

import type { Hono } from 'hono'
import { failure } from '../../domain/failures.ts'
import { effectiveLimits } from '../../domain/limits/plans.ts'
import { limitErrors, settingsPatch } from '../../domain/resources/workspace-settings.ts'
import { fail, ok } from '../../domain/result.ts'
import { askerOf } from '../../domain/workspace/asker.ts'
import type { WorkspaceDocument } from '../../domain/workspace/types.ts'
import type { Edge } from '../edge/edge.ts'
import { keyLifetimesOf } from '../edge/idempotency.ts'
import { changeAccess } from './commit.ts'

export function workspaceSettingsRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const at = { api: 'dashboard', path: '/workspace-settings' } as const

  edge.route(app, { ...at, action: 'read', method: 'GET', operationId: 'workspaceSettings/get' }, async ({ caller }) => {
    const document = await services.workspace(caller.workspaceId).document(caller.workspaceId)
    return document.ok ? ok({ status: 200, body: settingsView(document.value) }) : document
  })

  edge.route(
    app,
    { ...at, action: 'write', method: 'PATCH', operationId: 'workspaceSettings/update', body: settingsPatch },
    async (call) => {
      const errors = limitErrors(call.body, call.access.limits)
      if (errors.length > 0) return fail(failure('validation/invalid_input', 'A limit is too high.', { errors }))
      const command = { kind: 'workspace.settings', settings: call.body, by: askerOf(call.caller) } as const
      return changeAccess(edge, call, command, (stored) => settingsView(stored as WorkspaceDocument))
    },
  )
}

function settingsView({ plan, settings }: WorkspaceDocument) {
  const { strict, derivedIdempotency, idempotency, limits = {}, origins = [], provisioning = 'open' } = settings
  const { givenMs, derivedMs } = keyLifetimesOf(idempotency)
  return {
    plan,
    strict,
    derivedIdempotency,
    idempotency: {
      givenSeconds: givenMs / 1000,
      derivedSeconds: derivedMs / 1000,
    },
    limits: effectiveLimits(plan, limits),
    origins,
    provisioning,
  }
}
