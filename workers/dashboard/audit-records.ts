// /dashboard/v1/audit-records: who did what in this workspace, for admins and owners. Reads alone: a record follows from a
// commit, and there is no way to write, change or delete one.

import type { Hono } from 'hono'
import { z } from 'zod'
import { type AuditFilter, type AuditKey, auditKeyOf, listedKinds } from '../../domain/audit/query.ts'
import { auditPlaceOf } from '../../domain/audit/record-id.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import { failure } from '../../domain/failures.ts'
import { instant } from '../../domain/resources/text.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { userIdSchema } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call } from '../edge/route.ts'
import { pageQuery } from '../edge/validate.ts'
import { auditExport } from './audit-export.ts'
import { auditView } from './audit-view.ts'
import { exportTurn, ndjson } from './ndjson-export.ts'

const span = { from: instant.optional(), to: instant.optional() }
const word = (max: number) => z.string('Given once.').min(1, 'Not empty.').max(max, 'Too long.').optional()

const sorted = pageQuery.extend({ sort: z.enum(['at'], 'at.').default('at') })
const listQuery = sorted.extend({
  subject: word(255),
  userId: word(128),
  entity: z.enum(listedKinds, `One of ${listedKinds.join(', ')}.`).optional(),
  entityId: word(300),
  operation: word(100),
  ...span,
})

const noSuchRecord = () => fail(failure('resource/not_found', 'There is no such audit record.'))

export function auditRecordRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const read = { api: 'dashboard', action: 'read', method: 'GET', kind: 'audit-records' } as const

  edge.route(app, { ...read, path: '/audit-records', operationId: 'auditRecords/list', query: listQuery }, async (call) => {
    const page = call.page()
    if (!page.ok) return page
    const { limit, order, after } = page.value
    const { workspaceId } = call.caller
    const from = { limit: limit + 1, order, ...(after !== undefined && { after: keyIn(after) }) }
    const rows = await services.index.listAuditRecords(workspaceId, from, filterOf(call.query))
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    const nextToken = call.nextToken(rows.length > limit && last ? textOf(auditKeyOf(last)) : null)
    return ok({ status: 200, body: { items: shown.map((record) => auditView(record, workspaceId)), nextToken } })
  })

  // Before /audit-records/:auditRecordId, which would take "export" for an id.
  edge.route(app, { ...read, path: '/audit-records/export', operationId: 'auditRecords/export', query: z.object(span) }, async (call) => {
    const { workspaceId } = call.caller
    const whole = (record: AuditRecord) => wholeRecord(edge, workspaceId, record.auditRecordId)
    // A HEAD reads nothing, and so would never give its turn back.
    if (call.method === 'HEAD') return ok({ status: 200, headers: { 'content-type': ndjson } })
    const turn = await exportTurn(edge, workspaceId)
    if (!turn.ok) return turn
    const stream = auditExport({ services, log: edge.log, workspaceId, filter: filterOf(call.query), whole }, turn.value)
    return ok({ status: 200, stream, headers: { 'content-type': ndjson } })
  })

  const params = z.object({ auditRecordId: z.string() })
  edge.route(app, { ...read, path: '/audit-records/:auditRecordId', operationId: 'auditRecords/get', params }, async (call) => {
    const { workspaceId } = call.caller
    const record = await wholeRecord(edge, workspaceId, call.params.auditRecordId)
    return record.ok ? ok({ status: 200, body: auditView(record.value, workspaceId) }) : record
  })

  // Not /users/:userId/audit-records: a URL parser makes /audit-records of that for an id of "..".
  const ofUser = { path: '/users/:userId/audit-trail', params: z.object({ userId: z.string() }), query: sorted } as const
  edge.route(app, { ...read, ...ofUser, operationId: 'users/auditTrail/list' }, async (call) => {
    const { userId } = call.params
    if (!userIdSchema.safeParse(userId).success) return fail(failure('resource/not_found', 'There is no such user.'))
    return userPage(edge, call, userId)
  })
}

/** Every commit of the user's log, from the user's own object: also of a deleted user, and also what users do all day. */
async function userPage({ services }: Edge, call: Call, userId: string) {
  const page = call.page()
  if (!page.ok) return page
  const { workspaceId } = call.caller
  const ref = { workspaceId, userId }
  const found = await services.player(ref).auditRecords(ref, page.value)
  if (!found.ok) return found
  const { items, next } = found.value
  return ok({ status: 200, body: { items: items.map((record) => auditView(record, workspaceId)), nextToken: call.nextToken(next) } })
}

/** From the log it is in. What belongs to another workspace is not found, as is what is no record at all. */
async function wholeRecord({ services }: Edge, workspaceId: string, auditRecordId: string): Promise<Result<AuditRecord>> {
  const place = auditPlaceOf(auditRecordId)
  if (place === null) return noSuchRecord()
  const { kind, entityId, at } = place
  if (kind === 'workspace' && entityId !== workspaceId) return noSuchRecord()
  if (kind === 'player' && !userIdSchema.safeParse(entityId).success) return noSuchRecord()
  const ref = { workspaceId, userId: entityId }
  const found = await (kind === 'workspace'
    ? services.workspace(workspaceId).auditRecord(workspaceId, at)
    : services.player(ref).auditRecord(ref, at))
  return !found.ok && found.error.code === 'resource/not_found' ? noSuchRecord() : found
}

type Asked = Partial<Pick<z.output<typeof listQuery>, 'subject' | 'userId' | 'entity' | 'entityId' | 'operation' | 'from' | 'to'>>

const filterOf = ({ subject, userId, entity, entityId, operation, from, to }: Asked): AuditFilter => ({
  subject,
  userId,
  entity,
  entityId,
  operation,
  ...(from !== undefined && { fromMs: Date.parse(from) }),
  ...(to !== undefined && { toMs: Date.parse(to) }),
})

const textOf = ({ atMs, sequence, auditRecordId }: AuditKey): string => JSON.stringify([atMs, sequence, auditRecordId])

/** Signed by us, so it says what textOf wrote. */
function keyIn(after: string): AuditKey {
  const [atMs, sequence, auditRecordId] = JSON.parse(after) as [number, number, string]
  return { atMs, sequence, auditRecordId }
}
