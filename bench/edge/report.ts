// What was measured, as medians of the rounds: a table for people and one document for comparing runs.

import { cpus, totalmem } from 'node:os'
import { median } from './quantiles.ts'
import { type Pace, type Round, rate } from './rounds.ts'
import type { Variant } from './variant.ts'

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
  machine: { model: string; processors: number; memoryGb: number }
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
  const processors = cpus()
  return {
    atMs,
    machine: { model: processors[0]?.model.trim() ?? '', processors: processors.length, memoryGb: Math.round(totalmem() / 2 ** 30) },
    pace,
    lines,
    aims: aimsOf(rounds),
    rounds: Object.fromEntries(rounds),
  }
}

/** Of the same round, so that both sides were measured within seconds of each other. */
function aimsOf(rounds: Map<string, Round[]>): Aim[] {
  const ratio = (above: string, below: string): number => {
    const others = rounds.get(below) ?? []
    return median((rounds.get(above) ?? []).flatMap((round, i) => (others[i] ? [rate(round) / rate(others[i])] : [])))
  }
  const busy = median((rounds.get('… + rate limit, busy principal') ?? []).map(({ ofBare }) => ofBare))
  return [
    { what: 'remembered token + policy + rate limit for a busy principal, of bare', aim: 0.85, reached: busy },
    { what: 'rank read, of an empty object call', aim: 0.95, reached: ratio('rank read', 'empty object call') },
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
    line.ofBare.toFixed(line.ofBare < 0.1 ? 3 : 2),
    [line.note, line.thingsASecond && `${grouped(line.thingsASecond)} logs/s`, line.generatorBusy > 0.9 && 'load generator at its limit']
      .filter(Boolean)
      .join('; '),
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((row) => [...(row[column] ?? '')].length)))
  const row = (values: string[]) =>
    values
      .map((value, i) => (i === 0 || i === 6 ? value.padEnd(widths[i] ?? 0) : value.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  const { rounds, windowMs, connections } = pace
  return [
    `${machine.processors} × ${machine.model}, ${machine.memoryGb} GB, shared with the load generator; ${connections} connections; medians of ${rounds} rounds of ${windowMs} ms`,
    '',
    row(head),
    ...cells.map(row),
    '',
    ...aims.map(({ what, aim, reached }) => `${reached >= aim ? 'reached' : 'missed '}  ${reached.toFixed(2)} (aim ${aim})  ${what}`),
  ].join('\n')
}

const grouped = (value: number): string => Math.round(value).toLocaleString('en')
