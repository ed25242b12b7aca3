// The Leaderboard object: one per board (later: one per shard of a board, behind this same interface).
// Reached by idFromName(`${workspaceId}:${boardId}`). All it holds is derived: scores are absolute totals with the
// place in the user's log they are as of, so a push can be repeated, reordered and replayed.

import type { BoardRef, ScorePush } from '../../domain/boards/types.ts'

export interface Ranked {
  /** Equal scores share a rank and leave a gap: 1 2 2 4. */
  rank: number
  entityId: string
  name: string
  imageUrl?: string
  /** Millionths. */
  score: number
}

/** `lost`: the object holds nothing and was not just opened, so its storage is gone and the record must refill it. */
export type BoardReply<T> = { status: 'ok'; value: T } | { status: 'lost' }

export type RankReply = BoardReply<{ ranked: Ranked | null; totalCount: number }>

export interface LeaderboardRpc {
  /** Marks the board as begun. From here on it answers `ok`, empty or not. Idempotent; never empties it. */
  open(board: BoardRef): Promise<void>
  /**
   * Applies what is newer than what it has; says how many were. `filling` fills a lost board before it is opened: it is
   * stored, and the board stays lost to everybody until `open`, so who dies in between leaves no half of it behind.
   */
  push(board: BoardRef, scores: ScorePush[], filling?: boolean): Promise<BoardReply<{ applied: number }>>
  /** From `offset` (0 is the top) in order: score down, then name by code point, then id. */
  rankings(
    board: BoardRef,
    page: { offset: number; limit: number; entityId?: string },
  ): Promise<BoardReply<{ items: Ranked[]; totalCount: number; current?: Ranked }>>
  /**
   * JSON of `RankReply`, and nothing but the id is asked with: it is what phones ask most, and each member of a nested value that
   * crosses a call is encoded by itself (docs/performance.md).
   */
  rank(entityId: string): Promise<string>
  /** `count` above and below the entity, itself included; empty when it is not on the board. */
  around(board: BoardRef, entityId: string, count: number): Promise<BoardReply<Ranked[]>>
  /** Every member by id, for verify and rebuild: `after` is the last id of the page before. */
  members(board: BoardRef, after: string | null, limit: number): Promise<BoardReply<ScorePush[]>>
  /**
   * The end of a rebuild: forgets members that are not named. With `pushedBeforeMs`, when the rebuild began to read,
   * those whose last change came at or after it stay: they were born meanwhile.
   */
  retain(board: BoardRef, entityIds: string[], pushedBeforeMs?: number): Promise<BoardReply<{ removed: number }>>
}
