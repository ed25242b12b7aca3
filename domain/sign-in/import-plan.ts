// What an import would do with each row, given who holds what in the workspace's directory. An import makes people, and
// changes none: what a row says beyond address, ids and role are a new person's first values, and a person who is there
// keeps their own. So a file can be sent again, with rows added, however people have changed their names since. Pure.

import type { DirectoryEntry } from '../workspace/types.ts'
import { roleOf } from './admission.ts'
import type { ImportRow, Mistake } from './import-file.ts'

/** Who is asked for before a row can be judged. */
export interface DirectoryQuestion {
  emailHash: string
  userId?: string | undefined
  externalId?: string | undefined
}

export interface DirectoryHolders {
  byEmail: DirectoryEntry | null
  /** Deleted ones included. */
  byUserId: DirectoryEntry | null
  byExternalId: DirectoryEntry | null
}

export type GoodRow = Extract<ImportRow, { user: unknown }>
export type Planned = { outcome: 'create' } | { outcome: 'unchanged'; userId: string } | { outcome: 'conflict'; mistakes: Mistake[] }

export const questionOf = ({ emailHash, user: { userId, externalId } }: GoodRow): DirectoryQuestion => ({ emailHash, userId, externalId })

export function planRow({ row, user, emailHash }: GoodRow, { byEmail, byUserId, byExternalId }: DirectoryHolders): Planned {
  const conflict = (column: string, detail: string): Planned => ({ outcome: 'conflict', mistakes: [{ row, column, detail }] })
  if (byUserId?.deleted) return conflict('userId', 'This user was deleted; the id stays used.')
  if (byUserId && byUserId.emailHash !== emailHash) return conflict('email', 'The user with this id has another address.')
  const known = user.userId === undefined ? byEmail : byUserId
  if (known === null) {
    if (byEmail) return conflict('email', 'A user with another id has this address.')
    return byExternalId ? conflict('externalId', 'Another user has this external id.') : { outcome: 'create' }
  }
  if (user.externalId !== undefined && known.externalId !== user.externalId)
    return conflict('externalId', 'The user is there, with another external id or none.')
  if (user.role !== undefined && roleOf(known) !== user.role) return conflict('role', 'The user is there, with another role.')
  return { outcome: 'unchanged', userId: known.userId }
}
