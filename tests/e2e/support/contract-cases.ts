// One call that succeeds for each operation, what makes each of its own refusals, and what there must be before.

import { boardQuery } from '../../../domain/boards/board-query.ts'
import type { Call, Case } from './contract-case.ts'
import { send } from './game.ts'
import { mediaCases, prepareMedia } from './media-cases.ts'
import type { Platform } from './platform.ts'

export interface Fixtures {
  /** By API and caller: `app person`, `dashboard forbidden`. */
  tokens: Record<string, string>
  transactionId: string
  ruleId: string
  boardId: string
  pendingId: string
  gonerId: string
}

const translations = [
  { lang: 'en', label: 'Label', description: 'Description' },
  { lang: 'de', label: 'Name', description: 'Beschreibung' },
]
const base = { defaultLang: 'en', translations }
const currency = { ...base, name: 'Points', minAllowedBalance: 0, maxAllowedBalance: 1e6, icon: 'https://example.org/icon.png' }
const activity = { ...base, name: 'Walk' }
const rule = {
  name: 'A point',
  ruleType: 'INSTANCE',
  matchEntity: 'Activity',
  matchEntityId: 'walk',
  matchCondition: { '>': [{ var: 'event.value' }, 0] },
  applicationMode: 'ALWAYS',
  rewards: [{ rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: 'points', redemptionMode: 'AUTO', expression: { var: 'event.value' } }],
  defaultLang: 'en',
  translations: translations.map(({ lang, description }) => ({ lang, description })),
}
const configuration = { ...base, name: 'Ranking', description: 'Points', query: boardQuery('points'), displayTopN: 3 }
const user = {
  nickname: 'Grace',
  profileImage: 'https://example.org/grace.png',
  lang: 'en',
  timezone: 'Europe/London',
  firstName: 'Grace',
  lastName: 'Hopper',
}
const permanent = { timeframeType: 'PERMANENT', timeframeTimezoneType: 'FIXED', timeframeStartsAt: '2025-01-01T00:00:00Z' }
const monthly = { ...permanent, timeframeType: 'RECURRING', recurrence: 'MONTHLY' }
const future = { timeframeStartsAt: '2999-01-01T00:00:00Z' }
const event = {
  activityId: 'walk',
  userId: 'ada',
  value: 2.5,
  outcome: 'SUCCESS',
  tags: ['outdoors'],
  additionalData: { km: 3 },
  completedAt: '2025-05-01T10:00:00+02:00',
}
const configurationId = 'runtimeLeaderboardConfigurationId'

