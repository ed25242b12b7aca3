// What a run says, for people: a line for each thing that the other tenant does, and the ratio of each kind of answer.

import type { LoadResult } from '../open-loop/shots.ts'
import { percentile } from '../quantiles.ts'
import { laidOut } from '../table.ts'
import type { Scenario, TenantsReport } from './bench.ts'

export const ratioAim = 2

export interface Kind {
  label: string
  aloneMs: number
  besideMs: number
  ratio: number
}

export function tableOf({ machine, pace, scenarios }: TenantsReport): string {
  const head = ['', 'kind of request', 'p99 ms alone', 'beside', 'ratio', 'not as alone', 'Worker CPU', 'what the other was answered']
  const rows = scenarios.flatMap((scenario) =>
    kindsOf(scenario).map(({ label, aloneMs, besideMs, ratio }, i) => [
      i === 0 ? scenario.name : '',
      label,
      figure(aloneMs, 0),
      figure(besideMs, 0),
      figure(ratio, 2),
      i === 0 ? String(troubled(scenario.beside)) : '',
      i === 0 ? `${scenario.workerCpu.alone.toFixed(2)} → ${scenario.workerCpu.beside.toFixed(2)}` : '',
      i === 0 ? answered(scenario.hostile) : '',
    ]),
  )
  return [
    `${machine.processors} × ${machine.model}, ${machine.memoryGb} GB, shared with the load generators; ${pace.ratePerSecond} ordinary requests a second, ${pace.windowMs / 1000} s each`,
    '',
    ...laidOut([head, ...rows], [0, 1, 7]),
    '',
    ...scenarios.map((scenario) => {
      const { ratio } = everything(scenario)
      const isMet = ratio <= ratioAim && troubled(scenario.beside) === 0
      return `${isMet ? 'reached' : 'missed '}  ${ratio.toFixed(2)} (aim ${ratioAim})  p99 of everything beside ${scenario.name}`
    }),
  ].join('\n')
}

/** Everything together first, then each kind. */
export const kindsOf = (scenario: Scenario): Kind[] => [
  everything(scenario),
  ...[...new Set(scenario.alone.answers.map(({ label }) => label))].sort().map((label) => kindOf(scenario, label)),
]

const everything = (scenario: Scenario): Kind => ({ ...kindOf(scenario), label: 'everything' })

function kindOf({ alone, beside }: Scenario, label?: string): Kind {
  const p99 = ({ answers }: LoadResult) =>
    percentile(
      Float64Array.from(answers.filter((one) => label === undefined || one.label === label).flatMap(({ ms }) => [...ms])).sort(),
      99,
    )
  const [aloneMs, besideMs] = [p99(alone), p99(beside)]
  return { label: label ?? '', aloneMs, besideMs, ratio: besideMs / aloneMs }
}

/** Requests of the ordinary tenant that were not recorded, or not answered with what was asked for. */
export const troubled = ({ answers, unsent }: LoadResult): number =>
  answers.filter(({ outcome }) => outcome !== 'record' && outcome !== 'ok').reduce((sum, { count }) => sum + count, unsent)

const answered = ({ answers }: LoadResult): string => answers.map(({ outcome, count }) => `${count} ${outcome}`).join(', ')

/** Nothing where there was nothing to measure. */
const figure = (value: number, digits: number): string => (Number.isNaN(value) ? '' : value.toFixed(digits))
