// `npm run bench:media`: what the delivery of media costs, beside a bare Worker and nginx, and whether memory stays flat
// while a large object streams. See docs/performance.md. Ends with 1 when it does not, or when wrong bytes came.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { extentOf } from '../bench/extent.ts'
import { mediaParts, runMediaBench } from '../bench/media/bench.ts'
import { tableOf } from '../bench/media/report.ts'
import { isFlat } from '../bench/media/streaming.ts'

const { values } = parseArgs({
  options: {
    /** Three short rounds. */
    quick: { type: 'boolean', default: false },
    /** Only whether everything answers. */
    smoke: { type: 'boolean', default: false },
    /** One of the two. */
    only: { type: 'string' },
    /** A file for the figures, all rounds of them, as JSON. */
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const usage = `npm run bench:media -- [--quick | --smoke] [--only ${mediaParts.join(' | ')}] [--out <file>]`
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const parts = mediaParts.filter((part) => values.only === undefined || part === values.only)
if (parts.length === 0) {
  console.error(usage)
  process.exit(2)
}

const report = await runMediaBench({
  extent: extentOf(values),
  parts,
  say: (line) => console.error(`bench: ${line}`),
})
console.log(tableOf(report))
if (values.out) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`)
process.exit(report.flow === null || isFlat(report.flow) ? 0 : 1)
