// What travels from an object's outbox to its consumers, over a queue that may lose, repeat and reorder it. Each row
// is absolute and versioned by its place in the log, so a consumer applies it only if newer. A message stays far below
// the queue's 128 KB; the sender splits.

import type { ScorePush } from './boards/types.ts'
import type { PlayerCommand, UserProfile } from './player/types.ts'
import type { StoredResource } from './workspace/types.ts'

export interface OutboxRow {
  /** Unique in its object, and stable for what it is about: `user`, `score:{seriesId}:{periodId}`, `resource:{type}:{id}`. */
  id: string
  sequence: number
  body: OutboxBody
}

export type OutboxBody =
  | { kind: 'user'; userId: string; incarnation: number; profile: UserProfile | null }
  | { kind: 'score'; seriesId: string; periodId: string; push: ScorePush }
  | { kind: 'resource'; incarnation: number; resource: StoredResource }
  | { kind: 'series'; incarnation: number; seriesId: string }
  | { kind: 'backfill'; seriesId: string; after: string | null }
  | { kind: 'player'; userId: string; eventId: string; command: PlayerCommand }
  /** From a reader that found a board lost, not from an outbox: nothing is confirmed, the next reader asks again. */
  | { kind: 'refill'; seriesId: string; periodId: string; after: string | null }

export interface OutboxMessage {
  version: 1
  workspaceId: string
  source: { kind: 'player'; userId: string } | { kind: 'workspace' }
  rows: OutboxRow[]
}
