// The Leaderboard object: one per board, reached by idFromName(`${workspaceId}:${boardId}`). A thin shell: what it
// does is in board.ts, what it keeps in tables.ts. Every call is one synchronous step, so calls never interleave, and
// the output gate holds an answer back until the rows behind it are on disk.

import { DurableObject } from 'cloudflare:workers'
import type { BoardRef, ScorePush } from '../../domain/boards/types.ts'
import { durableSql } from '../log/sql.ts'
import { type Board, board } from './board.ts'
import type { BoardReply, LeaderboardRpc, Ranked, RankReply } from './rpc.ts'
import { boardTables } from './tables.ts'

export class Leaderboard extends DurableObject<Env> implements LeaderboardRpc {
  private readonly board: Board

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const tables = boardTables(durableSql(ctx.storage))
    this.board = board(tables, () => Date.now())
    ctx.blockConcurrencyWhile(async () => tables.migrate())
  }

  async open(ref: BoardRef): Promise<void> {
    this.board.open(ref)
  }

  async push(_ref: BoardRef, scores: ScorePush[], filling = false): Promise<BoardReply<{ applied: number }>> {
    return this.board.push(scores, filling)
  }

  async rankings(
    _ref: BoardRef,
    page: { offset: number; limit: number; entityId?: string },
  ): Promise<BoardReply<{ items: Ranked[]; totalCount: number; current?: Ranked }>> {
    return this.board.rankings(page)
  }

  async rank(entityId: string): Promise<string> {
    return JSON.stringify(this.board.rank(entityId) satisfies RankReply)
  }

  async around(_ref: BoardRef, entityId: string, count: number): Promise<BoardReply<Ranked[]>> {
    return this.board.around(entityId, count)
  }

  async members(_ref: BoardRef, after: string | null, limit: number): Promise<BoardReply<ScorePush[]>> {
    return this.board.members(after, limit)
  }

  async retain(_ref: BoardRef, entityIds: string[], pushedBeforeMs?: number): Promise<BoardReply<{ removed: number }>> {
    return this.board.retain(entityIds, pushedBeforeMs ?? Number.MAX_SAFE_INTEGER)
  }
}
