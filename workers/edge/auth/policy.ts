// What a caller may do, decided before anything is read. Pure.
//
//   app API         every role; what the caller sees is the caller's own
//   dashboard API   viewer reads; editor writes configuration; manager writes users; admin and owner everything;
//                   member nothing
//   scopes          a machine needs the API's scope for the action; a person whose token names any of our scopes is
//                   held to them as well

import { type Failure, failure } from '../../../domain/failures.ts'
import type { Caller, Context, Role, Scope } from '../../../domain/identity.ts'

export interface Demand {
  api: Context
  action: 'read' | 'write'
  /** The dashboard's least role; viewer for reads and editor for writes unless given. */
  minimumRole?: Role
  /** Only machines. */
  machinesOnly?: boolean
}

const standing: Record<Role, number> = { owner: 5, admin: 4, manager: 3, editor: 2, viewer: 1, member: 0 }

const refused = (detail: string): Failure => failure('auth/insufficient_permissions', detail)

/** Null when it is permitted. */
export function permits(caller: Caller, demand: Demand): Failure | null {
  const scope: Scope = `${demand.api}/${demand.action}`
  if ((caller.platform === 'm2m' || caller.scopes.length > 0) && !caller.scopes.includes(scope))
    return refused(`This operation needs the scope ${scope}.`)
  if (demand.machinesOnly && caller.platform !== 'm2m') return refused('This operation is for machine tokens.')
  if (demand.api === 'dashboard') {
    const least = Math.max(1, standing[demand.minimumRole ?? (demand.action === 'read' ? 'viewer' : 'editor')])
    if (standing[caller.role] < least) return refused('Your role does not allow this operation.')
  }
  return null
}
