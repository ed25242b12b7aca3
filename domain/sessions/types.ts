// A person's sign-in on one device: what the user's own log keeps of it. The refresh token itself is nowhere; hashes are.

import type { Context } from '../identity.ts'

export interface Session {
  sessionId: string
  context: Context
  platform: 'web' | 'mobile'
  /** SHA-256 (hex) of the refresh token's secret that is good now. Secrets are 256 random bits, so a slow hash would protect nothing. */
  tokenHash: string
  /** Of the one before it: good for a minute more, since an answer may be lost on its way. */
  previousHash?: string
  createdAtMs: number
  /** When the token was last exchanged for the next. */
  refreshedAtMs: number
  expiresAtMs: number
}

export type SessionCommand =
  | { kind: 'session.create'; sessionId: string; tokenHash: string; context: Context; platform: 'web' | 'mobile' }
  /** `tokenHash` is of the token that was shown, `nextHash` of the one that takes its place. */
  | { kind: 'session.refresh'; sessionId: string; tokenHash: string; nextHash: string }
  /** Every session where none is named. */
  | { kind: 'session.revoke'; sessionId?: string }

/** One session after a commit, whole; null ends it. */
export interface SessionChange {
  sessionId: string
  value: Session | null
}

/** What is told of a session: no hash. */
export type SessionFacts = Omit<Session, 'tokenHash' | 'previousHash'>

export function sessionFacts({ tokenHash: _current, previousHash: _previous, ...facts }: Session): SessionFacts {
  return facts
}

/** What came of a session.refresh: `reused` when somebody showed a token that had been exchanged before, which ends the session. */
export type RefreshOutcome = { outcome: 'refreshed'; session: SessionFacts } | { outcome: 'reused' }
