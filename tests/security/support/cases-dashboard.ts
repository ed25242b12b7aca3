// The dashboard's routes (cases.ts says what this is).

import { nanoid } from 'nanoid'
import { boardQuery } from '../../../domain/boards/board-query.ts'
import type { Case, Reference } from './case.ts'
import { peopleCases } from './cases-sign-in.ts'
import { leaderboard, rewardRule, type Things } from './tenants.ts'

const words = {
  name: 'Name',
  defaultLang: 'en',
  translations: [
    { lang: 'en', label: 'Label', description: 'Words' },
    { lang: 'de', label: 'Titel' },
  ],
}
const currency = { ...words, minAllowedBalance: -10, maxAllowedBalance: 1_000_000, icon: 'https://example.org/c.png' }
const ranked = (its: Things) => ({ ...words, query: boardQuery(its.virtualCurrencyId), displayTopN: 10, showRank: true, showScore: true })
const rule = ({ virtualCurrencyId, activityId }: Things) => ({
  ...rewardRule(virtualCurrencyId),
  ruleType: 'INSTANCE',
  matchEntityId: activityId,
})
const board = { ...leaderboard, timeframeTimezone: 'UTC', timeframeEndsAt: '2999-12-01T00:00:00Z', lateEventsFor: 'PT1H' }
const person = { nickname: 'Ada', profileImage: 'https://example.org/a.png', lang: 'en', timezone: 'Europe/Dublin' }

const to = (pointer: string, of: Reference['of'], status = 400): Reference => ({ pointer, of, status })
const rewardReferences = [to('/matchEntityId', (its) => its.activityId), to('/rewards/0/virtualCurrencyId', (its) => its.virtualCurrencyId)]
const queryReferences = [to('/query/from/where/==/1', (its) => its.virtualCurrencyId)]
const configurationReferences = [to('/runtimeLeaderboardConfigurationId', (its) => its.runtimeLeaderboardConfigurationId)]
const chosen = (pointer: string, of: Reference['of']) => ({ pointer, of })

const ofActivity = ({ activityId }: Things) => ({ activityId })
const ofCurrency = ({ virtualCurrencyId }: Things) => ({ virtualCurrencyId })
const ofRule = ({ rewardRuleId }: Things) => ({ rewardRuleId })
const ofConfiguration = ({ runtimeLeaderboardConfigurationId }: Things) => ({ runtimeLeaderboardConfigurationId })
const ofBoard = ({ runtimeLeaderboardId }: Things) => ({ runtimeLeaderboardId })
const ofUser = ({ userId }: Things) => ({ userId })

/** What every declared resource has; `publishes` where its drafts are published. */
const resource = (
  path: string,
  params: Case['params'],
  publishes: boolean,
  more: { create: Omit<Case, 'status'>; replace: Omit<Case, 'status'> },
) => ({
  [`GET /dashboard/v1/${path}`]: { status: 200 },
  [`POST /dashboard/v1/${path}`]: { status: 201, ...more.create },
  [`GET /dashboard/v1/${path}/${nameOf(params)}`]: { status: 200, params },
  [`PUT /dashboard/v1/${path}/${nameOf(params)}`]: { status: 200, params, ...more.replace },
  ...(publishes && { [`POST /dashboard/v1/${path}/${nameOf(params)}/publish`]: { status: 200, params } }),
  [`GET /dashboard/v1/${path}/${nameOf(params)}/translations`]: { status: 200, params },
})

const nameOf = (params: Case['params']): string => `:${Object.keys(params?.({} as Things) ?? {})[0]}`

const catalogIds = [chosen('/catalogWorkspaceId', (its) => its.marker), chosen('/catalogActivityId', (its) => its.activityId)]

