// The record of one entity (a user, a workspace) is a gapless, append-only log of immutable commits.
//
// A commit is known by (incarnation, sequence). The sequence runs on without gaps over incarnations; the incarnation
// says which life of the object wrote it. Each commit names the incarnation of its predecessor, so the chain can be
// walked back from the newest commit and whatever a dead life wrote late falls off it (see fold.ts).

import type { Failure } from '../failures.ts'
import type { Trail } from '../identity.ts'

/** A place in a log. {0, 0} is the place before the first commit. */
export interface Position {
  incarnation: number
  sequence: number
}

export const origin: Position = { incarnation: 0, sequence: 0 }

/** What the caller is told, kept in the commit so that a repeat gets it again. `body` is plain JSON. */
export interface Answer {
  status: number
  body: unknown
}

export interface IdempotencyClaim {
  /** The key as the platform knows it: caller and operation are part of it. */
  key: string
  /** SHA-256 (hex) of the canonical request: same key, other fingerprint is 422. */
  fingerprint: string
  expiresAtMs: number
  /** True where the platform made the key up: then a refusal is not kept, only an effect. */
  derived?: true
}

/** `Command` and `Effects` are the entity's own: what was asked (normalised) and the values that changed. */
export interface Commit<Command = unknown, Effects = unknown> {
  incarnation: number
  sequence: number
  previousIncarnation: number
  decidedAtMs: number
  command: Command
  /** The event's own id: once in this log, for ever. */
  eventId?: string
  /** SHA-256 of what the event says; a repeat that says something else is a conflict. */
  eventFingerprint?: string
  idempotency?: IdempotencyClaim
  trail: Trail
  ruleSet: number
  effects: Effects
  answer: Answer
  /** A decision that refused, kept for its idempotency key's sake: no effects. */
  refusal?: Failure
}

/**
 * Commits packed for the record: one immutable item. A packing is stored before it is first sent and never changed,
 * so the same bytes go to either region however often. `writer` is the incarnation that packed it.
 */
export interface PackedItem {
  writer: number
  from: number
  to: number
  /** The position the fence must show for this item to be next. */
  previous: Position
  /** Where the fence stands once this item is in. */
  head: Position
  /** JSON of Commit[]; at most `itemLimitBytes` in UTF-8. */
  body: string
  /** SHA-256 (hex) of `body`. */
  digest: string
}

/** Names one log in the record: `player` per user, `workspace` per workspace. */
export interface LogRef {
  workspaceId: string
  kind: 'player' | 'workspace'
  /** The user's id, or the workspace's own. */
  entityId: string
}

/** DynamoDB's item limit is 400 KB with names and keys; 300 KB of body leaves room. */
export const itemLimitBytes = 300 * 1024
