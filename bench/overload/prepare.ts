// The workspace that is overloaded: users out of one file, an activity that pays a point, and monthly series that count it.

import { boardQuery } from '../../domain/boards/board-query.ts'
import { allScopes, type Issuing, signToken } from '../../scripts/local/tokens.ts'
import { openWorkspace, send } from '../workspace.ts'

export interface WorkloadSize {
  users: number
  /** Monthly series; each event counts on a board of every one. */
  series: number
  /** Boards over all series, made by events of that many months. */
  boards: number
  machines: number
}

export interface Workload {
  workspaceId: string
  users: string[]
  machines: string[]
  activityId: string
  monthsMs: number[]
  /** The first board of each series. */
  boardIds: string[]
  /** A machine's token for the dashboard. */
  admin: string
}

const activityId = 'walk'
const currencyId = 'points'
const importedAtOnce = 250
/** The last month that events are dated in. */
const lastMonth = { year: 2026, month: 5 }

export async function prepareWorkload(baseUrl: string, issuing: Issuing, workspace: string, size: WorkloadSize): Promise<Workload> {
  const workspaceId = await openWorkspace(baseUrl, issuing, workspace)
  const machine = { workspace, role: 'admin', platform: 'm2m', scope: allScopes.join(' '), ttlSeconds: 3600 } as const
  const admin = await signToken(issuing, workspaceId, { ...machine, user: 'setup', context: 'dashboard' })
  const create = async (path: string, body: object) =>
    (await send('POST', `${baseUrl}/dashboard/v1/${path}`, admin, body)) as Record<string, string>
  await prepareRules(create)
  const monthsMs = monthsBack(Math.max(1, Math.round(size.boards / size.series)))
  const boardIds: string[] = []
  for (let n = 0; n < size.series; n++) boardIds.push(await prepareSeries(create, `series-${n}`, monthsMs[0] as number))
  const users = Array.from({ length: size.users }, (_, n) => `user-${n}`)
  for (let first = 0; first < users.length; first += importedAtOnce)
    await importUsers(baseUrl, admin, users.slice(first, first + importedAtOnce))
  const machines: string[] = []
  for (let n = 0; n < size.machines; n++) machines.push(await signToken(issuing, workspaceId, { ...machine, user: `machine-${n}` }))
  return { workspaceId, users, machines, activityId, monthsMs, boardIds, admin }
}

type Create = (path: string, body: object) => Promise<Record<string, string>>

const described = { defaultLang: 'en', translations: [{ lang: 'en', label: 'Label', description: 'Description' }] }

async function prepareRules(create: Create): Promise<void> {
  await create('virtual-currencies', { ...described, name: 'Points', virtualCurrencyId: currencyId })
  await create('activities', { ...described, name: 'Walk', activityId })
  const rule = await create('reward-rules', {
    name: 'A point a walk',
    ruleType: 'INSTANCE',
    matchEntity: 'Activity',
    matchEntityId: activityId,
    matchCondition: { '==': [{ var: 'event.outcome' }, 'SUCCESS'] },
    applicationMode: 'ALWAYS',
    defaultLang: 'en',
    translations: [{ lang: 'en', description: 'A point' }],
    rewards: [
      { rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: currencyId, redemptionMode: 'AUTO', expression: { var: 'event.value' } },
    ],
  })
  for (const path of [`virtual-currencies/${currencyId}`, `activities/${activityId}`, `reward-rules/${rule.rewardRuleId}`])
    await create(`${path}/publish`, {})
}

async function prepareSeries(create: Create, id: string, startsAtMs: number): Promise<string> {
  await create('runtime-leaderboard-configurations', {
    name: id,
    runtimeLeaderboardConfigurationId: id,
    query: boardQuery(currencyId),
    defaultLang: 'en',
    translations: [{ lang: 'en', label: id }],
  })
  const { runtimeLeaderboardId = '' } = await create('runtime-leaderboards', {
    runtimeLeaderboardConfigurationId: id,
    timeframeType: 'RECURRING',
    recurrence: 'MONTHLY',
    timeframeTimezoneType: 'FIXED',
    timeframeTimezone: 'UTC',
    timeframeStartsAt: new Date(startsAtMs).toISOString(),
    // However old an event is, it counts.
    lateEventsFor: null,
  })
  return runtimeLeaderboardId
}

async function importUsers(baseUrl: string, admin: string, users: string[]): Promise<void> {
  const csv = ['email,userId,nickname', ...users.map((user) => `${user}@bench.invalid,${user},${user}`)].join('\n')
  const headers = { authorization: `Bearer ${admin}`, 'content-type': 'text/csv' }
  const response = await fetch(`${baseUrl}/dashboard/v1/user-imports`, { method: 'POST', headers, body: csv })
  if (response.status >= 300) throw new Error(`users: ${response.status} ${await response.text()}`)
  await response.arrayBuffer()
}

/** Starts of so many months up to the last one, oldest first. */
export const monthsBack = (count: number): number[] =>
  Array.from({ length: count }, (_, n) => Date.UTC(lastMonth.year, lastMonth.month - (count - 1 - n), 1))
