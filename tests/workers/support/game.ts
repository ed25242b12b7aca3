// What a workspace plays with: currencies, activities and the rules between them, written and published over the
// dashboard, so that a test says only what it is about.

import { boardQuery } from '../../../domain/boards/board-query.ts'
import type { Client, Reply, Tenant } from './tenant.ts'

export const translations = [{ lang: 'en', label: 'Label', description: 'Description' }]
const base = { defaultLang: 'en', translations }

/** The body of a success; throws with the server's words otherwise. */
export async function must(call: Promise<Reply>): Promise<Reply['body']> {
  const { status, body } = await call
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

export interface RuleDraft {
  activityId: string
  virtualCurrencyId?: string
  applicationMode?: 'ALWAYS' | 'FALLBACK' | 'DISABLED'
  redemptionMode?: 'AUTO' | 'MANUAL'
  matchCondition?: unknown
  expression?: unknown
}

export const ruleBody = (draft: RuleDraft) => ({
  name: 'Rule',
  ruleType: 'INSTANCE',
  matchEntity: 'Activity',
  matchEntityId: draft.activityId,
  matchCondition: draft.matchCondition ?? true,
  applicationMode: draft.applicationMode ?? 'ALWAYS',
  rewards: [
    {
      rewardType: 'VIRTUAL_CURRENCY',
      virtualCurrencyId: draft.virtualCurrencyId ?? 'points',
      redemptionMode: draft.redemptionMode ?? 'AUTO',
      expression: draft.expression ?? { var: 'event.value' },
    },
  ],
  defaultLang: 'en',
  translations: [{ lang: 'en', description: 'Description' }],
})

export const currencyBody = (virtualCurrencyId: string, more: object = {}) => ({ ...base, name: 'Points', virtualCurrencyId, ...more })
export const activityBody = (activityId: string) => ({ ...base, name: 'Walk', activityId })

interface GameDraft {
  currencies?: Record<string, object>
  rules?: RuleDraft[]
}

/** Without a draft: `walk` pays its value in `points`. All is published when this settles. */
export async function publishGame({ admin }: Tenant, { currencies = { points: {} }, rules = [{ activityId: 'walk' }] }: GameDraft = {}) {
  const activities = [...new Set(rules.map(({ activityId }) => activityId))]
  const paths = [
    ...(await Promise.all(
      Object.entries(currencies).map(([id, more]) => created(admin, '/virtual-currencies', 'virtualCurrencyId', currencyBody(id, more))),
    )),
    ...(await Promise.all(activities.map((id) => created(admin, '/activities', 'activityId', activityBody(id))))),
    ...(await Promise.all(rules.map((draft) => created(admin, '/reward-rules', 'rewardRuleId', ruleBody(draft))))),
  ]
  await Promise.all(paths.map((path) => must(admin.post(`${path}/publish`))))
}

async function created(admin: Client, path: string, idMember: string, body: object): Promise<string> {
  return `${path}/${(await must(admin.post(path, body)))[idMember]}`
}

let users = 0
export async function newUser({ admin }: Tenant, more: object = {}): Promise<string> {
  users += 1
  return (await must(admin.post('/users', { email: `user${users}@example.org`, nickname: `User ${users}`, ...more }))).userId
}

/** A machine's log for a user: one unit of `walk` unless said otherwise. */
export const log = ({ machine }: Tenant, userId: string, more: object = {}, headers?: Record<string, string>): Promise<Reply> =>
  machine.post('/activity-logs', { activityId: 'walk', userId, ...more }, headers)

export const balanceOf = async ({ machine }: Tenant, userId: string, currency = 'points'): Promise<number> =>
  (await must(machine.get(`/virtual-balances/${currency}`, { 'x-user-id': userId }))).amount

/** Oldest first, to the last page. */
export const transactionsOf = ({ machine }: Tenant, userId: string): Promise<Reply['body'][]> =>
  machine.all('/virtual-transactions?order=asc&limit=100', { 'x-user-id': userId })

/** Event ids of the user's transactions, oldest first. */
export const eventsOf = async (tenant: Tenant, userId: string): Promise<string[]> =>
  (await transactionsOf(tenant, userId)).map(({ additionalData }) => additionalData.activityLogId)

/** A configuration that ranks `points`, and a board of it: permanent, never too late, unless said otherwise. Answers the board. */
export async function newBoard({ admin }: Tenant, more: object = {}, configuration: object = {}): Promise<Reply['body']> {
  const body = { ...base, name: 'Ranking', query: boardQuery('points'), ...configuration }
  const { runtimeLeaderboardConfigurationId } = await must(admin.post('/runtime-leaderboard-configurations', body))
  const timeframe = {
    timeframeType: 'PERMANENT',
    timeframeTimezoneType: 'FIXED',
    timeframeStartsAt: '2025-01-01T00:00:00Z',
    lateEventsFor: null,
  }
  return must(admin.post('/runtime-leaderboards', { runtimeLeaderboardConfigurationId, ...timeframe, ...more }))
}

export const monthly = { timeframeType: 'RECURRING', recurrence: 'MONTHLY' }

/** [rank, name, score] of every member. */
export async function readBoard(client: Client, boardId: string, limit = 100): Promise<[number, string, number][]> {
  const lines: [number, string, number][] = []
  for (;;) {
    const page = await must(client.get(`/runtime-leaderboards/${boardId}/rankings?limit=${limit}&offset=${lines.length}`))
    for (const { rank, primaryEntityName, score } of page.items) lines.push([rank, primaryEntityName, score])
    if (page.items.length === 0) return lines
  }
}