export const dashboardCases: Record<string, Case> = {
  'GET /dashboard/v1/workspace': { status: 200 },
  ...resource('activities', ofActivity, true, {
    create: {
      body: () => ({ ...words, activityId: `new-${nanoid()}` }),
      chosen: [chosen('/activityId', (its) => its.activityId), ...catalogIds],
    },
    replace: {
      repeats: ['activityId'],
      body: (its) => ({ ...words, activityId: its.activityId }),
      references: [to('/activityId', (its) => its.activityId)],
    },
  }),
  ...resource('virtual-currencies', ofCurrency, true, {
    create: {
      body: () => ({ ...currency, scale: 2, virtualCurrencyId: `new-${nanoid()}` }),
      chosen: [
        chosen('/virtualCurrencyId', (its) => its.virtualCurrencyId),
        chosen('/catalogVirtualCurrencyId', (its) => its.virtualCurrencyId),
      ],
    },
    replace: { body: () => ({ ...currency, syncWithCatalog: true }) },
  }),
  'GET /dashboard/v1/streak-rules/:virtualCurrencyId/translations': { status: 200, params: ofCurrency },
  ...resource('reward-rules', ofRule, true, {
    create: { body: rule, references: rewardReferences, chosen: [chosen('/catalogRewardRuleId', (its) => its.rewardRuleId)] },
    replace: { body: rule, references: rewardReferences },
  }),
  ...resource('runtime-leaderboard-configurations', ofConfiguration, false, {
    create: {
      body: (its) => ({ ...ranked(its), runtimeLeaderboardConfigurationId: `new-${nanoid()}` }),
      references: queryReferences,
      chosen: [chosen('/runtimeLeaderboardConfigurationId', (its) => its.runtimeLeaderboardConfigurationId)],
    },
    replace: { body: ranked, references: queryReferences },
  }),
  'POST /dashboard/v1/runtime-leaderboard-configurations/:runtimeLeaderboardConfigurationId/instances': {
    status: 200,
    params: ofConfiguration,
    body: () => board,
  },
  'GET /dashboard/v1/runtime-leaderboards': { status: 200 },
  'POST /dashboard/v1/runtime-leaderboards': {
    status: 201,
    body: (its) => ({ ...board, ...ofConfiguration(its) }),
    references: configurationReferences,
  },
  'GET /dashboard/v1/runtime-leaderboards/:runtimeLeaderboardId': { status: 200, params: ofBoard },
  'PATCH /dashboard/v1/runtime-leaderboards/:runtimeLeaderboardId': {
    status: 200,
    params: ({ laterLeaderboardId }) => ({ runtimeLeaderboardId: laterLeaderboardId }),
    body: (its) => ({ ...ofConfiguration(its), timeframeStartsAt: '2998-01-01T00:00:00Z', lateEventsFor: 'PT2H' }),
    references: configurationReferences,
  },
  'GET /dashboard/v1/users/me': { status: 200 },
  'GET /dashboard/v1/users/me/principal': { status: 200 },
  'GET /dashboard/v1/users': { status: 200 },
  'POST /dashboard/v1/users': {
    status: 201,
    least: 'manager',
    body: () => ({ ...person, email: 'ada@example.org', firstName: 'Ada', lastName: 'Lovelace', externalId: `new-${nanoid()}` }),
    chosen: [chosen('/externalId', (its) => its.externalId)],
  },
  'GET /dashboard/v1/users/by-external-id/:externalId': { status: 200, params: ({ externalId }) => ({ externalId }) },
  'GET /dashboard/v1/users/:userId': { status: 200, params: ofUser },
  'PATCH /dashboard/v1/users/:userId': {
    status: 200,
    least: 'manager',
    params: ofUser,
    body: () => ({ ...person, externalId: `moved-${nanoid()}` }),
    chosen: [chosen('/externalId', (its) => its.doomedExternalId)],
  },
  'DELETE /dashboard/v1/users/:userId': { status: 200, least: 'manager', params: ({ doomedUserId }) => ({ userId: doomedUserId }) },
  'GET /dashboard/v1/audit-records': { status: 200, least: 'admin' },
  'GET /dashboard/v1/audit-records/export': { status: 200, least: 'admin' },
  'GET /dashboard/v1/audit-records/:auditRecordId': {
    status: 200,
    least: 'admin',
    // Everybody's log begins at this place.
    params: ({ userId }) => ({ auditRecordId: `user:${userId}:1.1` }),
  },
  'GET /dashboard/v1/users/:userId/audit-trail': { status: 200, least: 'admin', params: ofUser },
  ...peopleCases,
}
