// A series that earlier commits must be folded into: every user is asked to push their totals. A page of users a
// message; the next page is a message of its own, and the workspace is told at the very end. A page that gets lost with
// the queue is no harm: the workspace still has the row and sends it from the start.

import { mapBounded } from '../concurrency.ts'
import type { Services } from '../services.ts'
import { bearUser } from '../user-commands.ts'
import type { Incoming } from './rows.ts'
import { newestSeries } from './series-named.ts'

const pageSize = 100

export async function consumeBackfill(services: Services, rows: Incoming<'backfill'>[]): Promise<void> {
  for (const row of rows) {
    try {
      await backfillPage(services, row)
    } catch (thrown) {
      row.error = thrown
    }
  }
}

async function backfillPage(services: Services, incoming: Incoming<'backfill'>): Promise<void> {
  const { workspaceId, body, message, row } = incoming
  // Users that are made from now on know the series from their first commit; those made before are in the directory.
  if (body.after === null) await services.settleRules()
  const series = await newestSeries(services, workspaceId, body.seriesId)
  const page = await services.workspace(workspaceId).directory(workspaceId, body.after, pageSize)
  if (!page.ok) throw new Error(`directory: ${page.error.code}`)
  await mapBounded(page.value, async ({ userId, deleted }) => {
    if (deleted) return
    const ref = { workspaceId, userId }
    const pushed = await services.player(ref).pushSeries(ref, series)
    if (pushed.ok) return
    if (pushed.error.code !== 'resource/not_found') throw new Error(`pushSeries: ${pushed.error.code}`)
    // Claimed and not yet born, perhaps by somebody who remembers older rules: it is born with these.
    const born = await bearUser(services, ref, series.sinceRuleSet, `outbox:${row.id}`)
    const again = born.ok ? await services.player(ref).pushSeries(ref, series) : pushed
    if (!again.ok && again.error.code !== 'resource/not_found') throw new Error(`pushSeries: ${again.error.code}`)
  })
  const last = page.value.at(-1)
  if (last && page.value.length === pageSize) {
    await services.enqueue([{ ...message, rows: [{ ...row, body: { ...body, after: last.userId } }] }])
    incoming.state = 'kept'
  } else incoming.state = 'done'
}
