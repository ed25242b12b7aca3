// What the overload makes of what it saw: rest, the log's events, and the aims.

import { expect, test } from 'vitest'
import type { Activity } from '../../../bench/overload/activity.ts'
import type { OverloadReport, Step } from '../../../bench/overload/bench.ts'
import { eventOf } from '../../../bench/overload/event-lines.ts'
import { monthsBack } from '../../../bench/overload/prepare.ts'
import { aimsOf, tableOf } from '../../../bench/overload/report.ts'
import { timeToRest } from '../../../bench/overload/rest.ts'

/** A look a second; `requests` are the regions' sums. */
const watchOf = (requests: number[], over: Partial<Activity> = {}) => {
  let at = 0
  return {
    look: async (): Promise<Activity> => {
      const regionRequests = requests[Math.min(at, requests.length - 1)] as number
      const looked = { atMs: at * 1_000, lines: 0, bytes: 0, events: {}, timeouts: 0, unreplicated: 0, workerCpuMs: 0, regionCpuMs: 0 }
      at++
      return { ...looked, regionRequests, ...over }
    },
  }
}
const patience = { quietMs: 5_000, patienceMs: 60_000, say: () => {}, pause: async () => {} }

test('at rest since the last request to a region, once it was quiet for long enough', async () => {
  expect(await timeToRest(watchOf([0, 50, 90, 90, 90, 100]), patience)).toMatchObject({ afterMs: 5_000, regionRequests: 100 })
})

test('what waits to be replicated, or never ends, is no rest', async () => {
  expect(await timeToRest(watchOf([0], { unreplicated: 1 }), patience)).toMatchObject({ afterMs: null })
  const endless = Array.from({ length: 100 }, (_, n) => n)
  expect(await timeToRest(watchOf(endless), patience)).toMatchObject({ afterMs: null, regionRequests: 60 })
})

test("events of the log are told apart, and a request's line is none", () => {
  const trouble = { level: 'info', event: 'log/region_trouble', region: 'eu-west-1', code: 'region/unavailable' }
  expect(eventOf(JSON.stringify({ ...trouble, detail: 'its breaker is open' }))).toBe('log/region_trouble breaker open')
  expect(eventOf(JSON.stringify({ ...trouble, detail: 'timeout' }))).toBe('log/region_trouble region/unavailable')
  expect(eventOf(JSON.stringify({ event: 'log/kept_at_edge', from: 1, to: 1 }))).toBe('log/kept_at_edge')
  expect(eventOf('{"kind":"request","route":"/health/ready"}')).toBeNull()
  expect(eventOf('not "event":" JSON')).toBeNull()
})

test('months go back from the last one, each a first of a month', () => {
  const months = monthsBack(15).map((ms) => new Date(ms).toISOString().slice(0, 10))
  expect([months[0], months.at(-1), months.length]).toEqual(['2025-04-01', '2026-06-01', 15])
})

const step = (factor: number, recorded: number): Step => ({
  name: `${factor}×`,
  factor,
  offeredPerSecond: 100 * factor,
  load: {
    arrivals: 100,
    unsent: 0,
    late: 0,
    windowMs: 1_000,
    busy: 0,
    answers: [{ label: 'event', outcome: 'record', count: recorded, inWindow: recorded, withRetryAfter: 0, ms: Float64Array.of(5, 9) }],
  },
  platform: { seconds: 1, regionRequests: 0, timeouts: 0, events: {}, logLines: 0, workerCpu: 1, regionCpu: 0.5 },
})
const report: OverloadReport = {
  atMs: 0,
  machine: { model: 'machine', processors: 2, memoryGb: 4 },
  extent: 'smoke',
  size: { users: 1, series: 1, boards: 1, machines: 1 },
  pace: { firstWarmUpMs: 0, warmUpMs: 0, saturationMs: 0, stepMs: 1_000, quietMs: 0, restPatienceMs: 60_000 },
  onePerSecond: 100,
  steps: [step(1, 95), step(10, 79)],
  rest: { afterMs: null, regionRequests: 0, timeouts: 0, events: { 'log/kept_at_edge': 3 } },
  counted: { acknowledged: 174, counted: 175, missing: 0, doubled: 0, untold: 1 },
  differences: 0,
  firstDifferences: [],
  boards: 1,
}

test('the aims: four fifths of 1× at every step, rest, nothing lost or doubled, nothing for verify to say', () => {
  expect(aimsOf(report).map(({ reached, isMet }) => [reached, isMet])).toEqual([
    ['0.95', true],
    ['0.79', false],
    ['never', false],
    ['0', true],
    ['0', true],
  ])
  const whole = { ...report, counted: { ...report.counted, doubled: 1 }, rest: { ...report.rest, afterMs: 4_000 }, differences: 2 }
  expect(aimsOf(whole).map(({ isMet }) => isMet)).toEqual([true, false, true, false, false])
  expect(tableOf(report)).toContain('3 log/kept_at_edge')
})
