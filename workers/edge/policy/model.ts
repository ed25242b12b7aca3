// A call in Cedar's words (laurel.cedarschema): who, what to which collection of which workspace. Pure.

import type { Caller, Scope } from '../../../domain/identity.ts'
import type { PolicyRequest } from './decider.ts'

/** Cedar's JSON format for a request and the entities it speaks of. */
export interface CedarCall {
  principal: EntityUid
  action: EntityUid
  resource: EntityUid
  context: { operation: string; kind: string; machinesOnly: boolean }
  entities: { uid: EntityUid; attrs: Record<string, string | boolean | string[]>; parents: EntityUid[] }[]
}

export interface EntityUid {
  type: string
  id: string
}

export type Area = 'Play' | 'Configuration' | 'People' | 'Administration'

/** Collections of the dashboard that are not configuration. Whatever is not named here is. */
const areas: Record<string, Area | undefined> = Object.assign(Object.create(null), {
  users: 'People',
  sessions: 'People',
  roles: 'Administration',
  'user-imports': 'Administration',
  clients: 'Administration',
  throttles: 'Administration',
  policies: 'Administration',
  workspace: 'Administration',
  'workspace-settings': 'Administration',
  'audit-records': 'Administration',
})

export const areaOf = (api: PolicyRequest['api'], kind: string): Area => (api === 'app' ? 'Play' : (areas[kind] ?? 'Configuration'))

export const knownScopes: readonly Scope[] = ['app/read', 'app/write', 'dashboard/read', 'dashboard/write']

export function cedarCall(request: PolicyRequest): CedarCall {
  const { caller, api, action, operation, kind, machinesOnly = false, access } = request
  const principal = uid(caller.platform === 'm2m' ? 'Machine' : 'Person', caller.subject)
  const resource = uid(areaOf(api, kind), kind)
  return {
    principal,
    action: uid('Action', `${api}/${action}`),
    resource,
    context: { operation, kind, machinesOnly },
    entities: [
      { uid: principal, attrs: principalAttributes(caller), parents: [] },
      { uid: resource, attrs: { kind, workspaceId: access.workspaceId }, parents: [uid('Workspace', access.workspaceId)] },
    ],
  }
}

function principalAttributes({ role, context, scopes, userId, workspaceId }: Caller) {
  const named = knownScopes.filter((scope) => scopes.includes(scope))
  return { role, context, scopes: named, hasScopes: named.length > 0, workspaceId, ...(userId !== undefined && { userId }) }
}

const uid = (type: string, id: string): EntityUid => ({ type: `Laurel::${type}`, id })

/**
 * The call with placeholders for whoever makes it and wherever. The platform's own policies are shown nothing else, so what
 * they decide is the same for everyone with this role and these scopes, in every workspace, and may be shared.
 */
export function anonymous(request: PolicyRequest): PolicyRequest {
  const { caller, access } = request
  const isAtHome = caller.workspaceId === access.workspaceId
  return {
    ...request,
    caller: { ...caller, subject: 'caller', workspaceId: 'own', accountId: 'own', ...(caller.userId !== undefined && { userId: 'user' }) },
    access: { workspaceId: isAtHome ? 'own' : 'another', version: 0, forbids: [] },
  }
}
