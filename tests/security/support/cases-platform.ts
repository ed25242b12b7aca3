// The operator's routes: no tenant may use them, and their input is as untrusted as any. The workspace in their paths
// is the tenant's own; its marker is its id.

import { nanoid } from 'nanoid'
import type { Case } from './case.ts'
import type { Things } from './tenants.ts'
import { accountId } from './tokens.ts'

const workspace = ({ marker }: Things) => ({ workspaceId: marker })
const ofBoard = (its: Things) => ({ ...workspace(its), seriesId: its.runtimeLeaderboardId, periodId: 'PERMANENT' })
const ofKind = (its: Things) => ({ ...workspace(its), kind: 'activity' })
const ofAccount = { pointer: '/accountId', of: () => accountId }

/** `beforeMs` of 1970: nothing is that old, so nothing is removed. */
const keepAll = () => ({ keep: ['x'], beforeMs: 0 })

export const platformCases: Record<string, Case> = {
  'PUT /platform/v1/workspaces/:workspaceId': {
    status: 200,
    params: workspace,
    body: () => ({ accountId, name: 'Space', slug: 'space', plan: 'STANDARD', type: 'CUSTOM', settings: { strict: false } }),
    chosen: [ofAccount],
  },
  'PUT /platform/v1/workspaces/:workspaceId/users/:userId': {
    status: 201,
    params: (its) => ({ ...workspace(its), userId: `new-${nanoid()}` }),
    body: () => ({ email: 'ada@example.org', nickname: 'Ada', externalId: `new-${nanoid()}`, firstName: 'Ada', lastName: 'Lovelace' }),
    chosen: [{ pointer: '/externalId', of: ({ externalId }) => externalId }],
  },
  'GET /platform/v1/regions': { status: 200 },
  'POST /platform/v1/regions/watch': { status: 200 },
  'POST /platform/v1/regions/:region/refill': { status: 200, params: () => ({ region: 'eu-west-1' }) },
  'GET /platform/v1/workspaces/:workspaceId/audit': { status: 200, params: workspace },
  'GET /platform/v1/workspaces/:workspaceId/audit/users': { status: 200, params: workspace },
  'GET /platform/v1/workspaces/:workspaceId/audit/index/:kind': { status: 200, params: ofKind },
  'GET /platform/v1/workspaces/:workspaceId/audit/boards/:seriesId/:periodId': { status: 200, params: ofBoard },
  'POST /platform/v1/workspaces/:workspaceId/settle': { status: 200, params: workspace },
  'POST /platform/v1/workspaces/:workspaceId/settle/users': { status: 200, params: workspace },
  'POST /platform/v1/workspaces/:workspaceId/republish': { status: 200, params: workspace },
  'POST /platform/v1/workspaces/:workspaceId/republish/users': { status: 200, params: workspace },
  'POST /platform/v1/workspaces/:workspaceId/media/sweep': { status: 200, params: workspace },
  'POST /platform/v1/workspaces/:workspaceId/index/:kind/prune': { status: 200, params: ofKind, body: keepAll },
  'POST /platform/v1/workspaces/:workspaceId/boards/:seriesId/:periodId/rebuild': { status: 200, params: ofBoard, body: keepAll },
}
