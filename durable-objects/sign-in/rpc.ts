// The SignIn object: one per workspace and e-mail address, the keeper of the code that is on its way there. Reached by
// idFromName(signInName(workspaceId, emailHash)).
//
// It is no record: an object that lost its storage has forgotten a code, and how many there were. The person asks for
// another; whoever guesses has the limits of one more day.

import type { Context } from '../../domain/identity.ts'

/** What a code was asked for, and so what it is good for. */
export interface SignInPurpose {
  context: Context
  platform: 'web' | 'mobile'
}

export const signInName = (workspaceId: string, emailHash: string): string => `${workspaceId}:${emailHash}`

export interface SignInRpc {
  /** A new code in place of the one before, to be mailed and forgotten by the caller; null while there were too many. */
  issue(purpose: SignInPurpose): Promise<string | null>
  /** What the code is good for, once; null for every other reason. The same attempt may ask again: its answer may be lost. */
  redeem(code: string, attemptId: string): Promise<SignInPurpose | null>
}
