// PUT /workspaces/{workspaceId}/users/{userId}: makes a user with this very id if there is none. The workspace's object
// claims the id, then the user's own object is told at once; should this request die in between, the workspace's outbox
// tells it the same under the same event id. Idempotent; a deleted user's id stays used.

import type { Hono } from 'hono'
import { z } from 'zod'
import { type Failure, failure } from '../../domain/failures.ts'
import type { PlayerCommand, UserProfile } from '../../domain/player/types.ts'
import { userCreate } from '../../domain/resources/user.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { CommandReply } from '../../durable-objects/log/rpc.ts'
import type { PlayerRef } from '../../durable-objects/player/rpc.ts'
import { tenantId, userIdSchema } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall, Reply } from '../edge/route.ts'

const params = z.object({ workspaceId: tenantId, userId: userIdSchema })

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
      body: userCreate,
    },
    async (call) => {
      const ref = call.params
      const workspace = await services.workspace(ref.workspaceId).document(ref.workspaceId)
      if (!workspace.ok) return workspace
      const known = await services.player(ref).inspect(ref)
      if (known.ok && known.value.deleted) return fail(failure('resource/conflict', 'This user was deleted; the id stays used.'))
      if (known.ok && known.value.profile) return ok({ status: 200, body: known.value.profile })
      if (!known.ok && known.error.code !== 'resource/not_found') return known
      return create(call, ref, profileOf(ref, workspace.value.accountId, call.body, call.nowMs, services.newId))
    },
  )

  async function create(call: OpenCall, ref: PlayerRef, profile: UserProfile): Promise<Result<Reply>> {
    const request = call.request({ kind: 'user.create' as const, profile })
    const claim = only(await services.workspace(ref.workspaceId).execute(ref.workspaceId, [request]))
    if (!claim.ok && claim.error.code === 'resource/already_exists' && !claim.error.errors) {
      // Claimed by a request that died: the outbox tells the user's object.
      await services.workspace(ref.workspaceId).settle(ref.workspaceId)
      return fail(beingMade)
    }
    if (!claim.ok) return call.answer(claim)
    const ruleSet = await services.ruleSet(ref.workspaceId)
    if (!ruleSet.ok) return ruleSet
    const command: PlayerCommand = { kind: 'user.create', profile: claim.answer.body as UserProfile }
    const event = { eventId: `workspace:${claim.at.incarnation}:${claim.at.sequence}` }
    const born = only(await services.player(ref).execute(ref, ruleSet.value.number, [call.request(command, event)]))
    call.note(born)
    return born.ok ? call.answer(claim) : call.answer(born)
  }
}

const beingMade: Failure = failure('record/unavailable', 'This user is being made.', { retryAfterSeconds: 1 })

function only(replies: CommandReply[]): CommandReply {
  const [reply] = replies
  if (!reply) throw new Error('an object answered no reply for one command')
  return reply
}

function profileOf(ref: PlayerRef, accountId: string, body: z.infer<typeof userCreate>, nowMs: number, newId: () => string): UserProfile {
  const { email, firstName, lastName, ...profile } = body
  const principalId = newId()
  return {
    ...profile,
    userId: ref.userId,
    workspaceId: ref.workspaceId,
    accountId,
    principalId,
    // A token for this user names it as its subject.
    principal: { sub: ref.userId, email, ...(firstName !== undefined && { firstName }), ...(lastName !== undefined && { lastName }) },
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  }
}
