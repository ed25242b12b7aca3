// Who may have a media: anyone, where it is public; otherwise whoever has a token of its workspace, and whose policies and
// limits let them read, or a signed URL of somebody who still may. A token of another workspace finds nothing here, as if there were no such media.
//
// Pages of other origins may read what the workspace's list lets them. Showing is not reading: a public image is shown in any
// page, and so is one with a signed URL, which is a key in itself.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { allowedNow, exceeded } from '../edge/admission.ts'
import { identify } from '../edge/auth/caller.ts'
import type { Identified } from '../edge/auth/identified.ts'
import { foreignOrigin } from '../edge/cors.ts'
import { throttledLine } from '../edge/guards.ts'
import { limitDemands } from '../edge/limits/demands.ts'
import type { EdgeParts } from '../edge/parts.ts'
import type { OpenCall } from '../edge/route.ts'
import type { MediaRef } from './links.ts'
import type { DeliveredMedia } from './media-memory.ts'

/** What let the caller in. */
export type Entrance = 'public' | 'token' | 'link'

export const absent = failure('resource/not_found', 'There is no such media here.')

type Parts = Pick<EdgeParts, 'services' | 'verifier' | 'policies' | 'standings' | 'makers' | 'limits' | 'mediaLinks' | 'log'>
type MediaCall = OpenCall<unknown, { expires?: string; signature?: string }>

export async function admit(parts: Parts, call: MediaCall, ref: MediaRef, media: DeliveredMedia): Promise<Result<Entrance>> {
  if (media.visibility === 'public') return named(parts, call, ref, 'public')
  if (call.headers.get('authorization') !== null) return admitToken(parts, call, ref)
  const { expires, signature } = call.query
  if (expires === undefined && signature === undefined) return fail(tokenOrLink)
  const made = parts.mediaLinks.check(ref, { expires: expires ?? '', signature: signature ?? '' }, call.nowMs)
  if (!made.ok) return made
  const mayStill = await parts.makers.mayStill(ref.workspaceId, made.value, reading)
  return mayStill.ok ? named(parts, call, ref, 'link') : mayStill
}

/** What policies are asked, for whoever comes with a token and for whoever made a link. */
const reading = { action: 'read', operation: 'media/deliver', kind: 'media' } as const

const tokenOrLink = failure('auth/missing_token', 'This media is private: send an access token, or use a signed URL.')

/** Which workspace it is about is only told where it is known to exist and a page may have to be held to its list. */
async function named({ services }: Parts, call: MediaCall, { workspaceId }: MediaRef, entrance: Entrance): Promise<Result<Entrance>> {
  if (foreignOrigin(call.headers, call.ownOrigin) === undefined) return ok(entrance)
  const workspace = await services.workspaceEdge(workspaceId)
  if (!workspace.ok) return workspace
  // Refusing would help nobody: the page may show it, and without the field it cannot read it.
  call.admitOrigin(workspace.value.access)
  return ok(entrance)
}

/** As `permitTenant` does it, for a route that only some of what it serves needs a token for. */
async function admitToken(parts: Parts, call: MediaCall, ref: MediaRef): Promise<Result<Entrance>> {
  const identified = await identify(call.headers, 'any', parts)
  if (!identified.ok) return identified
  const { caller, access } = identified.value
  if (caller.workspaceId !== ref.workspaceId) return fail(absent)
  call.identifiedAs(identified.value)
  const ofThePage = call.admitOrigin(access)
  if (!ofThePage.ok) return ofThePage
  const outcome = await parts.limits.take(limitDemands(caller, access))
  call.counted(outcome)
  if (outcome.throttled?.started) parts.log(throttledLine(parts.services.now(), access.workspaceId, outcome.throttled))
  if (!outcome.allowed) return fail(exceeded(outcome))
  const allowed = await allowedNow(parts, identified.value, { api: caller.context, ...reading })
  return allowed.ok ? namedUserExists(parts, identified.value) : allowed
}

/** A machine may name a user that nobody else will be asked for. */
async function namedUserExists({ services }: Parts, { caller }: Identified): Promise<Result<Entrance>> {
  const { workspaceId, userId, platform } = caller
  if (platform !== 'm2m' || userId === undefined) return ok('token')
  const profile = await services.player({ workspaceId, userId }).profile({ workspaceId, userId })
  return profile.ok ? ok('token') : profile
}
