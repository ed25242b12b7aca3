// How high whoever asks for a change stands, at the moment it is decided. A token says the role of when it was given, up to
// an hour ago; the workspace knows the role of now for its own people and clients, and the lower of the two counts. So who
// was demoted cannot use the rest of that hour to rise again, or to leave a client behind. Pure.
//
// Tokens of other issuers: what they say stands until they expire, but for a user of theirs that was deleted, or whom the
// directory gives a role below it (access/standing-now.ts).

import { roleNow } from '../access/standing-now.ts'
import { failure } from '../failures.ts'
import type { Asker, Caller, Role, Scope } from '../identity.ts'
import { fail, ok, type Result } from '../result.ts'
import { roleOf } from '../sign-in/admission.ts'
import { isAbove, isAtLeast, lowerOf } from '../sign-in/standing.ts'
import type { DirectoryEntry, WorkspaceCommand, WorkspaceView } from './types.ts'

/** As a command carries it. A machine's own identity, and not the user that it acts for. */
export const askerOf = ({ role, platform, userId, clientId, sessionId }: Caller): Asker => ({
  role,
  ...(platform !== 'm2m' && userId !== undefined && { userId }),
  ...(clientId !== undefined && { clientId }),
  ...(sessionId !== undefined && { sessionId }),
})

/** The policies' own table once more, for roles as they are now. Null: the edge's word is enough, the command gives nobody any power. */
const least: Record<WorkspaceCommand['kind'], Role | null> = {
  'workspace.create': null,
  'workspace.settings': 'admin',
  'workspace.plan': null,
  'client.create': 'admin',
  'client.update': 'admin',
  'client.secret.add': 'admin',
  'client.secret.remove': 'admin',
  'client.delete': 'admin',
  'throttle.create': 'admin',
  'throttle.replace': 'admin',
  'throttle.delete': 'admin',
  'policy.create': 'admin',
  'policy.replace': 'admin',
  'policy.delete': 'admin',
  'resource.create': null,
  'resource.replace': null,
  'resource.publish': null,
  'series.create': null,
  'series.update': null,
  // With a role it takes an admin (decide-user.ts).
  'user.create': 'manager',
  'user.update': 'manager',
  'user.delete': 'manager',
  'user.role': 'admin',
  'user.import': 'admin',
  'media.create': null,
  'media.update': null,
  'media.delete': null,
  'media.restore': null,
  'media.tags.put': null,
  'media.tags.remove': null,
  'media.purge': null,
  'blob.release': null,
}

/** The role that counts for this command. `auth/insufficient_permissions` for who is nobody any more, or too low for it. */
export function standingFor(view: WorkspaceView, command: WorkspaceCommand): Result<Role> {
  const by = 'by' in command ? command.by : undefined
  // The operator, and whatever the platform does by itself.
  if (by === undefined) return ok('owner')
  return standingOf(view, by, { least: least[command.kind], scope: 'dashboard/write' })
}

/** What has to be said of whoever asks, at this moment. */
export interface Needed {
  /** Null: any role. */
  least: Role | null
  /** Of a client. */
  scope: Scope
}

/**
 * May `by` look into, or change, what this user's own object keeps of them? Nobody reaches above who they are now, but to
 * themselves. `auth/insufficient_permissions`; a user whom nobody knows is not above anybody.
 */
export function reachFor(view: WorkspaceView, userId: string, by: Asker, needed: Needed): Result<void> {
  const standing = standingOf(view, by, needed)
  if (!standing.ok) return standing
  const entry = view.user(userId)
  return entry !== null && isBeyond(entry, standing.value, by) ? userIsAbove() : ok(undefined)
}

/** Above whoever asks, and not they themselves: who was raised since their token was given is still their own. */
export const isBeyond = (entry: DirectoryEntry, standing: Role, by: Asker | undefined): boolean =>
  isAbove(roleOf(entry), standing) && by?.userId !== entry.userId

export const userIsAbove = () => refused('The role of this user is above your own.')

function standingOf(view: WorkspaceView, by: Asker, { least, scope }: Needed): Result<Role> {
  const now = askersRole(view, by, scope)
  if (now === null) return refused('Whom this access token was given to may no longer do this.')
  const standing = lowerOf(by.role, now)
  return least === null || isAtLeast(standing, least) ? ok(standing) : refused('Your role does not allow this.')
}

function askersRole(view: WorkspaceView, asker: Asker, scope: Scope): Role | null {
  const { role, userId, clientId, sessionId } = asker
  if (clientId !== undefined) {
    const client = view.access('client', clientId)
    return client?.scopes.includes(scope) ? client.role : null
  }
  if (userId === undefined) return sessionId === undefined ? role : null
  return roleNow(view.user(userId), asker)
}

const refused = (detail: string) => fail(failure('auth/insufficient_permissions', detail))
