// `npm run bench`: what the edge costs, step by step, on workerd itself. See docs/performance.md.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runBench } from '../bench/edge/bench.ts'
import { tableOf } from '../bench/edge/report.ts'
import { extentOf } from '../bench/extent.ts'
import { runWorst } from '../bench/worst/worst.ts'

const { values } = parseArgs({
  options: {
    /** Three short rounds. */
    quick: { type: 'boolean', default: false },
    /** Only whether everything answers. */
    smoke: { type: 'boolean', default: false },
    /** A file for the figures, all rounds of them, as JSON. */
    out: { type: 'string' },
    /** A regular expression: the variants to measure beside bare. */
    only: { type: 'string' },
    'no-platform': { type: 'boolean', default: false },
    /** In place of all that: what the worst costs that anybody may send. */
    worst: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log('npm run bench -- [--quick | --smoke] [--only <regular expression>] [--no-platform] [--worst] [--out <file>]')
  process.exit(0)
}

if (values.worst) {
  const { text, ...figures } = await runWorst()
  console.log(text)
  if (values.out) writeFileSync(values.out, `${JSON.stringify(figures, null, 2)}\n`)
  process.exit(0)
}

const report = await runBench({
  extent: extentOf(values),
  only: values.only === undefined ? undefined : new RegExp(values.only),
  hasPlatform: !values['no-platform'],
  say: (line) => console.error(`bench: ${line}`),
})
console.log(tableOf(report))
if (values.out) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`)
process.exit(0)
