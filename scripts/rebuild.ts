// `npm run rebuild -- --workspace W`: makes index and boards what the record says, and says what differed.
//
//   compare  ->  forget what is wrong  ->  publish everything again  ->  wait until it is applied  ->  compare again
//
// Only what is wrong is taken away first (a newer row or score would not give way to the right one), so lists and
// boards stay whole for their readers meanwhile. Exits 1 if a difference is left. Running it again is harmless.

import { audit, refillHints, summary } from './audit/audit.ts'
import { type Operator, operatorFromCommandLine, pruneIndex, settleAll, throughUsers } from './audit/operator.ts'

async function rebuild(operator: Operator): Promise<boolean> {
  const beforeMs = Date.now()
  await settleAll(operator)
  const before = await audit(operator)
  for (const difference of before.differences) console.log(difference)
  console.log(`before: ${summary(before)}`)
  for (const [kind, keep] of before.rightRows) await pruneIndex(operator, kind, keep, beforeMs)
  await operator.post('/republish')
  let failed = 0
  await throughUsers<{ failed?: number; next: string | null }>(operator, '/republish/users', (page) => {
    failed += page.failed ?? 0
  })
  if (failed > 0) console.log(`${failed} users could not be published; run this again.`)
  for (const { series, periodId, right, differences } of before.boards) {
    const path = `/boards/${encodeURIComponent(series.seriesId)}/${encodeURIComponent(periodId)}/rebuild`
    if (differences > 0) await operator.post(path, { keep: right, beforeMs })
  }
  if (!(await settleAll(operator))) console.log('Some rows are still on their way; comparing anyway.')
  const after = await audit(operator)
  for (const difference of after.differences) console.log(`left: ${difference}`)
  for (const hint of refillHints(after)) console.log(hint)
  console.log(`rebuild ${operator.workspaceId}: ${before.differences.length} differed; now ${summary(after)}`)
  return after.differences.length === 0
}

try {
  if (!(await rebuild(operatorFromCommandLine('rebuild')))) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
