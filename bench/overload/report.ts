// What a run says, for people: a line for each step, what came after, and the aims.

import type { Answers } from '../open-loop/shots.ts'
import { percentile } from '../quantiles.ts'
import { grouped, laidOut } from '../table.ts'
import { type OverloadReport, perSecond, type Step } from './bench.ts'

export interface Aim {
  what: string
  reached: string
  isMet: boolean
}

const goodputAim = 0.8

export function tableOf(report: OverloadReport): string {
  const { machine, size, pace, steps, rest, counted } = report
  const head = [
    '',
    'offered/s',
    'recorded/s',
    'of 1×',
    'edge/s',
    '503/s',
    'no Retry-After',
    'other/s',
    'p50 ms',
    'p99 ms',
    'refusal p99',
    'unsent',
    'Worker CPU',
    'regions CPU',
    'to regions/s',
    'timeouts',
    '',
  ]
  return [
    `${machine.processors} × ${machine.model}, ${machine.memoryGb} GB, shared with the load generator`,
    `${size.users} users, ${size.series} series, ${report.boards} boards, ${size.machines} machine clients; ${pace.stepMs / 1000} s a step`,
    '',
    ...laidOut([head, ...steps.map((step) => cellsOf(step, report.onePerSecond))], [0, 16]),
    '',
    `after the end  ${rest.afterMs === null ? `not at rest within ${pace.restPatienceMs / 1000} s` : `at rest after ${(rest.afterMs / 1000).toFixed(0)} s`}; ${grouped(rest.regionRequests)} requests to regions, ${grouped(rest.timeouts)} timeouts`,
    ...eventsOf(rest.events),
    `events         ${grouped(counted.acknowledged)} acknowledged, ${grouped(counted.counted)} counted; ${counted.missing} missing, ${counted.doubled} doubled, ${counted.untold} counted that were not acknowledged`,
    `verify         ${grouped(report.differences)} differences`,
    ...report.firstDifferences.map((one) => `  ${one.slice(0, 200)}`),
    '',
    ...aimsOf(report).map(({ what, reached, isMet }) => `${isMet ? 'reached' : 'missed '}  ${reached}  ${what}`),
  ].join('\n')
}

function cellsOf(step: Step, onePerSecond: number): string[] {
  const { load, platform, offeredPerSecond } = step
  const of = (isIt: (one: Answers) => boolean) => load.answers.filter(isIt)
  const seconds = load.windowMs / 1000
  const rate = (isIt: (one: Answers) => boolean) => of(isIt).reduce((sum, { inWindow }) => sum + inWindow, 0) / seconds
  const others = of(({ outcome }) => !['record', 'edge', 'busy'].includes(outcome))
  const busy = of(({ outcome }) => outcome === 'busy')
  const accepted = sorted(of(({ outcome }) => outcome === 'record' || outcome === 'edge'))
  const without = busy.reduce((sum, { count, withRetryAfter }) => sum + count - withRetryAfter, 0)
  const recorded = perSecond(step, 'record')
  return [
    step.name,
    offeredPerSecond === null ? '' : offeredPerSecond.toFixed(0),
    recorded.toFixed(1),
    (recorded / onePerSecond).toFixed(2),
    rate(({ outcome }) => outcome === 'edge').toFixed(1),
    rate(({ outcome }) => outcome === 'busy').toFixed(1),
    String(without),
    rate((one) => others.includes(one)).toFixed(1),
    milliseconds(percentile(accepted, 50)),
    milliseconds(percentile(accepted, 99)),
    milliseconds(percentile(sorted(busy), 99)),
    grouped(load.unsent),
    platform.workerCpu.toFixed(2),
    platform.regionCpu.toFixed(2),
    (platform.regionRequests / platform.seconds).toFixed(0),
    grouped(platform.timeouts),
    [
      ...others.map(({ outcome, count }) => `${count} ${outcome}`),
      load.late > 0 && `${grouped(load.late)} sent late`,
      load.busy > 0.9 && 'load generator at its limit',
    ]
      .filter(Boolean)
      .join('; '),
  ]
}

function eventsOf(events: Record<string, number>): string[] {
  const all = Object.entries(events).sort(([, a], [, b]) => b - a)
  return all.length === 0 ? [] : [`  reported:    ${all.map(([name, count]) => `${grouped(count)} ${name}`).join(', ')}`]
}

export function aimsOf({ steps, onePerSecond, rest, counted, differences }: OverloadReport): Aim[] {
  const goodput = steps
    .filter(({ factor }) => factor !== null)
    .map((step): Aim => {
      const share = perSecond(step, 'record') / onePerSecond
      return { what: `of 1× is recorded at ${step.name} (aim ${goodputAim})`, reached: share.toFixed(2), isMet: share >= goodputAim }
    })
  const isWhole = counted.missing === 0 && counted.doubled === 0
  return [
    ...goodput,
    { what: 'seconds to rest', reached: rest.afterMs === null ? 'never' : (rest.afterMs / 1000).toFixed(0), isMet: rest.afterMs !== null },
    { what: 'acknowledged events missing or doubled', reached: String(counted.missing + counted.doubled), isMet: isWhole },
    { what: 'differences for verify', reached: grouped(differences), isMet: differences === 0 },
  ]
}

const sorted = (answers: Answers[]): Float64Array => Float64Array.from(answers.flatMap(({ ms }) => [...ms])).sort()
const milliseconds = (value: number): string => (Number.isNaN(value) ? '' : value.toFixed(0))
