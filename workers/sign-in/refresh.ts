// The refresh grant of POST /oauth2/token (RFC 6749 section 6): a refresh token for an access token and the next refresh
// token. Whether the person may still come is asked anew each time: of the directory for the role, of the user's own
// object for the session. Every reason to refuse is the same to whoever asks.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { RefreshOutcome } from '../../domain/sessions/types.ts'
import { roleOf } from '../../domain/sign-in/admission.ts'
import { mayUseDashboard } from '../../domain/sign-in/standing.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall } from '../edge/route.ts'
import { onlyReply } from '../only-reply.ts'
import { type SessionAnswer, sessionTokens } from './session-tokens.ts'
import { bornProfile } from './sign-in.ts'

const refused = () => fail(failure('auth/invalid_token', 'The refresh token is not valid. Sign in again.'))

/**
 * `form.refresh_token` is what was shown. `auth/invalid_token` for every token that is good for nothing, among them one that
 * was exchanged before, which ends its session; `auth/origin_not_allowed`; `record/unavailable`.
 */
export async function refreshGrant(
  edge: Edge,
  call: OpenCall,
  form: { refresh_token?: string | undefined },
): Promise<Result<SessionAnswer>> {
  const { services, identities, refreshTokens } = edge
  const shown = refreshTokens.open(form.refresh_token ?? '')
  if (!shown || !identities.signer) return refused()
  const { workspaceId, userId, sessionId } = shown
  const workspace = await services.workspaceEdge(workspaceId)
  if (!workspace.ok) return unlessMissing(workspace.error)
  const admitted = call.admitOrigin(workspace.value.access)
  if (!admitted.ok) return admitted
  const ref = { workspaceId, userId }
  const { number } = workspace.value.ruleSet
  const entry = await services.workspace(workspaceId).directoryEntry(workspaceId, userId)
  if (!entry.ok) return unlessMissing(entry.error)
  if (entry.value.deleted) return refused()
  const role = roleOf(entry.value)
  const profile = await bornProfile(services, ref, number, call.requestId)
  if (!profile.ok) return unlessMissing(profile.error)

  const sessions = await services.player(ref).sessions(ref)
  if (!sessions.ok) return unlessMissing(sessions.error)
  const session = sessions.value.find((one) => one.sessionId === sessionId)
  // Before the exchange: a refusal takes nothing from a session that a later role may use again.
  if (!session || (session.context === 'dashboard' && !mayUseDashboard(role))) return refused()

  const next = refreshTokens.next(shown)
  const request = call.request({ kind: 'session.refresh' as const, sessionId, tokenHash: shown.hash, nextHash: next.hash })
  const trail = { ...request.trail, subject: profile.value.principal.sub, platform: session.platform, userId }
  const reply = onlyReply(await services.player(ref).execute(ref, number, [{ ...request, trail }]))
  if (!reply.ok) return unlessMissing(reply.error)
  call.note(reply)
  const outcome = reply.answer.body as RefreshOutcome
  if (outcome.outcome === 'reused') return refused()
  return ok(
    await sessionTokens(
      { ...edge, signer: identities.signer },
      {
        profile: profile.value,
        role,
        session: outcome.session,
        refreshToken: next,
        nowMs: call.nowMs,
      },
    ),
  )
}

const unlessMissing = (error: ReturnType<typeof failure>) => (error.code === 'resource/not_found' ? refused() : fail(error))
