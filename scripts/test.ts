// `npm test`: the checks, then the three test projects one after another. All of it runs whatever fails; the last line
// counts the tests of all projects.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './local/state-dir.ts'
import { runStep } from './local/steps.ts'

interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: Array<{ status: string; assertionResults: unknown[] }>
}

const reports = mkdtempSync(join(tmpdir(), 'laurel-test-'))
const total = { passed: 0, failed: 0, skipped: 0 }
let isGood = true

const check = await runStep({ name: 'check', command: process.execPath, args: [join(root, 'scripts/check.ts')], isStreamed: true })
isGood &&= check === 0
for (const project of ['unit', 'workers', 'e2e']) {
  const file = join(reports, `${project}.json`)
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...process.argv.slice(2)]
  const code = await runStep({ name: `tests: ${project}`, command: 'vitest', args, isStreamed: true })
  isGood &&= code === 0
  count(file)
}
rmSync(reports, { recursive: true, force: true })
if (!isGood) console.log('FAILED')
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(isGood && total.failed === 0 ? 0 : 1)

function count(file: string): void {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    total.passed += report.numPassedTests
    // A file that does not even load has no tests to fail; it counts as one.
    const unloaded = report.testResults.filter((result) => result.status === 'failed' && result.assertionResults.length === 0).length
    total.failed += report.numFailedTests + unloaded
    total.skipped += report.numPendingTests + report.numTodoTests
  } catch {
    isGood = false
    total.failed++
  }
}
