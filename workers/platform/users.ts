// PUT /workspaces/{workspaceId}/users/{userId}: makes a user with this very id if there is none. The workspace's object
// claims the id, then the user's own object is told at once; should this request die in between, the next one or the
// workspace's outbox tells it the same under the same event id. Idempotent; a deleted user's id stays used. Where a role is
// given the user has it afterwards, which is how a workspace gets its first owner.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { type Role, roles } from '../../domain/identity.ts'
import type { PlayerCommand, UserProfile } from '../../domain/player/types.ts'
import { chosenUserId, userCreate } from '../../domain/resources/user.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { userCommandEventId } from '../../domain/workspace/user-command.ts'
import type { PlayerRef } from '../../durable-objects/player/rpc.ts'
import { tenantId } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall, Reply } from '../edge/route.ts'
import { newProfile } from '../new-profile.ts'
import { onlyReply } from '../only-reply.ts'
import { bearUser, carryOut } from '../user-commands.ts'

const params = z.object({ workspaceId: tenantId, userId: chosenUserId })

export function userRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  edge.open(
    app,
    {
      api: 'platform',
      method: 'PUT',
      path: '/workspaces/:workspaceId/users/:userId',
      operationId: 'platform/putUser',
      params,
      body: userCreate.extend({ role: z.enum(roles).optional() }),
    },
    async (call) => {
      const ref = call.params
      const { role, ...user } = call.body
      const workspace = await services.workspace(ref.workspaceId).document(ref.workspaceId)
      if (!workspace.ok) return workspace
      const known = await services.player(ref).inspect(ref)
      if (known.ok && known.value.deleted) return fail(failure('resource/conflict', 'This user was deleted; the id stays used.'))
      if (known.ok && known.value.profile) return withRole(call, ref, role, known.value.profile)
      if (!known.ok && known.error.code !== 'resource/not_found') return known
      return create(
        call,
        ref,
        role,
        newProfile({ ...user, ...ref, accountId: workspace.value.accountId, principalId: services.newId() }, call.nowMs, ref.userId),
      )
    },
  )

  async function create(call: OpenCall, ref: PlayerRef, role: Role | undefined, profile: UserProfile): Promise<Result<Reply>> {
    const claiming = call.request({ kind: 'user.create' as const, profile, ...(role && { role }) })
    const claim = onlyReply(await services.workspace(ref.workspaceId).execute(ref.workspaceId, [claiming]))
    const ruleSet = await services.ruleSet(ref.workspaceId)
    if (!ruleSet.ok) return ruleSet
    if (!claim.ok && claim.error.code === 'resource/already_exists' && !claim.error.errors) {
      // Claimed by a request that died before the user's own object heard of it.
      const born = await bearUser(services, ref, ruleSet.value.number, call.requestId)
      if (!born.ok) return born
      const profile = await services.player(ref).profile(ref)
      return profile.ok ? withRole(call, ref, role, profile.value) : profile
    }
    if (!claim.ok) return call.answer(claim)
    const command: PlayerCommand = { kind: 'user.create', profile: claim.answer.body as UserProfile }
    const request = call.request(command, { eventId: userCommandEventId(claim.at) })
    const born = await carryOut(services, ref, ruleSet.value.number, { sequence: claim.at.sequence, request })
    call.note(born)
    return born.ok ? call.answer(claim) : call.answer(born)
  }

  /** Who is there already is left as they are, but for a role that is given. */
  async function withRole(call: OpenCall, ref: PlayerRef, role: Role | undefined, profile: UserProfile): Promise<Result<Reply>> {
    if (role !== undefined) {
      const changing = call.request({ kind: 'user.role' as const, userId: ref.userId, role })
      const changed = onlyReply(await services.workspace(ref.workspaceId).execute(ref.workspaceId, [changing]))
      if (!changed.ok) return changed
      call.note(changed)
    }
    return ok({ status: 200, body: profile })
  }
}
