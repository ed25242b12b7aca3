// The app's routes (cases.ts says what this is).

import type { Case } from './case.ts'
import { appSessionCases } from './cases-sign-in.ts'
import type { Things } from './tenants.ts'

const log = ({ activityId, userId }: Things) => ({
  activityId,
  userId,
  outcome: 'SUCCESS',
  value: 1,
  tags: ['t'],
  additionalData: { lines: 1 },
})
const activity = { of: (its: Things) => its.activityId, status: 400 }
const user = { of: (its: Things) => its.userId }

const board = ({ runtimeLeaderboardId }: Things) => ({ runtimeLeaderboardId })

export const appCases: Record<string, Case> = {
  'POST /app/v1/activity-logs': {
    status: 201,
    body: log,
    references: [
      { pointer: '/activityId', ...activity },
      { pointer: '/userId', ...user, status: 403 },
      { pointer: '/userId', ...user, status: 404, as: 'machine' },
    ],
    chosen: [{ pointer: '/activityLogId', of: ({ marker }) => `first-${marker}` }],
  },
  'POST /app/v1/activity-logs/batch': {
    as: 'machine',
    status: 200,
    isBatch: true,
    body: (its) => ({ logs: [log(its)] }),
    references: [
      { pointer: '/logs/0/activityId', ...activity },
      { pointer: '/logs/0/userId', ...user, status: 404 },
    ],
  },
  'GET /app/v1/virtual-balances': { status: 200 },
  'GET /app/v1/virtual-balances/:virtualCurrencyId': { status: 200, params: ({ virtualCurrencyId }) => ({ virtualCurrencyId }) },
  'GET /app/v1/virtual-transactions': { status: 200 },
  'GET /app/v1/virtual-transactions/:virtualTransactionId': {
    status: 200,
    params: ({ virtualTransactionId }) => ({ virtualTransactionId }),
  },
  'GET /app/v1/users/me': { status: 200 },
  'PATCH /app/v1/users/me': { status: 200, body: () => ({ nickname: 'Ada', lang: 'en', timezone: 'Europe/Dublin' }) },
  'GET /app/v1/users/me/principal': { status: 200 },
  'GET /app/v1/runtime-leaderboards': { status: 200 },
  'GET /app/v1/runtime-leaderboards/:runtimeLeaderboardId': { status: 200, params: board },
  'GET /app/v1/runtime-leaderboards/:runtimeLeaderboardId/rankings': { status: 200, params: board },
  'GET /app/v1/runtime-leaderboards/:runtimeLeaderboardId/rankings/me': { status: 200, params: board },
  ...appSessionCases,
}
