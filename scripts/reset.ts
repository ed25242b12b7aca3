// `npm run reset`: forgets everything the local platform has, its keys too. Refuses while it runs.

import { existsSync, rmSync } from 'node:fs'
import { isStillRunning, killAndWait } from './local/processes.ts'
import { liveRun, readRun } from './local/run-file.ts'
import { stateDir, stateEntries } from './local/state-dir.ts'

const { dir, runFile } = stateDir()
const run = liveRun(runFile)
if (run) {
  console.error(`A platform is running on ${dir} (${run.baseUrl}). Stop it first (Ctrl-C where it runs).`)
  process.exit(1)
}
// A killed platform's parts would go on writing into files that are no longer there.
for (const part of readRun(runFile)?.parts ?? []) if (isStillRunning(part)) await killAndWait(part)

if (!existsSync(dir)) {
  console.log(`Nothing to reset: there is no ${dir}.`)
} else {
  // By name, not the directory whole: LAUREL_DIR may have been set to a place that holds other things.
  for (const name of stateEntries) rmSync(`${dir}/${name}`, { recursive: true, force: true })
  console.log(`Reset ${dir}.`)
}
