// `npm run bench`: what the edge costs, step by step; what the worst costs that anybody may send; what overload does; and what
// one tenant's answers take while another does its worst. See docs/performance.md.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runBench } from '../bench/edge/bench.ts'
import { tableOf } from '../bench/edge/report.ts'
import { extentOf } from '../bench/extent.ts'
import { runOverload } from '../bench/overload/bench.ts'
import { tableOf as tableOfOverload } from '../bench/overload/report.ts'
import { runTenants } from '../bench/tenants/bench.ts'
import { tableOf as tableOfTenants } from '../bench/tenants/report.ts'
import { scenarioNames } from '../bench/tenants/scenarios.ts'
import { runWorst } from '../bench/worst/worst.ts'

const { values } = parseArgs({
  options: {
    /** Three short rounds. */
    quick: { type: 'boolean', default: false },
    /** Only whether everything answers. */
    smoke: { type: 'boolean', default: false },
    /** A file for the figures, all rounds of them, as JSON. */
    out: { type: 'string' },
    /** A regular expression: of the edge alone, the variants to measure beside bare. */
    only: { type: 'string' },
    /** Of the edge: without the activity logs. */
    'no-platform': { type: 'boolean', default: false },
    /** What the worst costs, and nothing else. */
    worst: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log('npm run bench -- [--quick | --smoke] [--only <regular expression>] [--no-platform] [--worst] [--out <file>]')
  process.exit(0)
}

const extent = extentOf(values)
const say = (line: string) => console.error(`bench: ${line}`)
const figures: Record<string, unknown> = {}
const print = (title: string, table: string) => console.log(`\n${title}\n\n${table}`)

if (!values.worst) {
  const only = values.only === undefined ? undefined : new RegExp(values.only)
  const edge = await runBench({ extent, only, hasPlatform: !values['no-platform'], say })
  print('The edge', tableOf(edge))
  figures.edge = edge
}
if (values.only === undefined) {
  const { text, ...worst } = await runWorst()
  print('The worst that is accepted', text)
  figures.worst = worst
}
if (!values.worst && values.only === undefined) {
  print('Overload', tableOfOverload(await runOverload({ extent, say })))
  print('Two tenants', tableOfTenants(await runTenants({ extent, scenarios: scenarioNames, say })))
}
if (values.out) writeFileSync(values.out, `${JSON.stringify(figures, null, 2)}\n`)
process.exit(0)
