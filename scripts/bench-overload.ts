// `npm run bench:overload`: what the platform does with once, twice, five and ten times the load it can take, and how it
// comes to rest. See docs/performance.md.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { extentOf } from '../bench/extent.ts'
import { runOverload } from '../bench/overload/bench.ts'
import { tableOf } from '../bench/overload/report.ts'
import { percentile } from '../bench/quantiles.ts'

const { values } = parseArgs({
  options: {
    /** The whole workload, in steps of a few seconds. */
    quick: { type: 'boolean', default: false },
    /** Only whether everything answers and is counted. */
    smoke: { type: 'boolean', default: false },
    users: { type: 'string' },
    boards: { type: 'string' },
    series: { type: 'string' },
    machines: { type: 'string' },
    /** Of each step. */
    seconds: { type: 'string' },
    /** Times 1×. */
    steps: { type: 'string', default: '1,2,5,10' },
    /** A file for all figures, as JSON. */
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`npm run bench:overload -- [--quick | --smoke] [--steps 1,2,5,10] [--seconds <of each step>]
  [--users N] [--boards N] [--series N] [--machines N] [--out <file>]`)
  process.exit(0)
}

const whole = (name: 'users' | 'boards' | 'series' | 'machines' | 'seconds'): number | undefined => {
  const text = values[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  console.error(`--${name} is a whole number above 0, not "${text}".`)
  process.exit(2)
}
const factors = values.steps.split(',').map(Number)
if (!factors.every((factor) => factor > 0)) {
  console.error(`--steps are numbers above 0, not "${values.steps}".`)
  process.exit(2)
}
const size = Object.fromEntries(
  (['users', 'boards', 'series', 'machines'] as const).flatMap((name) => {
    const value = whole(name)
    return value === undefined ? [] : [[name, value]]
  }),
)

/** A summary of the answers' times in place of all of them. */
const withoutTimes = (_: string, value: unknown): unknown =>
  value instanceof Float64Array ? { p50: percentile(value, 50), p99: percentile(value, 99), highest: value.at(-1) } : value

const report = await runOverload({
  extent: extentOf(values),
  size,
  stepSeconds: whole('seconds'),
  factors,
  say: (line) => console.error(`bench: ${Math.round(performance.now() / 1000)} s, ${line}`),
})
console.log(tableOf(report))
if (values.out) writeFileSync(values.out, `${JSON.stringify(report, withoutTimes, 2)}\n`)
process.exit(0)
