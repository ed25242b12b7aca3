// What `npm run rebuild` does, in pages: settle (run what the alarms would run), forget what the record does not give,
// and publish again. Everything is idempotent; a rebuild that was killed is run again.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { textOrEmpty } from '../../domain/resources/text.ts'
import { fail, ok } from '../../domain/result.ts'
import { ensureBoards, rowOf } from '../boards/ensure-boards.ts'
import { refillBoard } from '../boards/refill-board.ts'
import { mapBounded } from '../concurrency.ts'
import { bodyLimitBytes } from '../edge/body.ts'
import type { Edge } from '../edge/edge.ts'
import { limitQuery } from '../edge/validate.ts'
import { indexKind } from './index-kinds.ts'
import { workspaceParams } from './workspaces.ts'

const keptLimit = 200_000
const ids = z.array(textOrEmpty(200)).max(keptLimit)
const limits = { bytes: bodyLimitBytes, members: keptLimit + 10, names: 1000 }
const usersPage = z.object({ after: z.string().min(1, 'Leave it out to begin.').max(200).optional(), limit: limitQuery(50) })

export function rebuildRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const common = { api: 'platform', method: 'POST', params: workspaceParams } as const
  const at = '/workspaces/:workspaceId'

  /** How many outbox rows are still to be applied, after the objects have done what they can. */
  const settle = { ...common, path: `${at}/settle`, operationId: 'platform/settleWorkspace' } as const
  edge.open(app, settle, async (call) => {
    const { workspaceId } = call.params
    const known = await services.workspace(workspaceId).document(workspaceId)
    if (!known.ok) return known
    const status = await services.workspace(workspaceId).settle(workspaceId)
    return ok({ status: 200, body: { outbox: status.outbox, waiting: status.decided - status.confirmed } })
  })

  const settleUsers = { ...common, path: `${at}/settle/users`, operationId: 'platform/settleUsers', query: usersPage } as const
  edge.open(app, settleUsers, (call) =>
    eachUser(call.params.workspaceId, call.query, async (ref) => {
      const status = await services.player(ref).settle(ref)
      return { outbox: status.outbox, waiting: status.decided - status.confirmed }
    }),
  )

  const republish = { ...common, path: `${at}/republish`, operationId: 'platform/republishWorkspace' } as const
  edge.open(app, republish, async (call) => {
    const done = await services.workspace(call.params.workspaceId).republish(call.params.workspaceId)
    return done.ok ? ok({ status: 200, body: {} }) : done
  })

  const republishUsers = { ...common, path: `${at}/republish/users`, operationId: 'platform/republishUsers', query: usersPage } as const
  edge.open(app, republishUsers, (call) =>
    eachUser(call.params.workspaceId, call.query, async (ref) => {
      const done = await services.player(ref).republish(ref)
      return { failed: done.ok || done.error.code === 'resource/not_found' ? 0 : 1 }
    }),
  )

  const prune = { ...common, path: `${at}/index/:kind/prune`, operationId: 'platform/pruneIndex' } as const
  const place = textOrEmpty(200).optional()
  /** `keep` names what stays of the ids above `after` and up to `through`; of all where neither is given. */
  const pruneBody = z.object({ keep: ids, beforeMs: z.number().int(), after: place, through: place })
  edge.open(app, { ...prune, params: workspaceParams.extend({ kind: indexKind }), body: pruneBody, limits }, async (call) => {
    const { keep, beforeMs, ...within } = call.body
    const removed = await services.index.prune(call.params.workspaceId, call.params.kind, keep, beforeMs, within)
    return ok({ status: 200, body: { removed } })
  })

  /** Keeps the members that are right, forgets the others, and fills in from the users' own objects. */
  const board = { ...common, path: `${at}/boards/:seriesId/:periodId/rebuild`, operationId: 'platform/rebuildBoard' } as const
  const boardParams = workspaceParams.extend({ seriesId: z.string(), periodId: z.string() })
  const boardBody = z.object({ keep: ids, beforeMs: z.number().int() })
  edge.open(app, { ...board, params: boardParams, body: boardBody, limits }, async (call) => {
    const { workspaceId, seriesId, periodId } = call.params
    const rules = await services.ruleSet(workspaceId)
    if (!rules.ok) return rules
    const series = rules.value.series.find((one) => one.seriesId === seriesId)
    const row = series ? rowOf(workspaceId, series, periodId) : null
    if (!series || !row) return fail(failure('resource/not_found', 'There is no such period of a series.'))
    await ensureBoards(services, [row])
    const ref = { workspaceId, boardId: row.boardId, seriesId, periodId }
    const retained = await services.leaderboard(ref).retain(ref, call.body.keep, call.body.beforeMs)
    let next: string | null = null
    do {
      const refilled = await refillBoard(services, ref, series, next, async () => {})
      if (!refilled.ok) return refilled
      next = refilled.value.after
    } while (next !== null)
    return ok({ status: 200, body: { boardId: row.boardId, removed: retained.status === 'ok' ? retained.value.removed : 0 } })
  })

  async function eachUser(
    workspaceId: string,
    { after, limit }: z.infer<typeof usersPage>,
    work: (ref: { workspaceId: string; userId: string }) => Promise<Record<string, number>>,
  ) {
    const page = await services.workspace(workspaceId).directory(workspaceId, after ?? null, limit)
    if (!page.ok) return page
    const sums: Record<string, number> = {}
    for (const counted of await mapBounded(page.value, ({ userId }) => work({ workspaceId, userId })))
      for (const [name, count] of Object.entries(counted)) sums[name] = (sums[name] ?? 0) + count
    const next = page.value.length === limit ? (page.value.at(-1)?.userId ?? null) : null
    return ok({ status: 200, body: { ...sums, users: page.value.length, next } })
  }
}
