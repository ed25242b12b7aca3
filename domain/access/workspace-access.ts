// The document the edge reads of a workspace, built: a pure function of the workspace's state and the clock.

import { effectiveLimits } from '../limits/plans.ts'
import type { WorkspaceView } from '../workspace/types.ts'
import type { WorkspaceAccess } from './types.ts'

/** Throws when there is no workspace. */
export function buildAccess(view: WorkspaceView, version: number, nowMs: number): WorkspaceAccess {
  const workspace = view.workspace()
  if (workspace === null) throw new Error('the access of a workspace was asked for before the workspace was created')
  const { plan, settings, workspaceId } = workspace
  return {
    workspaceId,
    version,
    limits: effectiveLimits(plan, settings.limits ?? {}),
    clients: view.accessAll('client').map(({ clientId, role, scopes }) => ({ clientId, role, scopes })),
    throttles: view.accessAll('throttle').filter(({ expiresAtMs }) => expiresAtMs > nowMs),
    forbids: view.accessAll('policy').map(({ policyId, text }) => ({ policyId, text })),
    origins: settings.origins ?? [],
    provisioning: settings.provisioning ?? 'open',
  }
}
