// POST /oauth2/revoke (RFC 7009): ends the session of a refresh token. Answers 200 for a token that nobody knows, as the
// RFC wants it (section 2.2): it is as good as revoked. An access token is not revoked by itself (section 2.1 lets a server
// choose): it is good until it expires, an hour at most.

import type { Hono } from 'hono'
import { z } from 'zod'
import { ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { neverStored, refusal, refuse } from '../oauth/refusal.ts'
import { onlyReply } from '../only-reply.ts'

/** Optional here, so that its absence is told as RFC 6749 section 5.2 has it. */
const revocationForm = z.object({ token: z.string().optional(), token_type_hint: z.string().optional() })

export function revocationRoutes(edge: Edge, app: Hono): void {
  const { services, refreshTokens } = edge
  const revoke = { method: 'POST', path: '/revoke', operationId: 'oauth2/revoke', accepts: 'form', body: revocationForm } as const
  const done = ok({ status: 200, headers: neverStored })

  edge.open(app, { api: 'oauth2', ...revoke, cors: 'workspace', limitedBy: 'token' }, async (call) => {
    if (call.body.token === undefined) return refuse(call, refusal('invalid_request', 'The parameter token is missing.').error)
    const token = refreshTokens.open(call.body.token)
    if (!token) return done
    const { workspaceId, userId, sessionId } = token
    const workspace = await services.workspaceEdge(workspaceId)
    if (!workspace.ok) return workspace.error.code === 'resource/not_found' ? done : workspace
    const admitted = call.admitOrigin(workspace.value.access)
    if (!admitted.ok) return admitted
    const ref = { workspaceId, userId }
    const request = call.request({ kind: 'session.revoke' as const, sessionId })
    const trail = { ...request.trail, userId }
    const reply = onlyReply(await services.player(ref).execute(ref, workspace.value.ruleSet.number, [{ ...request, trail }]))
    if (!reply.ok) return reply.error.code === 'resource/not_found' ? done : reply
    call.note(reply)
    return done
  })
}
