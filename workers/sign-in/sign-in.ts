// From a right code to a session: whoever comes for the first time where anyone may becomes a user, whoever is known is
// signed in as the user they are. The session is a commit of the user's own log before anybody holds its token.

import { failure } from '../../domain/failures.ts'
import type { Role } from '../../domain/identity.ts'
import type { UserProfile } from '../../domain/player/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { SessionFacts } from '../../domain/sessions/types.ts'
import { type Admission, admit } from '../../domain/sign-in/admission.ts'
import { emailHashOf } from '../../domain/sign-in/email-hash.ts'
import type { PlayerRef } from '../../durable-objects/player/rpc.ts'
import type { SignInPurpose } from '../../durable-objects/sign-in/rpc.ts'
import type { WorkspaceEdge } from '../../durable-objects/workspace/rpc.ts'
import type { TokenSigner } from '../edge/auth/token-signer.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall } from '../edge/route.ts'
import { newProfile } from '../new-profile.ts'
import { onlyReply } from '../only-reply.ts'
import type { Services } from '../services.ts'
import { bearUser } from '../user-commands.ts'
import { makeUser } from './make-user.ts'
import { type SessionAnswer, sessionTokens } from './session-tokens.ts'

export interface Admitted {
  workspace: WorkspaceEdge
  email: string
  purpose: SignInPurpose
  admission: Admission
  /** That has proved itself, and keeps its limits. */
  device: string | undefined
}

const gone = failure('resource/not_found', 'There is no such user.')

/** `resource/not_found` where the user is gone meanwhile; `record/unavailable` where nothing can be recorded now. */
export async function signIn(edge: Edge, signer: TokenSigner, call: OpenCall, admitted: Admitted): Promise<Result<SessionAnswer>> {
  const { ruleSet } = admitted.workspace
  const person = await personOf(edge, call, admitted)
  if (!person.ok) return person
  const { profile, role } = person.value
  const ref: PlayerRef = { workspaceId: profile.workspaceId, userId: profile.userId }
  const sessionId = edge.services.newId()
  const refreshToken = edge.refreshTokens.first({ ...ref, sessionId })
  const request = call.request({ kind: 'session.create' as const, sessionId, tokenHash: refreshToken.hash, ...admitted.purpose })
  const trail = { ...request.trail, subject: profile.principal.sub, platform: admitted.purpose.platform, userId: profile.userId }
  const reply = onlyReply(await edge.services.player(ref).execute(ref, ruleSet.number, [{ ...request, trail }]))
  if (!reply.ok) return reply
  call.note(reply)
  const session = reply.answer.body as SessionFacts
  const { device } = admitted
  return ok(await sessionTokens({ ...edge, signer }, { profile, role, session, refreshToken, device, nowMs: call.nowMs }))
}

type Person = { profile: UserProfile; role: Role }

async function personOf({ services }: Edge, call: OpenCall, { workspace, email, purpose, admission }: Admitted): Promise<Result<Person>> {
  const { ruleSet, access } = workspace
  const { workspaceId, accountId } = ruleSet
  const known = async (userId: string, role: Role): Promise<Result<Person>> => {
    const profile = await bornProfile(services, { workspaceId, userId }, ruleSet.number, call.requestId)
    return profile.ok ? ok({ profile: profile.value, role }) : profile
  }
  if (admission.kind === 'user') return known(admission.userId, admission.role)
  if (admission.kind === 'nobody') return fail(gone)
  const ids = { userId: services.newId(), principalId: services.newId() }
  const made = await makeUser(services, call, {
    profile: newProfile({ ...ids, accountId, workspaceId, email }, call.nowMs),
    ruleSet: ruleSet.number,
  })
  if (made.ok) return ok({ profile: made.value, role: 'member' })
  if (made.error.code !== 'resource/already_exists') return made
  // Somebody else made a user with this address meanwhile.
  const entry = await services.workspace(workspaceId).userByEmail(workspaceId, emailHashOf(email))
  if (!entry.ok) return entry
  const again = admit(entry.value, purpose.context, access.provisioning)
  return again.kind === 'user' ? known(again.userId, again.role) : fail(gone)
}

/** The profile; where the request that made the user died, the user is born here. */
export async function bornProfile(services: Services, ref: PlayerRef, ruleSet: number, requestId: string): Promise<Result<UserProfile>> {
  const profile = await services.player(ref).profile(ref)
  if (profile.ok || profile.error.code !== 'resource/not_found') return profile
  const born = await bearUser(services, ref, ruleSet, requestId)
  return born.ok ? services.player(ref).profile(ref) : born
}
