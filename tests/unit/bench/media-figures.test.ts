// What the benchmark of media makes of what it measured: ratios to the bare Worker and to nginx, memory, and its verdict.

import { expect, test } from 'vitest'
import { nginxName } from '../../../bench/media/delivery-variants.ts'
import { readStatus } from '../../../bench/media/process-memory.ts'
import { deliveryGroup, mediaReport, tableOf } from '../../../bench/media/report.ts'
import { type Flow, isFlat, type Stage } from '../../../bench/media/streaming.ts'
import type { Pace, Round } from '../../../bench/rounds.ts'

const pace: Pace = { rounds: 3, connections: 32, firstWarmUpMs: 0, warmUpMs: 0, windowMs: 1_000, referenceEvery: 3 }
const variant = (name: string) => ({ name, url: '', pids: [], expects: [200], requests: () => [{}] })
const round = (requests: number, ofBare: number): Round => ({
  requests,
  ofBare,
  windowMs: 1_000,
  statuses: { 200: requests },
  errors: 0,
  p50Ms: 1,
  p99Ms: 2,
  cpuMicrosecondsARequest: 1e6 / requests,
  generatorBusy: 0.5,
})

const stage = (name: string, highest: number, isRight = true): Stage => ({ name, seconds: 2, before: 50e6, highest, after: 60e6, isRight })
const flow = (...stages: Stage[]): Flow => ({ size: 1e9, restingBytes: 50e6, boundBytes: 128e6, stages })
const report = (parts: Partial<Parameters<typeof mediaReport>[0]>) =>
  tableOf(mediaReport({ atMs: 0, pace, nginx: null, groups: [], flow: null, ...parts }))

const bare = [round(10_000, 1), round(5_000, 1), round(9_000, 1)]
// The machine was slow in the second round, for all alike.
const ours = [round(4_000, 0.4), round(2_000, 0.4), round(3_600, 0.4)]
const nginx = [round(40_000, 4), round(20_000, 4), round(36_000, 4)]

test('a group has medians of rounds, bytes, and ratios to bare and to nginx in the same round', () => {
  const rounds = new Map([
    ['bare', bare],
    [nginxName, nginx],
    ['ours', ours],
  ])
  const group = deliveryGroup({ title: '4 KiB', bytes: 4096, variants: [variant('bare'), variant(nginxName), variant('ours')] }, rounds)
  expect(
    group.lines.map(({ name, requestsASecond, bytesASecond, ofBare, ofNginx }) => [name, requestsASecond, bytesASecond, ofBare, ofNginx]),
  ).toEqual([
    ['bare', 9_000, 9_000 * 4096, 1, 0.25],
    [nginxName, 36_000, 36_000 * 4096, 4, 1],
    ['ours', 3_600, 3_600 * 4096, 0.4, 0.1],
  ])
  const table = report({ nginx: 'nginx/1.22.1', groups: [group] })
  expect(table).toMatch(/^4 KiB$/m)
  expect(table).toMatch(/^ {2}ours +3,600 +15 +1\.00 +2\.00 +278 +0\.40 +0\.10$/m)
  expect(table).toContain('nginx/1.22.1')
})

test('without nginx nothing is compared with it, and an answer without a body has no bytes a second', () => {
  const rounds = new Map([
    ['bare', bare],
    ['ours', ours],
  ])
  const group = deliveryGroup({ title: 'HEAD', bytes: 0, variants: [variant('bare'), variant('ours')] }, rounds)
  expect(group.lines.map(({ bytesASecond, ofNginx }) => [bytesASecond, ofNginx])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ])
  const table = report({ groups: [group] })
  expect(table).toContain('nginx is not installed')
  expect(table).not.toContain('of nginx')
})

test('memory is in kB of 1,024 bytes, and not to be known where the kernel does not tell', () => {
  const status = 'Name:\tworkerd\nVmPeak:\t  999999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nRssAnon:\t 108 kB\n'
  expect(readStatus(status)).toEqual({ residentBytes: 2 ** 20, highestBytes: 2 ** 21 })
  expect(readStatus('')).toEqual({ residentBytes: Number.NaN, highestBytes: Number.NaN })
})

test('the large object passes when every byte is right and no stage rises above the bound', () => {
  expect(isFlat(flow(stage('up', 100e6), stage('down', 178e6)))).toBe(true)
  expect(isFlat(flow(stage('up', 100e6), stage('down', 179e6)))).toBe(false)
  expect(isFlat(flow(stage('up', 100e6), stage('down', 100e6, false)))).toBe(false)
  expect(isFlat(flow(stage('up', Number.NaN)))).toBe(true)
  expect(isFlat(flow(stage('up', Number.NaN, false)))).toBe(false)
})

test('the report says how far each stage rose, and whether memory was flat', () => {
  const table = report({ flow: flow(stage('up', 100e6), stage('down', 150e6)) })
  expect(table).toMatch(/^down +2\.0 +500 +50 +150 +60 +100 {2}right$/m)
  expect(table).toContain('flat     100 MB above rest at most (bound 128 MB)')
  expect(report({ flow: flow(stage('down', 500e6, false)) })).toMatch(/WRONG\n\nNOT FLAT {2}450 MB/)
  expect(report({ flow: flow(stage('down', Number.NaN)) })).toContain('unknown')
})
