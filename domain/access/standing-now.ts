// Who somebody is now, against what their token says of them: a token is good for an hour, and a signed URL for up to seven
// days, and in that time people are demoted and deleted. What counts is always the lower of the two. Pure.
//
//   of a sign-in (`sid`)        the directory's role; whoever is not in it is gone
//   of another issuer           the token's role, and no more than a role that the directory has for this user; who was
//                               deleted is gone, who never was in the directory is the issuer's to vouch for
//   of a client                 the client's role and scopes; a client that is not there any more is gone

import type { Caller, Role } from '../identity.ts'
import { roleOf } from '../sign-in/admission.ts'
import { lowerOf } from '../sign-in/standing.ts'
import type { DirectoryEntry } from '../workspace/types.ts'
import type { WorkspaceAccess } from './types.ts'

/** `entry`: what the directory has under the user's id, null for nothing. Null: whoever it is has nothing to do here any more. */
export function roleNow(entry: DirectoryEntry | null, { role, sessionId }: Pick<Caller, 'role' | 'sessionId'>): Role | null {
  if (entry === null) return sessionId === undefined ? role : null
  if (entry.deleted) return null
  return lowerOf(role, sessionId === undefined ? (entry.role ?? role) : roleOf(entry))
}

/** A caller of one of the workspace's clients as the client is now; any other as they are. Null where the client is gone. */
export function clientNow<Who extends Pick<Caller, 'clientId' | 'role' | 'scopes'>>(who: Who, { clients }: WorkspaceAccess): Who | null {
  if (who.clientId === undefined) return who
  const client = clients.find(({ clientId }) => clientId === who.clientId)
  if (!client) return null
  return { ...who, role: lowerOf(who.role, client.role), scopes: who.scopes.filter((scope) => client.scopes.includes(scope)) }
}
