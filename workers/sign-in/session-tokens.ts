// A pair of tokens for a person: the access token says who they are for an hour, the refresh token gets the next one.
// Whatever the access token says is read anew each time: a role that was taken away is gone after an hour at the latest.

import type { Role } from '../../domain/identity.ts'
import type { UserProfile } from '../../domain/player/types.ts'
import type { SessionFacts } from '../../domain/sessions/types.ts'
import { emailHashOf } from '../../domain/sign-in/email-hash.ts'
import type { TokenSigner } from '../edge/auth/token-signer.ts'
import type { TokenAnswer } from '../oauth/token-answer.ts'
import { type DeviceProofs, deviceProofSeconds } from './device-proof.ts'
import type { RefreshToken } from './refresh-token.ts'

export interface SessionAnswer extends TokenAnswer {
  refresh_token: string
  /** Seconds from now, unless it is used before: each use gives another thirty days. */
  refresh_expires_in: number
  /** To be sent with the next requests for a code from this device (device-proof.ts). */
  device_token: string
  device_expires_in: number
}

export interface SessionGiven {
  profile: UserProfile
  role: Role
  session: SessionFacts
  refreshToken: RefreshToken
  /** Of the proof that was shown; else the session names the device from here on. */
  device?: string | undefined
  nowMs: number
}

interface Signing {
  signer: TokenSigner
  deviceProofs: DeviceProofs
}

const accessSeconds = 3600

export async function sessionTokens(
  { signer, deviceProofs }: Signing,
  { profile, role, session, refreshToken, device = session.sessionId, nowMs }: SessionGiven,
): Promise<SessionAnswer> {
  const { userId, workspaceId, accountId, lang, timezone, principal } = profile
  const access = await signer.sign({
    sub: principal.sub,
    userId,
    workspaceId,
    accountId,
    context: session.context,
    platform: session.platform,
    role,
    ...(lang !== undefined && { lang }),
    ...(timezone !== undefined && { timezone }),
    sid: session.sessionId,
    ttlSeconds: accessSeconds,
  })
  return {
    access_token: access,
    token_type: 'Bearer',
    expires_in: accessSeconds,
    refresh_token: refreshToken.text,
    refresh_expires_in: Math.max(0, Math.floor((session.expiresAtMs - nowMs) / 1000)),
    device_token: deviceProofs.give({ workspaceId, emailHash: emailHashOf(principal.email) }, device, nowMs),
    device_expires_in: deviceProofSeconds,
  }
}
