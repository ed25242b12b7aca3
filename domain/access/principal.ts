// What a limiter and a throttle call a caller. A person is the user they are, wherever they come from; a machine is its
// client; whoever has neither a user nor is a machine (an admin of the dashboard) is their subject.

import type { Caller } from '../identity.ts'

export const userPrincipal = (userId: string): string => `user:${userId}`
export const clientPrincipal = (subject: string): string => `client:${subject}`

/** Every principal that a call counts for: a machine that acts for a user counts for both. The caller itself first. */
export function principalsOf({ platform, subject, userId }: Caller): string[] {
  if (platform !== 'm2m') return [userId === undefined ? clientPrincipal(subject) : userPrincipal(userId)]
  return userId === undefined ? [clientPrincipal(subject)] : [clientPrincipal(subject), userPrincipal(userId)]
}
