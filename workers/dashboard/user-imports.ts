// POST /dashboard/v1/user-imports: people made users before they come, from a CSV file of at most a thousand. A dry run
// says what would become of each row and changes nothing. A run refuses the whole file for one bad row, so that nothing is
// half done by a mistake; the same file again says that everybody is there.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { type ImportRow, inputErrors, type Mistake, readImport } from '../../domain/sign-in/import-file.ts'
import { type GoodRow, type Planned, planRow, questionOf } from '../../domain/sign-in/import-plan.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call } from '../edge/route.ts'
import { announceImport, importUsers } from '../sign-in/import-users.ts'

interface Judged {
  row: ImportRow
  outcome: Planned['outcome'] | 'invalid'
  userId?: string
  mistakes: Mistake[]
}

export function userImportRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const query = z.object({ dryRun: z.enum(['true', 'false'], 'true or false.').default('false') })
  const declaration = {
    api: 'dashboard',
    action: 'write',
    minimumRole: 'admin',
    method: 'POST',
    path: '/user-imports',
    operationId: 'userImports/create',
    accepts: 'csv',
    body: z.string(),
    // Two kilobytes for each of a thousand people.
    limits: { bytes: 2 * 1024 * 1024 },
    query,
  } as const

  edge.route(app, declaration, async (call) => {
    const { role, platform } = call.caller
    const rows = readImport(call.body, { role, platform })
    if (!rows.ok) return rows
    const judged = await judge(call, rows.value)
    if (!judged.ok) return judged
    if (call.query.dryRun === 'true') return ok({ status: 200, body: report(true, judged.value) })

    const mistakes = judged.value.flatMap((one) => one.mistakes)
    if (mistakes.length > 0)
      return fail(failure('validation/invalid_input', 'Nobody was imported: some rows are wrong.', { errors: inputErrors(mistakes) }))
    const good = rows.value.filter(isGood)
    const toMake = judged.value.flatMap(({ row, outcome }) => (outcome === 'create' && isGood(row) ? [row] : []))
    const announced = await announceImport(services, call, good, toMake)
    if (!announced.ok) return announced
    const { reply, userIds } = announced.value
    const made = await importUsers(
      services,
      call,
      toMake.flatMap((row) => (userIds.has(row.row) ? [{ row, userId: userIds.get(row.row) as string }] : [])),
    )
    if (!made.ok) return made
    // As it is now: somebody else may have been faster, another run of this file perhaps.
    const found = await judge(call, rows.value)
    if (!found.ok) return found
    const isOurs = ({ row, userId }: Judged) => userId !== undefined && userIds.get(row.row) === userId
    const done = found.value.map((one): Judged => (isOurs(one) ? { ...one, outcome: 'create' } : one))
    return call.answer(reply, report(false, done))
  })

  async function judge(call: Call, rows: ImportRow[]): Promise<Result<Judged[]>> {
    const { workspaceId } = call.caller
    const good = rows.filter(isGood)
    if (good.length === 0) return ok(rows.map((row) => judgement(row, undefined)))
    const holders = await services.workspace(workspaceId).holders(workspaceId, good.map(questionOf))
    if (!holders.ok) return holders
    const planned = new Map<ImportRow, Planned>(good.map((row, i) => [row, planRow(row, holders.value[i] ?? nobody)]))
    return ok(rows.map((row) => judgement(row, planned.get(row))))
  }
}

const nobody = { byEmail: null, byUserId: null, byExternalId: null }

const isGood = (row: ImportRow): row is GoodRow => 'user' in row

function judgement(row: ImportRow, planned: Planned | undefined): Judged {
  if (!isGood(row)) return { row, outcome: 'invalid', mistakes: row.mistakes }
  if (!planned) throw new Error('a row was not planned')
  return { row, mistakes: [], ...planned }
}

function report(dryRun: boolean, judged: Judged[]) {
  const count = (outcome: Judged['outcome']) => judged.filter((one) => one.outcome === outcome).length
  return {
    dryRun,
    create: count('create'),
    unchanged: count('unchanged'),
    conflict: count('conflict'),
    invalid: count('invalid'),
    items: judged.map(({ row, outcome, userId, mistakes }) => ({
      row: row.row,
      ...(isGood(row) && { email: row.user.email }),
      outcome,
      ...(userId !== undefined && { userId }),
      ...(mistakes.length > 0 && { errors: mistakes.map(({ row: _row, ...mistake }) => mistake) }),
    })),
  }
}
