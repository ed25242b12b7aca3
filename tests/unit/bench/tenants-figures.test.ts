// What the two tenants send, and what is made of their answers.

import { expect, test } from 'vitest'
import type { Answers, LoadResult } from '../../../bench/open-loop/shots.ts'
import type { Scenario, TenantsReport } from '../../../bench/tenants/bench.ts'
import { shotsOf as ordinaryShots } from '../../../bench/tenants/ordinary.ts'
import { kindsOf, tableOf, troubled } from '../../../bench/tenants/report.ts'
import { type HostilePlan, paceOf, scenarioNames, shotsOf } from '../../../bench/tenants/scenarios.ts'
import { activityLogInput } from '../../../workers/app/activity-log-input.ts'

const hostile: Omit<HostilePlan, 'scenario'> = {
  activityId: 'walk',
  costlyActivityId: 'costly',
  users: ['ada', 'ben'],
  machine: 'token',
  largePicturePath: '/media/w/m',
  workspaceId: 'workspace1',
  address: '198.51.100.',
  idPrefix: 'hostile',
}

test.each(scenarioNames)('%s: requests without end, each another, at a pace', (scenario) => {
  const shot = shotsOf({ ...hostile, scenario })
  const [first, second] = [shot(0), shot(1)]
  expect(paceOf[scenario]).toMatchObject({ kind: 'closed' })
  if (scenario !== 'health calls') expect([first.path, first.body]).not.toEqual([second.path, second.body])
  // What is refused at once would harm nobody: each log is one that the schema takes.
  if (first.label === 'activity log') expect(activityLogInput.safeParse(JSON.parse(first.body ?? ''))).toMatchObject({ success: true })
})

test('the ordinary tenant: half activity logs, a quarter rank reads, the rest pictures, few of them new', () => {
  const plan = { users: ['ada'], machine: 'token', activityId: 'walk', boardId: 'board', idPrefix: 'turn', seed: 1 }
  const shot = ordinaryShots({ ...plan, picturePath: '/media/w/p', address: '203.0.113.1' })
  const shots = Array.from({ length: 400 }, (_, n) => shot(n))
  const count = (label: string) => shots.filter((one) => one.label === label).length
  expect(['activity log', 'rank read', 'small picture', 'new picture'].map(count)).toEqual([190, 100, 100, 10])
  const made = shots.filter(({ label }) => label === 'new picture').map(({ path }) => path)
  expect(new Set(made).size).toBe(made.length)
  expect(new Set(shots.flatMap(({ id }) => id ?? [])).size).toBe(190)
})

const answers = (label: string, ms: number, over: Partial<Answers> = {}): Answers => ({
  label,
  outcome: 'record',
  count: 1,
  inWindow: 1,
  withRetryAfter: 0,
  ms: Float64Array.of(ms),
  ...over,
})
const result = (...all: Answers[]): LoadResult => ({
  arrivals: all.length,
  unsent: 0,
  late: 0,
  windowMs: 1_000,
  answers: all,
  acknowledged: [],
  busy: 0,
})

test('p99 beside and alone, of everything and of each kind; what was refused or kept at the edge is told', () => {
  const scenario: Scenario = {
    name: 'health calls',
    alone: result(answers('activity log', 10), answers('rank read', 4)),
    beside: result(answers('activity log', 30, { outcome: 'edge' }), answers('rank read', 6, { outcome: 'ok' })),
    hostile: result(answers('health', 1, { outcome: 'ok', count: 7 })),
    workerCpu: { alone: 0.2, beside: 0.9 },
  }
  expect(kindsOf(scenario).map(({ label, ratio }) => [label, ratio])).toEqual([
    ['everything', 3],
    ['activity log', 3],
    ['rank read', 1.5],
  ])
  expect(troubled(scenario.beside)).toBe(1)
  const pace = { ratePerSecond: 40, warmUpMs: 0, windowMs: 1_000, side: 1 }
  const report: TenantsReport = { atMs: 0, machine: { model: 'machine', processors: 2, memoryGb: 4 }, pace, scenarios: [scenario] }
  expect(tableOf(report)).toContain('missed   3.00 (aim 2)  p99 of everything beside health calls')
  expect(tableOf(report)).toContain('7 ok')
})
