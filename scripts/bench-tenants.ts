// `npm run bench:tenants`: what one tenant's answers take while another does its worst. See docs/performance.md.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { extentOf } from '../bench/extent.ts'
import { runTenants } from '../bench/tenants/bench.ts'
import { kindsOf, tableOf, troubled } from '../bench/tenants/report.ts'
import { scenarioNames } from '../bench/tenants/scenarios.ts'

const { values } = parseArgs({
  options: {
    /** Windows of a few seconds. */
    quick: { type: 'boolean', default: false },
    /** Only whether everything answers. */
    smoke: { type: 'boolean', default: false },
    /** A regular expression: the scenarios that match. */
    only: { type: 'string', default: '' },
    /** A file for the figures, as JSON. */
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const usage = `npm run bench:tenants -- [--quick | --smoke] [--only <regular expression>] [--out <file>]
  ${scenarioNames.join(', ')}`
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const only = new RegExp(values.only)
const scenarios = scenarioNames.filter((name) => only.test(name))
if (scenarios.length === 0) {
  console.error(usage)
  process.exit(2)
}

const report = await runTenants({
  extent: extentOf(values),
  scenarios,
  say: (line) => console.error(`bench: ${Math.round(performance.now() / 1000)} s, ${line}`),
})
console.log(tableOf(report))
if (values.out) {
  const { atMs, machine, pace } = report
  const figures = report.scenarios.map((one) => ({ name: one.name, kinds: kindsOf(one), troubled: troubled(one.beside), ...one.workerCpu }))
  writeFileSync(values.out, `${JSON.stringify({ atMs, machine, pace, scenarios: figures }, null, 2)}\n`)
}
process.exit(0)
