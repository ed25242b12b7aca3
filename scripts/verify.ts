// `npm run verify -- --workspace W`: holds everything derived against the record and changes nothing but what alarms
// would do anyway. Prints each difference, then one summary line; exits 1 if there is a difference.

import { audit, refillHints, summary } from './audit/audit.ts'
import { operatorFromCommandLine, settleAll } from './audit/operator.ts'

try {
  const operator = operatorFromCommandLine('verify')
  if (!(await settleAll(operator))) console.log('Some objects still have something to write or to send; comparing anyway.')
  const result = await audit(operator)
  for (const difference of result.differences) console.log(difference)
  for (const hint of refillHints(result)) console.log(hint)
  console.log(`verify ${operator.workspaceId}: ${summary(result)}`)
  if (result.differences.length > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
