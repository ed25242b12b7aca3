// GET /runtime-leaderboards and /{runtimeLeaderboardId}: the list is the index's. A recurring series' current period
// may have had no event yet; its board is made when somebody looks.

import type { Hono } from 'hono'
import { z } from 'zod'
import { boardRow } from '../../d1/board-row.ts'
import type { BoardRow } from '../../d1/index-store.ts'
import { failure } from '../../domain/failures.ts'
import { fail, ok } from '../../domain/result.ts'
import { boardFields } from '../boards/board-fields.ts'
import { currentPeriods, ensureBoards, findBoard } from '../boards/ensure-boards.ts'
import { mapBounded } from '../concurrency.ts'
import type { Edge } from '../edge/edge.ts'
import { indexPage } from '../edge/index-page.ts'
import type { Call } from '../edge/route.ts'
import { fieldsQuery, pageQuery } from '../edge/validate.ts'
import type { Services } from '../services.ts'
import { showBoardTranslation } from './show.ts'

const fields = fieldsQuery(['translation'])
const states = z.enum(['PENDING', 'ACTIVE', 'ENDED']).optional()

export function runtimeLeaderboardRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const ensure = ensureOnce(services)
  const common = { api: 'app', action: 'read', method: 'GET' } as const

  edge.route(
    app,
    {
      ...common,
      path: '/runtime-leaderboards',
      operationId: 'runtimeLeaderboards/list',
      query: pageQuery.extend({ fields, state: states }),
    },
    async (call) => {
      const { workspaceId } = call.caller
      const recurring = call.ruleSet.series.filter((series) => series.timeframeType === 'RECURRING')
      const current = recurring.flatMap((series) =>
        currentPeriods(series, call.nowMs).map((period) => boardRow(workspaceId, series, period)),
      )
      await ensure(current)
      const page = await indexPage(
        call,
        (asked) => services.index.listBoards(workspaceId, asked, { state: call.query.state, nowMs: call.nowMs }),
        ({ updatedAtMs, boardId }) => ({ updatedAtMs, id: boardId }),
      )
      if (!page.ok) return page
      const items = await mapBounded(page.value.items, (row) => show(services, call, row))
      return ok({ status: 200, body: { ...page.value, items } })
    },
  )

  edge.route(
    app,
    {
      ...common,
      path: '/runtime-leaderboards/:runtimeLeaderboardId',
      operationId: 'runtimeLeaderboards/get',
      params: z.object({ runtimeLeaderboardId: z.string().max(128) }),
      query: z.object({ fields }),
    },
    async (call) => {
      const row = await findBoard(services, call.ruleSet, call.params.runtimeLeaderboardId, call.nowMs)
      if (!row) return fail(failure('resource/not_found', 'There is no such leaderboard.'))
      return ok({ status: 200, body: await show(services, call, row) })
    },
  )
}

/** Remembers what it has ensured, so that a list does not write to the index each time; a lost row comes back by a rebuild. */
function ensureOnce(services: Services): (rows: BoardRow[]) => Promise<void> {
  const ensured = new Set<string>()
  const nameOf = ({ workspaceId, boardId, updatedAtMs }: BoardRow) => `${workspaceId}:${boardId}:${updatedAtMs}`
  return async (rows) => {
    const unknown = rows.filter((row) => !ensured.has(nameOf(row)))
    await ensureBoards(services, unknown)
    if (ensured.size > 10_000) ensured.clear()
    for (const row of unknown) ensured.add(nameOf(row))
  }
}

async function show(services: Services, call: Call<unknown, { fields: string[] }>, row: BoardRow): Promise<Record<string, unknown>> {
  const shown = boardFields(row, call.nowMs)
  if (!call.query.fields.includes('translation')) return shown
  const { workspaceId, runtimeLeaderboardConfigurationId: id } = row
  const configuration = await services.workspace(workspaceId).resource(workspaceId, 'runtime-leaderboard-configuration', id)
  const translation = configuration.ok ? showBoardTranslation(configuration.value, call.lang) : undefined
  return translation ? { ...shown, translation } : shown
}
