// The SignIn object: one per workspace and mailbox, the keeper of the codes that are on their way there. Reached by
// idFromName(signInName(workspaceId, mailboxHash)). All addresses of a mailbox (domain/sign-in/mailbox.ts) share its limits,
// since one person reads what is mailed to them; each has codes of its own.
//
// It is no record: an object that lost its storage has forgotten the codes, and how many there were. The person asks for
// another; whoever guesses has the limits of one more day.

import type { Context } from '../../domain/identity.ts'

/** What a code was asked for, and so what it is good for. */
export interface SignInPurpose {
  context: Context
  platform: 'web' | 'mobile'
}

/** Who asks for a code, or brings one. */
export interface CodeAsker {
  /** Of the address as it is (domain/sign-in/email-hash.ts). */
  emailHash: string
  /** A device that has proved that somebody signed in there with this address (workers/sign-in/device-proof.ts). */
  device?: string
}

/** `mailboxHash`: the email-hash of `mailboxOf` the address. */
export const signInName = (workspaceId: string, mailboxHash: string): string => `${workspaceId}:${mailboxHash}`

export interface SignInRpc {
  /** A new code in place of the one before, to be mailed and forgotten by the caller; null while there were too many. */
  issue(by: CodeAsker, purpose: SignInPurpose): Promise<string | null>
  /** What the code is good for, once; null for every other reason. The same attempt may ask again: its answer may be lost. */
  redeem(by: CodeAsker, code: string, attemptId: string): Promise<SignInPurpose | null>
}
