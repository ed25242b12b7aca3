// Which buckets a request draws on: those of every principal it counts for, and the workspace's. A throttle takes the place
// of the principal's own limit while it lasts, but for an owner on the dashboard: nobody may lock out who can undo it.

import { principalsOf } from '../../../domain/access/principal.ts'
import type { WorkspaceAccess } from '../../../domain/access/types.ts'
import type { Caller } from '../../../domain/identity.ts'
import type { Limit } from '../../../domain/limits/types.ts'
import type { LimitDemand } from './limiter.ts'

/**
 * A principal is on one isolate or two: small leases. A workspace is on all of them. Who may ask often asks the object no
 * oftener: an eighth of a large quota. These are the most; what is leased is what was asked for in the last second, and half
 * of what is left at most.
 */
const leaseOf = ({ quota }: Limit, atLeast: number): number => Math.max(atLeast, Math.floor(quota / 8))
const principalLease = 50
const workspaceLease = 250

/** What an owner on the dashboard always has. */
const ownersFloor: Limit = { quota: 20, windowSeconds: 10 }

export function limitDemands(caller: Caller, access: WorkspaceAccess): LimitDemand[] {
  const { limits, workspaceId } = access
  const isOwner = caller.role === 'owner' && caller.context === 'dashboard' && caller.platform !== 'm2m'
  const demands = principalsOf(caller).map((principal) => (isOwner ? ownersDemand(principal, access) : limitDemand(principal, access)))
  demands.push({
    policy: 'workspace',
    name: `${workspaceId}:workspace`,
    limit: limits.workspace,
    suspect: null,
    maximumLease: leaseOf(limits.workspace, workspaceLease),
  })
  return demands
}

/** Of one principal, as `principalsOf` names it. */
export function limitDemand(principal: string, { limits, throttles, workspaceId }: WorkspaceAccess): LimitDemand {
  const isClient = principal.startsWith('client:')
  const throttle = throttles.length === 0 ? undefined : throttles.find((one) => one.principal === principal)
  const limit = throttle?.limit ?? (isClient ? limits.machine : limits.principal)
  return {
    policy: isClient ? 'client' : 'user',
    name: `${workspaceId}:${principal}`,
    limit,
    suspect: throttle ? null : limits.suspect,
    maximumLease: leaseOf(limit, principalLease),
  }
}

function ownersDemand(principal: string, access: WorkspaceAccess): LimitDemand {
  const demand = limitDemand(principal, { ...access, throttles: [] })
  const { quota, windowSeconds } = demand.limit
  const isBelow = quota < ownersFloor.quota || quota / windowSeconds < ownersFloor.quota / ownersFloor.windowSeconds
  return { ...demand, limit: isBelow ? ownersFloor : demand.limit, suspect: null }
}
