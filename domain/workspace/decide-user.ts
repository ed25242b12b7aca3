// The directory: which user ids and external ids of a workspace are taken. Claimed here, because one writer can promise
// uniqueness and two regions cannot; the user's own object then carries the command out, as often as it is sent.
// A deleted user's id stays taken for ever (its log exists), its external id is free again. Roles are kept here too, since
// the last owner can only be known where all are.

import { failure } from '../failures.ts'
import type { Asker, Role } from '../identity.ts'
import { fail, ok } from '../result.ts'
import { roleOf } from '../sign-in/admission.ts'
import { emailHashOf } from '../sign-in/email-hash.ts'
import { isAbove, isAtLeast } from '../sign-in/standing.ts'
import { isBeyond, userIsAbove } from './asker.ts'
import type { Command, WorkspaceDecision } from './decision.ts'
import type { DirectoryEntry, WorkspaceView } from './types.ts'

export function createUser(
  view: WorkspaceView,
  { profile, role, ifEmailIsNew }: Command<'user.create'>,
  standing: Role,
): WorkspaceDecision {
  if (role !== undefined && !(isAtLeast(standing, 'admin') && isAtLeast(standing, role))) return notGiven()
  const { userId, externalId } = profile
  const emailHash = emailHashOf(profile.principal.email)
  if (view.user(userId) !== null) return fail(failure('resource/already_exists', 'There is a user with this id already.'))
  if (isTaken(view, externalId, userId)) return taken('externalId', 'Another user has this external id.')
  if (ifEmailIsNew && view.userByEmail(emailHash) !== null) return taken('email', 'Another user has this address.')
  const entry: DirectoryEntry = { userId, ...(externalId !== undefined && { externalId }), emailHash, ...kept(role) }
  return ok({
    effects: { directory: [entry], player: { userId, command: { kind: 'user.create', profile } } },
    answer: { status: 201, body: profile },
  })
}

export function updateUser(view: WorkspaceView, { userId, patch, by }: Command<'user.update'>, standing: Role): WorkspaceDecision {
  const entry = live(view, userId)
  if (entry === null) return noSuchUser()
  if (isBeyond(entry, standing, by)) return userIsAbove()
  if (isTaken(view, patch.externalId, userId)) return taken('externalId', 'Another user has this external id.')
  const moved = patch.externalId !== undefined && patch.externalId !== entry.externalId
  return ok({
    effects: {
      ...(moved && { directory: [{ ...entry, externalId: patch.externalId }] }),
      player: { userId, command: { kind: 'user.update', patch } },
    },
    answer: { status: 200, body: { userId } },
  })
}

export function deleteUser(view: WorkspaceView, { userId, by }: Command<'user.delete'>, standing: Role): WorkspaceDecision {
  const entry = live(view, userId)
  if (entry === null) return noSuchUser()
  if (isAbove(roleOf(entry), standing)) return userIsAbove()
  if (isLastOwner(view, entry)) return lastOwner()
  if (leavesNobody(view, entry, by)) return lastAdmin()
  return ok({
    effects: { directory: [{ userId, deleted: true }], player: { userId, command: { kind: 'user.delete' } } },
    answer: { status: 200, body: { userId } },
  })
}

export function changeRole(view: WorkspaceView, { userId, role, by }: Command<'user.role'>, standing: Role): WorkspaceDecision {
  const entry = live(view, userId)
  if (entry === null) return noSuchUser()
  // Nobody may take from whom they could not give.
  if (isAbove(role, standing) || isAbove(roleOf(entry), standing)) return notGiven()
  if (role !== 'owner' && isLastOwner(view, entry)) return lastOwner()
  if (!isAtLeast(role, 'admin') && leavesNobody(view, entry, by)) return lastAdmin()
  const isSame = roleOf(entry) === role
  // Written down also where it is the lowest: a token that says more is held to it.
  return ok({ effects: isSame ? {} : { directory: [{ ...entry, role }] }, answer: { status: 200, body: { userId, role } } })
}

const kept = (role: Role | undefined) => (role === undefined || role === 'member' ? {} : { role })

const isLastOwner = (view: WorkspaceView, entry: DirectoryEntry): boolean => entry.role === 'owner' && view.countRole('owner') === 1

/** Whoever asks about somebody else is an admin who stays; who asks about themselves may be the last. */
const leavesNobody = (view: WorkspaceView, entry: DirectoryEntry, by: Asker | undefined): boolean =>
  by?.userId === entry.userId && isAtLeast(roleOf(entry), 'admin') && view.countRole('owner') + view.countRole('admin') === 1

const lastOwner = () => fail(failure('resource/conflict', 'The last owner of a workspace stays one. Make another first.'))

const lastAdmin = () => fail(failure('resource/conflict', 'The last admin of a workspace stays one. Make another first.'))

function live(view: WorkspaceView, userId: string): DirectoryEntry | null {
  const entry = view.user(userId)
  return entry === null || entry.deleted ? null : entry
}

function isTaken(view: WorkspaceView, externalId: string | undefined, by: string): boolean {
  const holder = externalId === undefined ? null : view.userByExternalId(externalId)
  return holder !== null && !holder.deleted && holder.userId !== by
}

const notGiven = () => fail(failure('auth/insufficient_permissions', 'Only a role up to your own can be given or taken.'))

const noSuchUser = () => fail(failure('resource/not_found', 'There is no such user.'))

const taken = (member: 'externalId' | 'email', detail: string) =>
  fail(failure('resource/already_exists', detail, { errors: [{ pointer: `/${member}`, detail }] }))
