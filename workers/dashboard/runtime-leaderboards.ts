// /dashboard/v1/runtime-leaderboards. A leaderboard that is created is a series; what is answered and listed are its
// boards, one a period. The answer to a creation is the first board, which has the series' id.

import type { Hono } from 'hono'
import { z } from 'zod'
import { boardRow } from '../../d1/board-row.ts'
import type { BoardRow } from '../../d1/index-store.ts'
import type { Series } from '../../domain/boards/types.ts'
import { failure } from '../../domain/failures.ts'
import {
  draftOfSeries,
  instanceCreate,
  runtimeLeaderboardCreate,
  runtimeLeaderboardPatch,
  seriesOf,
} from '../../domain/resources/runtime-leaderboard.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { firstPeriod } from '../../domain/timeframe/periods.ts'
import type { WorkspaceCommand } from '../../domain/workspace/types.ts'
import { ensureBoards, findBoard, standingRows } from '../boards/ensure-boards.ts'
import type { Edge } from '../edge/edge.ts'
import { indexPage } from '../edge/index-page.ts'
import type { Call, Reply } from '../edge/route.ts'
import { pageQuery } from '../edge/validate.ts'
import { boardView, lateEventsFor } from './board-view.ts'
import { commandWorkspace, indexNow } from './commit.ts'
import { homeOf } from './shown.ts'

const configurationType = 'runtime-leaderboard-configuration'

export function runtimeLeaderboardRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const read = { api: 'dashboard', action: 'read', method: 'GET' } as const
  const write = { api: 'dashboard', action: 'write' } as const
  const seriesIn = (call: Call, seriesId: string) => call.ruleSet.series.find((series) => series.seriesId === seriesId)
  const view = (call: Call, row: BoardRow) => boardView(row, seriesIn(call, row.seriesId), homeOf(edge, call), call.nowMs)

  edge.route(
    app,
    { ...write, method: 'POST', path: '/runtime-leaderboards', operationId: 'runtimeLeaderboards/create', body: runtimeLeaderboardCreate },
    (call) => created(call, call.body, 201),
  )

  edge.route(
    app,
    {
      ...write,
      method: 'POST',
      path: '/runtime-leaderboard-configurations/:runtimeLeaderboardConfigurationId/instances',
      operationId: 'runtimeLeaderboardConfigurations/createInstance',
      params: z.object({ runtimeLeaderboardConfigurationId: z.string() }),
      body: instanceCreate,
    },
    async (call) => {
      const { workspaceId } = call.caller
      const { runtimeLeaderboardConfigurationId } = call.params
      const known = await services.workspace(workspaceId).resource(workspaceId, configurationType, runtimeLeaderboardConfigurationId)
      return known.ok ? created(call, { ...call.body, runtimeLeaderboardConfigurationId }, 200) : known
    },
  )

  const query = pageQuery.extend({ state: z.enum(['PENDING', 'ACTIVE', 'ENDED'], 'PENDING, ACTIVE or ENDED.').optional() })
  edge.route(app, { ...read, path: '/runtime-leaderboards', operationId: 'runtimeLeaderboards/list', query }, async (call) => {
    const filter = { state: call.query.state, nowMs: call.nowMs }
    const page = await indexPage(
      call,
      (page) => services.index.listBoards(call.caller.workspaceId, page, filter),
      ({ updatedAtMs, boardId }) => ({ updatedAtMs, id: boardId }),
    )
    return page.ok ? ok({ status: 200, body: { ...page.value, items: page.value.items.map((row) => view(call, row)) } }) : page
  })

  const one = { path: '/runtime-leaderboards/:runtimeLeaderboardId', params: z.object({ runtimeLeaderboardId: z.string() }) } as const
  edge.route(app, { ...read, ...one, operationId: 'runtimeLeaderboards/get' }, async (call) => {
    const { runtimeLeaderboardId: id } = call.params
    const row = await findBoard(services, call.ruleSet, id, call.nowMs)
    return row ? ok({ status: 200, body: view(call, row) }) : noSuchBoard()
  })

  edge.route(
    app,
    { ...write, ...one, method: 'PATCH', operationId: 'runtimeLeaderboards/update', body: runtimeLeaderboardPatch },
    async (call) => {
      const { runtimeLeaderboardId: id } = call.params
      const { workspaceId } = call.caller
      // Asked afresh: a patch is laid over what is, not over what an isolate remembers.
      const rules = await services.workspace(workspaceId).ruleSet(workspaceId)
      if (!rules.ok) return rules
      const existing = rules.value.series.find(({ seriesId }) => seriesId === id)
      if (!existing) return (await services.index.board(workspaceId, id)) ? laterBoard() : noSuchBoard()
      const series = seriesOf(patched(existing, call.body), call.nowMs)
      if (!series.ok) return series
      return written(call, { kind: 'series.update', seriesId: id, series: { ...series.value, seriesId: id } }, 200)
    },
  )

  async function created(call: Call, body: z.output<typeof runtimeLeaderboardCreate>, status: number): Promise<Result<Reply>> {
    const series = seriesOf(body, call.nowMs)
    if (!series.ok) return series
    const command = { ...series.value, seriesId: services.newId(), createdAtMs: call.nowMs }
    return written(call, { kind: 'series.create', series: command }, status)
  }

  async function written(call: Call, command: WorkspaceCommand, status: number): Promise<Result<Reply>> {
    const reply = await commandWorkspace(edge, call, command)
    if (!reply.ok) return call.answer(reply)
    const series = reply.answer.body as Series
    const row = firstBoard(call.caller.workspaceId, series)
    await indexNow(edge, call, reply, () => ensureBoards(services, standingRows(call.caller.workspaceId, series, call.nowMs)))
    await services.settleRules()
    const answer = call.answer(reply, boardView(row, series, homeOf(edge, call), call.nowMs))
    return answer.ok ? ok({ ...answer.value, status }) : answer
  }
}

/** A leaderboard that is made permanent recurs no more, said or not. */
function patched(existing: Series, patch: z.output<typeof runtimeLeaderboardPatch>) {
  const { recurrence, ...draft } = draftOfSeries(existing, lateEventsFor(existing))
  return { ...draft, ...(patch.timeframeType !== 'PERMANENT' && recurrence !== undefined && { recurrence }), ...patch }
}

function firstBoard(workspaceId: string, series: Series): BoardRow {
  const period = firstPeriod(series)
  if (period === null) throw new Error(`series ${series.seriesId} has no first period`)
  return boardRow(workspaceId, series, period)
}

const noSuchBoard = () => fail(failure('resource/not_found', 'There is no such leaderboard.'))
const laterBoard = () => fail(failure('business/invalid_operation', 'A leaderboard can be changed only before it starts.'))
