// What was measured, as medians of the rounds: a table for people and one document for comparing runs.

import { median } from '../quantiles.ts'
import { type Pace, type Round, rate } from '../rounds.ts'
import { grouped, laidOut, type Machine, machineOf, ratio, saidOf } from '../table.ts'
import type { Variant } from '../variant.ts'

export interface Line {
  name: string
  requestsASecond: number
  /** Where a request does several things. */
  thingsASecond?: number
  p50Ms: number
  p99Ms: number
  cpuMicrosecondsARequest: number
  ofBare: number
  /** How busy the load generator was: near 1, it was the limit. */
  generatorBusy: number
  note?: string
}

export interface Aim {
  what: string
  aim: number
  reached: number
}

export interface Report {
  atMs: number
  machine: Machine
  pace: Pace
  lines: Line[]
  aims: Aim[]
  rounds: Record<string, Round[]>
}

export function reportOf(variants: readonly Variant[], rounds: Map<string, Round[]>, pace: Pace, atMs: number): Report {
  const lines = variants.map((variant): Line => {
    const own = rounds.get(variant.name) ?? []
    const of = (value: (round: Round) => number) => median(own.map(value))
    const requestsASecond = of(rate)
    return {
      name: variant.name,
      requestsASecond,
      ...(variant.things !== undefined && { thingsASecond: requestsASecond * variant.things }),
      p50Ms: of(({ p50Ms }) => p50Ms),
      p99Ms: of(({ p99Ms }) => p99Ms),
      cpuMicrosecondsARequest: of(({ cpuMicrosecondsARequest }) => cpuMicrosecondsARequest),
      ofBare: of(({ ofBare }) => ofBare),
      generatorBusy: of(({ generatorBusy }) => generatorBusy),
      ...(variant.note && { note: variant.note(own) }),
    }
  })
  return {
    atMs,
    machine: machineOf(),
    pace,
    lines,
    aims: aimsOf(rounds),
    rounds: Object.fromEntries(rounds),
  }
}

/** Of the same round, so that both sides were measured within seconds of each other. */
function aimsOf(rounds: Map<string, Round[]>): Aim[] {
  const ofOther = (above: string, below: string): number => {
    const others = rounds.get(below) ?? []
    return median((rounds.get(above) ?? []).flatMap((round, i) => (others[i] ? [rate(round) / rate(others[i])] : [])))
  }
  const busy = median((rounds.get('… + rate limit, busy principal') ?? []).map(({ ofBare }) => ofBare))
  return [
    { what: 'remembered token + policy + rate limit for a busy principal, of bare', aim: 0.85, reached: busy },
    { what: 'rank read, of an empty object call', aim: 0.95, reached: ofOther('rank read', 'empty object call') },
  ].filter(({ reached }) => !Number.isNaN(reached))
}

export function tableOf({ lines, aims, machine, pace }: Report): string {
  const head = ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs', 'of bare', '']
  const cells = lines.map((line) => [
    line.name,
    grouped(line.requestsASecond),
    line.p50Ms.toFixed(2),
    line.p99Ms.toFixed(2),
    Number.isNaN(line.cpuMicrosecondsARequest) ? '' : grouped(line.cpuMicrosecondsARequest),
    ratio(line.ofBare),
    [line.note, line.thingsASecond && `${grouped(line.thingsASecond)} logs/s`, line.generatorBusy > 0.9 && 'load generator at its limit']
      .filter(Boolean)
      .join('; '),
  ])
  return [
    saidOf(machine, pace),
    '',
    ...laidOut([head, ...cells], [0, 6]),
    '',
    ...aims.map(({ what, aim, reached }) => `${reached >= aim ? 'reached' : 'missed '}  ${reached.toFixed(2)} (aim ${aim})  ${what}`),
  ].join('\n')
}
