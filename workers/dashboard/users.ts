// /dashboard/v1/users. Ids and external ids are claimed in the workspace's object; the user's own object then carries
// the command out under an event id that follows from the claim. Should this request die in between, the next one about
// this user, or the workspace's outbox, brings the same command under the same event id, so it happens once.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import type { PlayerCommand, ProfilePatch, UserProfile } from '../../domain/player/types.ts'
import { nicknameFailure, userCreate, userPatch } from '../../domain/resources/user.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { askerOf } from '../../domain/workspace/asker.ts'
import type { WorkspaceCommand } from '../../domain/workspace/types.ts'
import { userCommandEventId } from '../../domain/workspace/user-command.ts'
import { userIdSchema } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import { indexPage } from '../edge/index-page.ts'
import type { Call, Reply } from '../edge/route.ts'
import { fieldsQuery, pageQuery } from '../edge/validate.ts'
import { newProfile } from '../new-profile.ts'
import { bearUser, carryOut } from '../user-commands.ts'
import { type Confirmed, commandWorkspace, indexNow } from './commit.ts'
import { userFields, userView } from './user-view.ts'

const noSuchUser = () => fail(failure('resource/not_found', 'There is no such user.'))

export function userRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const write = { api: 'dashboard', action: 'write' } as const
  const read = { api: 'dashboard', action: 'read' } as const
  const params = z.object({ userId: z.string() })

  edge.route(app, { ...write, method: 'POST', path: '/users', operationId: 'users/create', body: userCreate }, async (call) => {
    const refusal = nicknameFailure(call.body.nickname, call.caller.platform)
    if (refusal) return fail(refusal)
    const { accountId, workspaceId } = call.caller
    const ids = { userId: services.newId(), principalId: services.newId(), accountId, workspaceId }
    const profile = newProfile({ ...call.body, ...ids }, call.nowMs)
    const claimed = await carriedOut(call, { kind: 'user.create', profile, by: askerOf(call.caller) }, (reply) => {
      // The stored profile: on a repeat it is the first request's, with the first request's ids.
      const stored = reply.answer.body as UserProfile
      return { userId: stored.userId, command: { kind: 'user.create', profile: stored } }
    })
    return claimed.ok ? shownAndIndexed(call, claimed.value, claimed.value.claim.answer.body as UserProfile) : claimed
  })

  const listQuery = pageQuery.extend({ fields: fieldsQuery(['tags', 'principal']) })
  edge.route(app, { ...read, method: 'GET', path: '/users', operationId: 'users/list', query: listQuery }, async (call) => {
    const page = await indexPage(
      call,
      (page) => services.index.listUsers(call.caller.workspaceId, page),
      ({ updatedAtMs, userId }) => ({ updatedAtMs, id: userId }),
    )
    if (!page.ok) return page
    return ok({ status: 200, body: { ...page.value, items: page.value.items.map((profile) => userView(profile, call.query.fields)) } })
  })

  edge.route(
    app,
    {
      ...read,
      method: 'GET',
      path: '/users/by-external-id/:externalId',
      operationId: 'users/getByExternalId',
      params: z.object({ externalId: z.string() }),
      query: z.object({ fields: fieldsQuery(['tags']) }),
    },
    async (call) => {
      const { workspaceId } = call.caller
      const entry = await services.workspace(workspaceId).userByExternalId(workspaceId, call.params.externalId)
      if (!entry.ok) return entry
      const found = await shown(call, entry.value.userId, call.query.fields)
      if (found.ok || found.error.code !== 'resource/not_found') return found
      // Claimed by a request that died before the user's own object heard of it.
      const born = await bearUser(services, { workspaceId, userId: entry.value.userId }, call.ruleSet.number, call.requestId)
      return born.ok ? shown(call, entry.value.userId, call.query.fields) : born
    },
  )

  const one = { path: '/users/:userId', params } as const
  const query = z.object({ fields: fieldsQuery(userFields) })
  edge.route(app, { ...read, ...one, method: 'GET', operationId: 'users/get', query }, (call) =>
    shown(call, call.params.userId, call.query.fields),
  )

  edge.route(app, { ...write, ...one, method: 'PATCH', operationId: 'users/update', body: userPatch }, async (call) => {
    const { userId } = call.params
    if (!userIdSchema.safeParse(userId).success) return noSuchUser()
    const refusal = nicknameFailure(call.body.nickname, call.caller.platform)
    if (refusal) return fail(refusal)
    // Through the workspace also where it has nothing to claim: one object must know the keys of this route.
    const command = { kind: 'user.update', patch: call.body as ProfilePatch } as const
    const changed = await carriedOut(call, { ...command, userId, by: askerOf(call.caller) }, () => ({ userId, command }))
    return changed.ok ? shownAndIndexed(call, changed.value, changed.value.done.answer.body as UserProfile) : changed
  })

  edge.route(app, { ...write, ...one, method: 'DELETE', operationId: 'users/delete' }, async (call) => {
    const { userId } = call.params
    if (!userIdSchema.safeParse(userId).success) return noSuchUser()
    const gone = await carriedOut(call, { kind: 'user.delete', userId, by: askerOf(call.caller) }, () => ({
      userId,
      command: { kind: 'user.delete' },
    }))
    if (!gone.ok) return gone
    const { claim, done } = gone.value
    const { workspaceId } = call.caller
    await indexNow(edge, call, done, (index) => index.putUsers([{ workspaceId, userId, at: done.at, profile: null }]))
    return call.answer(claim, { userId, deleted: true })
  })

  async function shown(call: Call, userId: string, fields: string[]): Promise<Result<Reply>> {
    if (!userIdSchema.safeParse(userId).success) return noSuchUser()
    const ref = { workspaceId: call.caller.workspaceId, userId }
    const profile = await services.player(ref).profile(ref)
    return profile.ok ? ok({ status: 200, body: userView(profile.value, fields) }) : profile
  }

  /** The claim, then the user's own commit. */
  async function carriedOut(
    call: Call,
    command: WorkspaceCommand,
    then: (reply: Confirmed) => { userId: string; command: PlayerCommand },
  ): Promise<Result<{ claim: Confirmed; done: Confirmed }>> {
    const claim = await commandWorkspace(edge, call, command)
    if (!claim.ok) return refusedBy(call, claim)
    const { userId, command: forPlayer } = then(claim)
    const ref = { workspaceId: call.caller.workspaceId, userId }
    // The key is the claim's. Under it here as well, a key that this user's log knows otherwise would refuse what is decided.
    const request = call.request(forPlayer, { eventId: userCommandEventId(claim.at), carriesOut: true })
    const done = await carryOut(services, ref, call.ruleSet.number, { sequence: claim.at.sequence, request })
    call.note(done)
    return done.ok ? ok({ claim, done }) : refusedBy(call, done)
  }

  /** The profile as this command left it, and not as it is now: a repeat is answered as the first was. */
  async function shownAndIndexed(
    call: Call,
    { claim, done }: { claim: Confirmed; done: Confirmed },
    profile: UserProfile,
  ): Promise<Result<Reply>> {
    const { workspaceId } = call.caller
    await indexNow(edge, call, done, (index) => index.putUsers([{ workspaceId, userId: profile.userId, at: done.at, profile }]))
    return call.answer(claim, userView(profile))
  }
}

function refusedBy(call: Call, reply: { ok: false } & Parameters<Call['answer']>[0]): Result<never> {
  const refused = call.answer(reply)
  if (refused.ok) throw new Error('a refusal was answered as a success')
  return refused
}
