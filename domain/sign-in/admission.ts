// Who may sign in to a workspace with an address of theirs. Pure.

import type { Context, Role } from '../identity.ts'
import type { DirectoryEntry } from '../workspace/types.ts'
import { mayUseDashboard } from './standing.ts'

export type Admission = { kind: 'user'; userId: string; role: Role } | { kind: 'newcomer' } | { kind: 'nobody' }

export const roleOf = ({ role }: Pick<DirectoryEntry, 'role'>): Role => role ?? 'member'

/** `entry` is who the workspace's directory knows by the address, null where there is no one. */
export function admit(entry: DirectoryEntry | null, context: Context, provisioning: 'open' | 'preprovisioned'): Admission {
  if (entry === null) return { kind: context === 'app' && provisioning === 'open' ? 'newcomer' : 'nobody' }
  const role = roleOf(entry)
  if (entry.deleted || (context === 'dashboard' && !mayUseDashboard(role))) return { kind: 'nobody' }
  return { kind: 'user', userId: entry.userId, role }
}