export async function prepare(platform: Platform): Promise<Fixtures> {
  await platform.unlimit('contract')
  const ada = { workspace: 'contract', user: 'ada' }
  const machine = { workspace: 'contract', user: 'machine', platform: 'm2m', role: 'admin' } as const
  const tokens: Record<string, string> = {
    'app person': await platform.token(ada),
    'app machine': await platform.token(machine),
    'app forbidden': await platform.token({ ...machine, scope: 'dashboard/read' }),
    'dashboard person': await platform.token({ ...ada, context: 'dashboard', role: 'admin' }),
    'dashboard machine': await platform.token({ ...machine, context: 'dashboard' }),
    'dashboard forbidden': await platform.token({ ...ada, context: 'dashboard', role: 'member' }),
  }
  const post = async (path: string, body: unknown = {}): Promise<Record<string, string>> => {
    const api = path.startsWith('/app') ? 'app' : 'dashboard'
    const { status, body: answer } = await send(platform, 'POST', path, tokens[`${api} person`] ?? '', body)
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`)
    return answer as Record<string, string>
  }
  await post('/dashboard/v1/virtual-currencies', { ...currency, virtualCurrencyId: 'points' })
  await post('/dashboard/v1/activities', { ...activity, activityId: 'walk' })
  const { rewardRuleId: ruleId = '' } = await post('/dashboard/v1/reward-rules', rule)
  await post('/dashboard/v1/runtime-leaderboard-configurations', { ...configuration, [configurationId]: 'ranking' })
  await Promise.all(
    ['virtual-currencies/points', 'activities/walk', `reward-rules/${ruleId}`].map((path) => post(`/dashboard/v1/${path}/publish`)),
  )
  const [board, pending] = await Promise.all([
    post('/dashboard/v1/runtime-leaderboards', { ...permanent, [configurationId]: 'ranking', lateEventsFor: null }),
    post('/dashboard/v1/runtime-leaderboards', { ...permanent, ...future, [configurationId]: 'ranking' }),
  ])
  await post('/dashboard/v1/users', { ...user, email: 'taken@example.org', externalId: 'taken' })
  const { userId: gonerId = '' } = await post('/dashboard/v1/users', { ...user, email: 'goner@example.org' })
  await post('/app/v1/activity-logs', { ...event, activityLogId: 'taken' })
  await post('/app/v1/activity-logs', { ...event, activityLogId: 'second' })
  await prepareMedia(platform, tokens['dashboard person'] ?? '')
  const { body } = await send(platform, 'GET', '/app/v1/virtual-transactions', tokens['app person'] ?? '')
  const [transaction] = body.items as { virtualTransactionId: string }[]
  return {
    tokens,
    ruleId,
    gonerId,
    transactionId: transaction?.virtualTransactionId ?? '',
    boardId: board.runtimeLeaderboardId ?? '',
    pendingId: pending.runtimeLeaderboardId ?? '',
  }
}

export const boards = ({ boardId }: Fixtures): Call => ({ params: { runtimeLeaderboardId: boardId } })

/**
 * By `api METHOD path`, as the server's own description has them. A body that a fixture was made with is not sent again:
 * within five minutes it would be a repeat of the fixture, and have its answer.
 */
export function cases(fixtures: Fixtures): Record<string, Case> {
  const { ruleId, pendingId, gonerId, transactionId } = fixtures
  const one = (name: string, value: string): Call => ({ params: { [name]: value } })
  const points = one('virtualCurrencyId', 'points')
  const walk = one('activityId', 'walk')
  const first = one('rewardRuleId', ruleId)
  const ranking = one(configurationId, 'ranking')
  const ada = one('userId', 'ada')
  const replaced = { ...activity, activityId: 'walk' }
  const unknown = { ...boardQuery('none') }
  return {
    'app POST /activity-logs': {
      ok: { body: event, shows: { userId: 'ada', value: 2.5, completedAt: '2025-05-01T08:00:00.000Z' } },
      again: { ...event, value: 3 },
      errors: [
        { status: 409, body: { ...event, activityLogId: 'taken', value: 9 } },
        { status: 400, body: { ...event, activityId: 'none' } },
        { status: 403, body: { ...event, userId: 'somebody' } },
        { status: 404, as: 'machine', body: { ...event, userId: 'nobody' }, about: 'user' },
      ],
    },
    'app POST /activity-logs/batch': {
      ok: { as: 'machine', body: { logs: [event] } },
      errors: [
        { status: 400, body: { logs: Array(101).fill(event) } },
        { status: 403, as: 'person' },
      ],
    },
    'app GET /virtual-balances': { ok: { shows: { items: [{ virtualCurrencyId: 'points' }] } } },
    'app GET /virtual-balances/{virtualCurrencyId}': { ok: { ...points, shows: { virtualCurrencyId: 'points' } } },
    'app GET /virtual-transactions': { ok: {} },
    'app GET /virtual-transactions/{virtualTransactionId}': {
      ok: { ...one('virtualTransactionId', transactionId), shows: { virtualTransactionId: transactionId, amount: 2.5 } },
    },
    'app GET /users/me': { ok: { shows: { userId: 'ada' } } },
    'app PATCH /users/me': {
      ok: { body: { nickname: 'Ada L.', timezone: 'Europe/Zurich', lang: 'de' }, shows: { nickname: 'Ada L.' } },
      errors: [
        { status: 400, body: { nickname: 'dependabot[bot]' } },
        { status: 400, body: { timezone: 'Europe/Nowhere' } },
      ],
    },
    'app GET /users/me/principal': { ok: {} },
    'app GET /runtime-leaderboards': { ok: {}, errors: [{ status: 400, query: { state: 'OPEN' } }] },
    'app GET /runtime-leaderboards/{runtimeLeaderboardId}': { ok: boards(fixtures) },
    'app GET /runtime-leaderboards/{runtimeLeaderboardId}/rankings': {
      ok: boards(fixtures),
      errors: [{ status: 400, query: { offset: '-1' } }],
    },
    'app GET /runtime-leaderboards/{runtimeLeaderboardId}/rankings/me': { ok: boards(fixtures) },

    'dashboard GET /workspace': { ok: {} },
    'dashboard GET /virtual-currencies': { ok: {} },
    'dashboard POST /virtual-currencies': {
      ok: { body: { ...currency, virtualCurrencyId: 'gems', scale: 0 } },
      errors: [
        { status: 409, body: { ...currency, name: 'Other', virtualCurrencyId: 'points' } },
        { status: 400, body: { ...currency, minAllowedBalance: 2, maxAllowedBalance: 1 } },
      ],
    },
    'dashboard GET /virtual-currencies/{virtualCurrencyId}': { ok: { ...points, shows: { virtualCurrencyId: 'points' } } },
    'dashboard PUT /virtual-currencies/{virtualCurrencyId}': {
      ok: { ...points, body: currency },
      errors: [{ status: 400, body: { ...currency, scale: 1 } }],
    },
    'dashboard POST /virtual-currencies/{virtualCurrencyId}/publish': { ok: { ...points, shows: { stage: 'PUBLISHED' } } },
    'dashboard GET /virtual-currencies/{virtualCurrencyId}/translations': { ok: points },
    'dashboard GET /streak-rules/{virtualCurrencyId}/translations': { ok: points },

    'dashboard GET /activities': { ok: {} },
    'dashboard POST /activities': {
      ok: { body: { ...activity, activityId: 'swim' } },
      again: activity,
      errors: [{ status: 409, body: { ...activity, name: 'Other', activityId: 'walk' } }],
    },
    'dashboard GET /activities/{activityId}': { ok: { ...walk, shows: { activityId: 'walk' } } },
    'dashboard PUT /activities/{activityId}': {
      ok: { ...walk, body: replaced },
      absent: { ...replaced, activityId: 'none' },
      errors: [{ status: 400, body: { ...replaced, activityId: 'other' } }],
    },
    'dashboard POST /activities/{activityId}/publish': { ok: walk },
    'dashboard GET /activities/{activityId}/translations': { ok: walk },

    'dashboard GET /reward-rules': { ok: {} },
    'dashboard POST /reward-rules': {
      ok: { body: rule },
      again: { ...rule, name: 'Another' },
      errors: [
        { status: 400, body: { ...rule, matchCondition: { var: 'user.age' } } },
        { status: 400, body: { ...rule, rewards: [{ rewardType: 'BADGE', badgeConfigurationId: 'none' }] } },
      ],
    },
    'dashboard GET /reward-rules/{rewardRuleId}': { ok: { ...first, shows: { rewardRuleId: ruleId } } },
    'dashboard PUT /reward-rules/{rewardRuleId}': { ok: { ...first, body: rule } },
    'dashboard POST /reward-rules/{rewardRuleId}/publish': { ok: first },
    'dashboard GET /reward-rules/{rewardRuleId}/translations': { ok: first },

    'dashboard GET /runtime-leaderboard-configurations': { ok: {} },
    'dashboard POST /runtime-leaderboard-configurations': {
      ok: { body: configuration },
      again: { ...configuration, name: 'Another' },
      errors: [
        { status: 409, body: { ...configuration, name: 'Other', [configurationId]: 'ranking' } },
        { status: 400, body: { ...configuration, query: unknown } },
      ],
    },
    'dashboard GET /runtime-leaderboard-configurations/{runtimeLeaderboardConfigurationId}': { ok: ranking },
    'dashboard PUT /runtime-leaderboard-configurations/{runtimeLeaderboardConfigurationId}': { ok: { ...ranking, body: configuration } },
    'dashboard POST /runtime-leaderboard-configurations/{runtimeLeaderboardConfigurationId}/instances': {
      ok: { ...ranking, body: monthly, shows: { periodId: '2025-01', state: 'ENDED' } },
      errors: [{ status: 400, body: { ...monthly, recurrence: 'DAILY' } }],
    },
    'dashboard GET /runtime-leaderboard-configurations/{runtimeLeaderboardConfigurationId}/translations': { ok: ranking },

    'dashboard GET /runtime-leaderboards': { ok: {} },
    'dashboard POST /runtime-leaderboards': {
      ok: { body: { ...monthly, [configurationId]: 'ranking', timeframeTimezoneType: 'USER' }, shows: { state: 'ENDED' } },
      errors: [{ status: 400, body: { ...permanent, [configurationId]: 'none' } }],
    },
    'dashboard GET /runtime-leaderboards/{runtimeLeaderboardId}': { ok: boards(fixtures) },
    'dashboard PATCH /runtime-leaderboards/{runtimeLeaderboardId}': {
      ok: { ...one('runtimeLeaderboardId', pendingId), body: { lateEventsFor: 'P1D' }, shows: { state: 'PENDING' } },
      errors: [{ status: 400, ...boards(fixtures) }],
    },

    'dashboard GET /users/me': { ok: { shows: { userId: 'ada' } } },
    'dashboard GET /users/me/principal': { ok: {} },
    'dashboard GET /users': { ok: {} },
    'dashboard POST /users': {
      ok: { body: { ...user, email: 'grace@example.org', externalId: 'grace' }, shows: { externalId: 'grace' } },
      again: { ...user, email: 'again@example.org' },
      errors: [
        { status: 409, body: { ...user, email: 'b@example.org', externalId: 'taken' } },
        { status: 400, body: { ...user, email: 'no address' } },
      ],
    },
    'dashboard GET /users/by-external-id/{externalId}': { ok: { ...one('externalId', 'taken'), shows: { externalId: 'taken' } } },
    'dashboard GET /users/{userId}': { ok: { ...ada, shows: { userId: 'ada' } } },
    'dashboard PATCH /users/{userId}': {
      ok: { ...ada, body: { nickname: 'Ada', externalId: 'ada' }, shows: { nickname: 'Ada', externalId: 'ada' } },
      errors: [{ status: 409, body: { externalId: 'taken' } }],
    },
    ...mediaCases,
    'dashboard DELETE /users/{userId}': { ok: { ...one('userId', gonerId), shows: { deleted: true } } },
  }
}
