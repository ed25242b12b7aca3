import { expect, test, vi } from 'vitest'
import type { Series } from '../../../domain/boards/types.ts'
import { failure } from '../../../domain/failures.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { BoardReply, LeaderboardRpc } from '../../../durable-objects/leaderboard/rpc.ts'
import { appApi } from '../../../workers/app/api.ts'
import { createEdge } from '../../../workers/edge/edge.ts'
import { rootApp } from '../../../workers/edge/root.ts'
import { nowMs, parts, ruleSet, sign } from '../edge/world.ts'

const series: Series = {
  seriesId: 'series-1',
  runtimeLeaderboardConfigurationId: 'conf-1',
  virtualCurrencyId: 'points',
  timeframeType: 'RECURRING',
  recurrence: 'MONTHLY',
  timezoneType: 'FIXED',
  timezone: 'UTC',
  startsAtMs: Date.UTC(2026, 7, 1),
  lateEventsForMs: null,
  sinceRuleSet: 1,
  createdAtMs: 0,
  updatedAtMs: 0,
}

function world(users: number) {
  let open = false
  const scores: string[] = []
  const answer = <T>(value: T): BoardReply<T> => (open ? { status: 'ok', value } : { status: 'lost' })
  const leaderboard: Partial<LeaderboardRpc> = {
    open: vi.fn(async () => {
      open = true
    }),
    push: vi.fn<LeaderboardRpc['push']>(async (_, pushes) => {
      scores.push(...pushes.map(({ entityId }) => entityId))
      return answer({ applied: pushes.length })
    }),
    rankings: vi.fn(async () =>
      answer({
        items: scores.map((entityId, i) => ({ rank: i + 1, entityId, name: `N ${entityId}`, score: 2_000_000 })),
        totalCount: scores.length,
      }),
    ),
    rank: vi.fn(async () => JSON.stringify(await answer({ ranked: null, totalCount: scores.length }))),
  }
  const directory = Array.from({ length: users }, (_, i) => ({ userId: `u${String(i).padStart(4, '0')}` }))
  const enqueue = vi.fn(async () => {})
  const putBoards = vi.fn(async (rows: unknown[]) => rows.map(() => true))
  const all = parts({
    leaderboard,
    workspace: {
      directory: async (_, after, limit) => ok(directory.filter(({ userId }) => after === null || userId > after).slice(0, limit)),
      resource: async () => ok({ id: 'conf-1', body: { name: 'Top', displayTopN: 3, showScore: false }, translations: [] } as never),
    },
    player: {
      profile: async ({ userId }) =>
        userId === 'user-1' ? ok({} as never) : fail(failure('resource/not_found', 'There is no such user.')),
      scores: async ({ userId }) =>
        ok([
          { seriesId: 'series-1', periodId: '2026-08', push: { entityId: userId, name: userId, score: 1, incarnation: 1, sequence: 1 } },
        ]),
    },
    services: {
      ruleSet: async () => ok({ ...ruleSet, series: [series] }),
      enqueue,
      index: { board: async () => null, putBoards, listBoards: async () => [] } as never,
    },
  })
  const edge = createEdge(all)
  const root = rootApp(edge)
  root.route('/app/v1', appApi(edge))
  const ask = async (path: string) => {
    const response = await root.request(`/app/v1${path}`, { headers: { authorization: `Bearer ${await sign()}` } })
    return { status: response.status, headers: response.headers, json: await response.json() }
  }
  return { ask, leaderboard, enqueue, putBoards }
}

test('a lost board is filled from all users before it answers', async () => {
  const { ask, leaderboard } = world(3)
  const answer = await ask('/runtime-leaderboards/series-1/rankings')
  expect(answer.json).toEqual({
    items: ['u0000', 'u0001', 'u0002'].map((id, i) => ({
      rank: i + 1,
      entityId: id,
      entityType: 'User',
      primaryEntityName: `N ${id}`,
      score: 2,
    })),
    totalCount: 3,
    leaderboard: { runtimeLeaderboardId: 'series-1', name: 'Top', displayTopN: 3, showScore: false, showRank: true },
  })
  expect(leaderboard.open).toHaveBeenCalledTimes(1)
})

test('in a large workspace the queue fills it, and the reader comes again', async () => {
  const { ask, leaderboard, enqueue } = world(101)
  const answer = await ask('/runtime-leaderboards/series-1/rankings')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  expect(enqueue).toHaveBeenCalledTimes(1)
  expect(leaderboard.open).not.toHaveBeenCalled()
})

test('who is not on the board has no rank', async () => {
  const { ask } = world(2)
  expect((await ask('/runtime-leaderboards/series-1/rankings/me')).json).toEqual({ rank: null, score: null, totalParticipants: 2 })
})

test('limits, offsets and unknown boards', async () => {
  const { ask } = world(1)
  expect((await ask('/runtime-leaderboards/series-1/rankings?limit=101')).status).toBe(400)
  expect((await ask('/runtime-leaderboards/series-1/rankings?offset=-1')).status).toBe(400)
  expect((await ask('/runtime-leaderboards/nobody/rankings')).status).toBe(404)
})

test('a list makes the current period of a recurring series, once', async () => {
  const { ask, putBoards, leaderboard } = world(1)
  await ask('/runtime-leaderboards')
  await ask('/runtime-leaderboards')
  expect(putBoards.mock.calls.map(([rows]) => rows.length)).toEqual([1])
  expect(putBoards.mock.calls[0]?.[0]).toMatchObject([{ seriesId: 'series-1', periodId: '2026-09', startsAtMs: Date.UTC(2026, 8, 1) }])
  expect(leaderboard.open).toHaveBeenCalledTimes(1)
  expect(nowMs).toBeGreaterThan(Date.UTC(2026, 8, 1))
})
