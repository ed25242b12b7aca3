// GET /runtime-leaderboards/{id}/rankings and /rankings/me. Equal scores share a rank and leave a gap (1 2 2 4), ordered
// by name; paging goes to the last member (displayTopN is for those who show it). A board that has lost its storage is
// filled again before it is answered from, or the caller is asked to come again: never a wrong rank.

import type { Hono } from 'hono'
import { z } from 'zod'
import type { BoardRow } from '../../d1/index-store.ts'
import { failure } from '../../domain/failures.ts'
import { fromAmount } from '../../domain/ledger/amount.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { BoardReply, LeaderboardRpc, Ranked, RankReply } from '../../durable-objects/leaderboard/rpc.ts'
import { findBoard, refOf } from '../boards/ensure-boards.ts'
import { comeAgain, refillForReader } from '../boards/refill-board.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call } from '../edge/route.ts'
import { limitQuery, offsetQuery } from '../edge/validate.ts'
import type { Services } from '../services.ts'

const params = z.object({ runtimeLeaderboardId: z.string().max(128) })
const query = z.object({ limit: limitQuery(10), offset: offsetQuery })
const noSuchBoard = failure('resource/not_found', 'There is no such leaderboard.')

export function rankingRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const path = '/runtime-leaderboards/:runtimeLeaderboardId/rankings'
  const common = { api: 'app', action: 'read', method: 'GET', params } as const

  edge.route(app, { ...common, path, operationId: 'runtimeLeaderboards/getRankings', query }, async (call) => {
    const row = await boardOf(services, call)
    if (!row) return fail(noSuchBoard)
    const { limit, offset } = call.query
    const [read, leaderboard] = await Promise.all([
      askBoard(services, call, row, (board) => board.rankings(refOf(row), { offset, limit, entityId: call.caller.userId })),
      showLeaderboard(services, row),
    ])
    if (!read.ok) return read
    const { items, totalCount, current } = read.value
    const currentEntityRank = current && { currentEntityRank: showRanked(current) }
    return ok({ status: 200, body: { items: items.map(showRanked), totalCount, ...currentEntityRank, leaderboard } })
  })

  edge.route(app, { ...common, path: `${path}/me`, operationId: 'runtimeLeaderboards/getMyRanking', needsUser: true }, async (call) => {
    const row = await boardOf(services, call)
    if (!row) return fail(noSuchBoard)
    const ref = call.user()
    const [profile, read] = await Promise.all([
      // The board knows members only, and not whether who is none of them is a user at all.
      services.player(ref).profile(ref),
      askBoard(services, call, row, async (board) => JSON.parse(await board.rank(ref.userId)) as RankReply),
    ])
    if (!profile.ok) return profile
    if (!read.ok) return read
    const { ranked, totalCount } = read.value
    const score = ranked ? fromAmount(ranked.score) : null
    return ok({ status: 200, body: { rank: ranked?.rank ?? null, score, totalParticipants: totalCount } })
  })
}

const boardOf = (services: Services, call: Call<z.infer<typeof params>>): Promise<BoardRow | null> =>
  findBoard(services, call.ruleSet, call.params.runtimeLeaderboardId, call.nowMs)

/** Asks the board; a lost one is filled and asked again, once. */
async function askBoard<T>(
  services: Services,
  { ruleSet }: Call,
  row: BoardRow,
  ask: (board: LeaderboardRpc) => Promise<BoardReply<T>>,
): Promise<Result<T>> {
  const ref = refOf(row)
  const first = await ask(services.leaderboard(ref))
  if (first.status === 'ok') return ok(first.value)
  const series = ruleSet.series.find(({ seriesId }) => seriesId === row.seriesId)
  if (!series) return fail(comeAgain)
  const refilled = await refillForReader(services, ref, series)
  if (!refilled.ok) return refilled
  const second = await ask(services.leaderboard(ref))
  return second.status === 'ok' ? ok(second.value) : fail(comeAgain)
}

const showRanked = ({ rank, entityId, name, imageUrl, score }: Ranked): Record<string, unknown> => ({
  rank,
  entityId,
  entityType: 'User',
  ...(name !== '' && { primaryEntityName: name }),
  ...(imageUrl !== undefined && { entityImageUrl: imageUrl }),
  score: fromAmount(score),
})

async function showLeaderboard(services: Services, row: BoardRow): Promise<Record<string, unknown>> {
  const { workspaceId, boardId, runtimeLeaderboardConfigurationId: id } = row
  const found = await services.workspace(workspaceId).resource(workspaceId, 'runtime-leaderboard-configuration', id)
  const {
    name = '',
    description,
    displayTopN = 10,
    showScore = true,
    showRank = true,
  } = found.ok ? (found.value.published ?? found.value.body) : {}
  return { runtimeLeaderboardId: boardId, name, ...(description !== undefined && { description }), displayTopN, showScore, showRank }
}
