// What the other tenant does, one thing at a time: the worst that its limits let it do, and what nobody needs a token for.

import type { LoadPlan, Shot, ShotSource } from '../open-loop/shots.ts'

export interface Hostile {
  activityId: string
  /** A rule of its own matches it, whose condition is as costly as the platform takes. */
  costlyActivityId: string
  users: string[]
  machine: string
  largePicturePath: string
  workspaceId: string
  address: string
}

export interface HostilePlan extends Hostile {
  scenario: ScenarioName
  idPrefix: string
}

export const scenarioNames = [
  'many unknown members',
  'largest additional data',
  'costly rules',
  'variants of a large picture',
  'bursts of writes',
  'health calls',
  'sign-in flood',
] as const
export type ScenarioName = (typeof scenarioNames)[number]

/** Requests that are out at once, all the time: the next follows as soon as one is answered or refused. */
export const paceOf: Record<ScenarioName, LoadPlan['pace']> = {
  'many unknown members': { kind: 'closed', outstanding: 4 },
  'largest additional data': { kind: 'closed', outstanding: 16 },
  'costly rules': { kind: 'closed', outstanding: 4 },
  'variants of a large picture': { kind: 'closed', outstanding: 6 },
  'bursts of writes': { kind: 'closed', outstanding: 150 },
  'health calls': { kind: 'closed', outstanding: 50 },
  'sign-in flood': { kind: 'closed', outstanding: 20 },
}

/** 450,000 members: what made a body of 4 MB costly that the platform took. */
const unknownMembers = 450_000
/** The most that additional data may be, nearly. */
const additionalBytes = 16_000

export function shotsOf(data: unknown): ShotSource {
  const plan = data as HostilePlan
  return sources[plan.scenario](plan)
}

const sources: Record<ScenarioName, (plan: HostilePlan) => ShotSource> = {
  'many unknown members': (plan) => {
    const unknown = Array.from({ length: unknownMembers }, (_, n) => `"k${n.toString(36)}":0`).join(',')
    return (n) => log(plan, n, (text) => `${text.slice(0, -1)},${unknown}}`)
  },
  'largest additional data': (plan) => {
    const additionalData = Object.fromEntries(Array.from({ length: Math.floor(additionalBytes / 11) }, (_, n) => [`k${n}`, n % 10]))
    return (n) => log(plan, n, (text) => text, { additionalData })
  },
  'costly rules': (plan) => {
    const additionalData = { a: 'a'.repeat(7_900), b: `${'a'.repeat(3_950)}b${'a'.repeat(3_900)}` }
    return (n) => log(plan, n, (text) => text, { additionalData, activityId: plan.costlyActivityId })
  },
  'variants of a large picture': ({ largePicturePath, address }) => {
    const sizes = [64, 128, 256, 512, 1024, 2048].flatMap((w) =>
      [64, 128, 256, 512, 1024, 2048].flatMap((h) => ['contain', 'cover', 'pad'].map((fit) => `w=${w}&h=${h}&fit=${fit}`)),
    )
    const variants = sizes.flatMap((size) => ['png', 'avif', 'webp', 'jpeg'].map((format) => `${size}&format=${format}`))
    // Another address for every hundred: one alone would soon be refused.
    return (n) => ({ ...get(`${largePicturePath}?${variants[n % variants.length]}`, `${address}${Math.floor(n / 100)}`), label: 'picture' })
  },
  'bursts of writes': (plan) => (n) => log(plan, n),
  'health calls':
    ({ address }) =>
    () => ({ ...get('/health/ready', address), label: 'health' }),
  'sign-in flood':
    ({ workspaceId, address }) =>
    (n) => ({
      method: 'POST',
      path: '/auth/v1/email-codes',
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': `${address}${Math.floor(n / 20)}` },
      body: JSON.stringify({ workspaceId, email: `nobody-${n}@example.com` }),
      label: 'sign-in',
    }),
}

const get = (path: string, address: string) => ({ method: 'GET', path, headers: { 'cf-connecting-ip': address } })

function log(plan: HostilePlan, n: number, written = (text: string): string => text, more: object = {}): Shot {
  const userId = plan.users[n % plan.users.length] as string
  const id = `${plan.idPrefix}-${n}`
  const body = { activityId: plan.activityId, userId, value: 1, outcome: 'SUCCESS', activityLogId: id, ...more }
  const headers = { authorization: `Bearer ${plan.machine}`, 'content-type': 'application/json', 'cf-connecting-ip': plan.address }
  return { method: 'POST', path: '/app/v1/activity-logs', headers, body: written(JSON.stringify(body)), label: 'activity log', id }
}
