// Which buckets a request draws on: those of every principal it counts for, and the workspace's. A throttle takes the place
// of the principal's own limit while it lasts.

import { principalsOf } from '../../../domain/access/principal.ts'
import type { WorkspaceAccess } from '../../../domain/access/types.ts'
import type { Caller } from '../../../domain/identity.ts'
import type { LimitDemand } from './limiter.ts'

/** A principal is on one isolate or two: small leases. A workspace is on all of them. */
const principalLease = 50
const workspaceLease = 250

export function limitDemands(caller: Caller, access: WorkspaceAccess): LimitDemand[] {
  const { limits, throttles, workspaceId } = access
  const demands = principalsOf(caller).map((principal): LimitDemand => {
    const isClient = principal.startsWith('client:')
    const throttle = throttles.length === 0 ? undefined : throttles.find((one) => one.principal === principal)
    return {
      policy: isClient ? 'client' : 'user',
      name: `${workspaceId}:${principal}`,
      limit: throttle?.limit ?? (isClient ? limits.machine : limits.principal),
      suspect: throttle ? null : limits.suspect,
      maximumLease: principalLease,
    }
  })
  demands.push({
    policy: 'workspace',
    name: `${workspaceId}:workspace`,
    limit: limits.workspace,
    suspect: null,
    maximumLease: workspaceLease,
  })
  return demands
}
