// What was measured, as medians of the rounds: a table for people and one document for comparing runs.

import { median } from '../quantiles.ts'
import { type Pace, type Round, rate } from '../rounds.ts'
import { grouped, laidOut, type Machine, machineOf, ratio, saidOf } from '../table.ts'
import { type Group, nginxName } from './delivery-variants.ts'
import type { Flow } from './streaming.ts'

export interface DeliveryLine {
  name: string
  requestsASecond: number
  /** Of bodies; absent where there is none. */
  bytesASecond?: number
  p50Ms: number
  p99Ms: number
  cpuMicrosecondsARequest: number
  ofBare: number
  /** Absent where there is no nginx. */
  ofNginx?: number
  /** How busy the load generator was: near 1, it was the limit. */
  generatorBusy: number
}

export interface DeliveryGroup {
  title: string
  lines: DeliveryLine[]
  rounds: Record<string, Round[]>
}

export interface MediaReport {
  atMs: number
  machine: Machine
  pace: Pace
  /** As it says itself; null where it is not installed. */
  nginx: string | null
  groups: DeliveryGroup[]
  /** Of the large object; null where it was left out. */
  flow: Flow | null
}

export function deliveryGroup({ title, bytes, variants }: Group, rounds: Map<string, Round[]>): DeliveryGroup {
  const nginx = rounds.get(nginxName)
  const lines = variants.map(({ name }): DeliveryLine => {
    const own = rounds.get(name) ?? []
    const of = (value: (round: Round) => number) => median(own.map(value))
    return {
      name,
      requestsASecond: of(rate),
      ...(bytes > 0 && { bytesASecond: of(rate) * bytes }),
      p50Ms: of(({ p50Ms }) => p50Ms),
      p99Ms: of(({ p99Ms }) => p99Ms),
      cpuMicrosecondsARequest: of(({ cpuMicrosecondsARequest }) => cpuMicrosecondsARequest),
      ofBare: of(({ ofBare }) => ofBare),
      // Of the same round, so that both sides were measured within seconds of each other.
      ...(nginx && { ofNginx: median(own.flatMap((round, i) => (nginx[i] ? [rate(round) / rate(nginx[i])] : []))) }),
      generatorBusy: of(({ generatorBusy }) => generatorBusy),
    }
  })
  return { title, lines, rounds: Object.fromEntries(rounds) }
}

export const mediaReport = (rest: Omit<MediaReport, 'machine'>): MediaReport => ({ machine: machineOf(), ...rest })

export function tableOf({ machine, pace, nginx, groups, flow }: MediaReport): string {
  const head = ['', 'requests/s', 'MB/s', 'p50 ms', 'p99 ms', 'CPU µs', 'of bare', nginx ? 'of nginx' : '', '']
  const rows = groups.flatMap(({ title, lines }) => [[title], ...lines.map(cellsOf)])
  const delivery = [`${saidOf(machine, pace)}; ${nginx ?? 'nginx is not installed'}`, '', ...laidOut([head, ...rows], [0, 8])]
  return [...(groups.length > 0 ? delivery : []), ...(groups.length > 0 && flow ? [''] : []), ...(flow ? flowLines(flow) : [])].join('\n')
}

const cellsOf = (line: DeliveryLine): string[] => [
  `  ${line.name}`,
  grouped(line.requestsASecond),
  line.bytesASecond === undefined ? '' : grouped(line.bytesASecond / 1e6),
  line.p50Ms.toFixed(2),
  line.p99Ms.toFixed(2),
  Number.isNaN(line.cpuMicrosecondsARequest) ? '' : grouped(line.cpuMicrosecondsARequest),
  ratio(line.ofBare),
  line.ofNginx === undefined ? '' : ratio(line.ofNginx),
  line.generatorBusy > 0.9 ? 'load generator at its limit' : '',
]

const megabytes = (bytes: number) => (Number.isNaN(bytes) ? '?' : (bytes / 1e6).toFixed(0))

function flowLines({ size, restingBytes, boundBytes, stages }: Flow): string[] {
  const head = ['', 'seconds', 'MB/s', 'MB before', 'highest', 'after', 'above rest', 'checksum']
  const rows = stages.map(({ name, seconds, before, highest, after, isRight }) => [
    name,
    seconds.toFixed(1),
    grouped(size / seconds / 1e6),
    megabytes(before),
    megabytes(highest),
    megabytes(after),
    megabytes(highest - restingBytes),
    isRight ? 'right' : 'WRONG',
  ])
  return [
    `${grouped(size)} bytes through the Worker; memory of workerd, which rests at ${megabytes(restingBytes)} MB`,
    '',
    ...laidOut([head, ...rows], [0, 7]),
    '',
    ...verdictOf(stages, restingBytes, boundBytes),
  ]
}

function verdictOf(stages: Flow['stages'], restingBytes: number, boundBytes: number): string[] {
  const rise = Math.max(...stages.map(({ highest }) => highest - restingBytes))
  if (Number.isNaN(rise)) return ['unknown  memory cannot be read here']
  return [`${rise <= boundBytes ? 'flat   ' : 'NOT FLAT'}  ${megabytes(rise)} MB above rest at most (bound ${megabytes(boundBytes)} MB)`]
}
