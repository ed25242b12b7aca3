// What `npm run verify` asks: pages of comparisons that need the record, and pages of the derived things as they are.
// Reads only; nothing is repaired here.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { DirectoryEntry } from '../../domain/workspace/types.ts'
import { rowOf } from '../boards/ensure-boards.ts'
import { mapBounded } from '../concurrency.ts'
import type { Edge } from '../edge/edge.ts'
import { limitQuery } from '../edge/validate.ts'
import { comparePlayer, foldPlayer } from './audit-player.ts'
import { digestOfRow, expectedRecords } from './audit-records.ts'
import { compareWorkspace, foldWorkspace, liveMediaOf } from './audit-workspace.ts'
import { indexKind } from './index-kinds.ts'
import { readRecord } from './read-record.ts'
import { workspaceParams } from './workspaces.ts'

const after = z.string().min(1, 'Leave it out to begin.').max(200).optional()

/** Without the record nothing can be called a difference. */
const unread = failure('record/unavailable', 'No region can be read now, so nothing can be compared with the record. Try again.', {
  retryAfterSeconds: 2,
})

export function auditRoutes(edge: Edge, app: Hono): void {
  const { services } = edge

  async function wholeDirectory(workspaceId: string): Promise<Result<DirectoryEntry[]>> {
    const entries: DirectoryEntry[] = []
    for (;;) {
      const page = await services.workspace(workspaceId).directory(workspaceId, entries.at(-1)?.userId ?? null, 5_000)
      if (!page.ok) return page
      entries.push(...page.value)
      if (page.value.length < 5_000) return ok(entries)
    }
  }

  const common = { api: 'platform', method: 'GET' } as const
  const at = '/workspaces/:workspaceId/audit'

  edge.open(app, { ...common, path: at, operationId: 'platform/auditWorkspace', params: workspaceParams }, async (call) => {
    const { workspaceId } = call.params
    const object = await services.workspace(workspaceId).inspect(workspaceId)
    if (!object.ok) return object
    const directory = await wholeDirectory(workspaceId)
    if (!directory.ok) return directory
    const log = { workspaceId, kind: 'workspace', entityId: workspaceId } as const
    const { commits, head, differences, isUnread } = await readRecord(services.regions, log)
    if (isUnread) return fail(unread)
    const folded = foldWorkspace(commits)
    const body = {
      differences: [...differences, ...compareWorkspace(folded, commits, head, object.value, directory.value)],
      commits: commits.length,
      head,
      outbox: object.value.status.outbox,
      series: folded.series,
      resources: folded.resources,
      media: liveMediaOf(folded),
      directory: folded.directory.length,
      auditRecords: expectedRecords(log, commits),
    }
    return ok({ status: 200, body })
  })

  /** Users in id order; each with what is wrong and with what the record says the derived things must show. */
  const users = { ...common, path: `${at}/users`, operationId: 'platform/auditUsers', params: workspaceParams } as const
  edge.open(app, { ...users, query: z.object({ after, limit: limitQuery(25, 50) }) }, async (call) => {
    const { workspaceId } = call.params
    const rules = await services.workspace(workspaceId).ruleSet(workspaceId)
    if (!rules.ok) return rules
    const page = await services.workspace(workspaceId).directory(workspaceId, call.query.after ?? null, call.query.limit)
    if (!page.ok) return page
    const items = await mapBounded(
      page.value,
      async ({ userId, deleted, externalId }) => {
        const ref = { workspaceId, userId }
        const object = await services.player(ref).inspect(ref)
        const log = { workspaceId, kind: 'player', entityId: userId } as const
        const { commits, head, differences, isUnread } = await readRecord(services.regions, log)
        if (isUnread) return null
        const folded = foldPlayer(commits, rules.value.series)
        const compared = object.ok ? comparePlayer(folded, head, object.value) : [`the object answers ${object.error.code}`]
        const directory = (deleted ?? false) === folded.deleted ? [] : ['the directory and the user disagree on whether it is deleted']
        if (!folded.deleted && folded.profile?.externalId !== externalId)
          directory.push('the directory and the user disagree on the external id')
        return {
          userId,
          differences: [...differences, ...compared, ...directory],
          commits: commits.length,
          head,
          events: folded.events,
          outbox: object.ok ? object.value.status.outbox : 0,
          profile: folded.deleted ? null : folded.profile,
          scores: folded.scores,
          auditRecords: expectedRecords(log, commits),
        }
      },
      3,
    )
    if (items.includes(null)) return fail(unread)
    return ok({ status: 200, body: { items, next: page.value.length === call.query.limit ? (page.value.at(-1)?.userId ?? null) : null } })
  })

  const index = { ...common, path: `${at}/index/:kind`, operationId: 'platform/auditIndex' } as const
  edge.open(app, { ...index, params: workspaceParams.extend({ kind: indexKind }), query: z.object({ after }) }, async (call) => {
    const limit = 200
    const { workspaceId, kind } = call.params
    const items = await services.index.scan(workspaceId, kind, call.query.after ?? null, limit)
    const next = items.length === limit ? (items.at(-1)?.id ?? null) : null
    const shown = kind === 'audit-record' ? items.map((item) => ({ ...item, row: digestOfRow(item.row) })) : items
    return ok({ status: 200, body: { items: shown, next } })
  })

  const board = { ...common, path: `${at}/boards/:seriesId/:periodId`, operationId: 'platform/auditBoard' } as const
  const boardParams = workspaceParams.extend({ seriesId: z.string(), periodId: z.string() })
  edge.open(app, { ...board, params: boardParams, query: z.object({ after }) }, async (call) => {
    const { workspaceId, seriesId, periodId } = call.params
    const rules = await services.workspace(workspaceId).ruleSet(workspaceId)
    if (!rules.ok) return rules
    const series = rules.value.series.find((one) => one.seriesId === seriesId)
    const row = series ? rowOf(workspaceId, series, periodId) : null
    if (!row) return ok({ status: 200, body: { status: 'unknown', items: [], next: null } })
    const limit = 500
    const ref = { workspaceId, boardId: row.boardId, seriesId, periodId }
    const members = await services.leaderboard(ref).members(ref, call.query.after ?? null, limit)
    if (members.status === 'lost') return ok({ status: 200, body: { status: 'lost', boardId: row.boardId, items: [], next: null } })
    const next = members.value.length === limit ? (members.value.at(-1)?.entityId ?? null) : null
    const items = members.value.filter(({ removed }) => !removed)
    return ok({ status: 200, body: { status: 'ok', boardId: row.boardId, items, next } })
  })
}
