// GET and PATCH /users/me, GET /users/me/principal. The user's own object holds the profile; the person behind it
// (name, e-mail) is shown to that person only.

import type { Hono } from 'hono'
import { z } from 'zod'
import type { PlayerCommand, UserProfile } from '../../domain/player/types.ts'
import { nicknameFailure, ownPatch } from '../../domain/resources/user.ts'
import { fail, ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { fieldsQuery } from '../edge/validate.ts'
import { onlyReply } from '../only-reply.ts'
import { reachAsMachine } from '../reach.ts'

/** The contract's other fields (tags, stats, learningGroupLogs) are optional in its answer and belong to what is not there yet. */
const fields = fieldsQuery(['tags', 'principal', 'stats', 'learningGroupLogs'])

export function usersMeRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const common = { api: 'app', path: '/users/me', needsUser: true } as const

  edge.route(app, { ...common, action: 'read', method: 'GET', operationId: 'users/getMe', query: z.object({ fields }) }, async (call) => {
    const ref = call.user()
    const profile = await services.player(ref).profile(ref)
    if (!profile.ok) return profile
    const { accountId, workspaceId } = profile.value
    const principal = call.query.fields.includes('principal') ? { principal: showPrincipal(profile.value) } : {}
    return ok({ status: 200, body: { ...showProfile(profile.value), accountId, workspaceId, ...principal } })
  })

  edge.route(app, { ...common, action: 'write', method: 'PATCH', operationId: 'users/updateMe', body: ownPatch }, async (call) => {
    const refusal = nicknameFailure(call.body.nickname, call.caller.platform)
    if (refusal) return fail(refusal)
    const reached = await reachAsMachine(services, call, 'app/write')
    if (!reached.ok) return reached
    const ref = call.user()
    const command: PlayerCommand = { kind: 'user.update', patch: call.body }
    const reply = onlyReply(await services.player(ref).execute(ref, call.ruleSet.number, [call.request(command)]))
    // As this request left the profile, and not as it is now: a repeat is answered as the first was.
    return reply.ok ? call.answer(reply, showProfile(reply.answer.body as UserProfile)) : call.answer(reply)
  })

  edge.route(
    app,
    { ...common, action: 'read', method: 'GET', path: '/users/me/principal', operationId: 'users/me/principal/get' },
    async (call) => {
      const ref = call.user()
      const profile = await services.player(ref).profile(ref)
      return profile.ok ? ok({ status: 200, body: showPrincipal(profile.value) }) : profile
    },
  )
}

const showProfile = (profile: UserProfile): Record<string, unknown> => ({
  userId: profile.userId,
  principalId: profile.principalId,
  externalId: profile.externalId,
  nickname: profile.nickname,
  profileImage: profile.profileImage,
  lang: profile.lang,
  timezone: profile.timezone,
  createdAt: new Date(profile.createdAtMs).toISOString(),
  updatedAt: new Date(profile.updatedAtMs).toISOString(),
})

const showPrincipal = ({ principalId, principal }: UserProfile): Record<string, unknown> => ({ principalId, ...principal })
