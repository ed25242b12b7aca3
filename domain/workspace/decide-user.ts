// The directory: which user ids and external ids of a workspace are taken. Claimed here, because one writer can promise
// uniqueness and two regions cannot; the user's own object then carries the command out, as often as it is sent.
// A deleted user's id stays taken for ever (its log exists), its external id is free again.

import { failure } from '../failures.ts'
import type { UserProfile } from '../player/types.ts'
import { fail, ok } from '../result.ts'
import type { Command, WorkspaceDecision } from './decision.ts'
import type { DirectoryEntry, WorkspaceView } from './types.ts'

export function createUser(view: WorkspaceView, profile: UserProfile): WorkspaceDecision {
  const { userId, externalId } = profile
  if (view.user(userId) !== null) return fail(failure('resource/already_exists', 'There is a user with this id already.'))
  if (isTaken(view, externalId, userId)) return externalIdTaken()
  const entry: DirectoryEntry = { userId, ...(externalId !== undefined && { externalId }) }
  return ok({
    effects: { directory: [entry], player: { userId, command: { kind: 'user.create', profile } } },
    answer: { status: 201, body: profile },
  })
}

export function updateUser(view: WorkspaceView, { userId, patch }: Command<'user.update'>): WorkspaceDecision {
  const entry = live(view, userId)
  if (entry === null) return noSuchUser()
  if (isTaken(view, patch.externalId, userId)) return externalIdTaken()
  const moved = patch.externalId !== undefined && patch.externalId !== entry.externalId
  return ok({
    effects: {
      ...(moved && { directory: [{ ...entry, externalId: patch.externalId }] }),
      player: { userId, command: { kind: 'user.update', patch } },
    },
    answer: { status: 200, body: { userId } },
  })
}

export function deleteUser(view: WorkspaceView, userId: string): WorkspaceDecision {
  if (live(view, userId) === null) return noSuchUser()
  return ok({
    effects: { directory: [{ userId, deleted: true }], player: { userId, command: { kind: 'user.delete' } } },
    answer: { status: 200, body: { userId } },
  })
}

function live(view: WorkspaceView, userId: string): DirectoryEntry | null {
  const entry = view.user(userId)
  return entry === null || entry.deleted ? null : entry
}

function isTaken(view: WorkspaceView, externalId: string | undefined, by: string): boolean {
  const holder = externalId === undefined ? null : view.userByExternalId(externalId)
  return holder !== null && !holder.deleted && holder.userId !== by
}

const noSuchUser = () => fail(failure('resource/not_found', 'There is no such user.'))

function externalIdTaken() {
  const detail = 'Another user has this external id.'
  return fail(failure('resource/already_exists', detail, { errors: [{ pointer: '/externalId', detail }] }))
}
