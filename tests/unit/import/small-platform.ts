// As much of the public API as an import meets, in memory: enough to see what the importer asks for, and to fail at
// any request. It is strict where the platform is: unknown users and activities are refused, an event id counts once.

import { type Answer, type Asked, serve, tokenUntil } from './local-server.ts'

interface Log {
  activityId: string
  userId: string
  activityLogId: string
  completedAt: string
  value: number
}

export type Fault = (asked: Asked) => Answer | null

export async function smallPlatform() {
  const users = new Map<string, { userId: string; externalId: string; nickname: string; email: string }>()
  const made = new Map<string, Record<string, unknown>>()
  const published = new Set<string>()
  const rules: Record<string, unknown>[] = []
  const boards: Record<string, unknown>[] = []
  const events = new Map<string, Log>()
  const state = {
    fault: (() => null) as Fault,
    loseAnswer: (() => false) as (asked: Asked) => boolean,
    itemStatus: (() => 201) as (log: Log, time: number) => number,
    /** How often a user of this name is not found yet. */
    unborn: new Map<string, number>(),
    durability: 'record',
  }
  const answered = new Map<string, Answer>()
  const seenItems = new Map<string, number>()

  const create = (id: string, body: Record<string, unknown>): Answer => {
    if (made.has(id)) return { status: 409, body: { code: 'resource/already_exists' } }
    made.set(id, body)
    return { status: 201, body }
  }
  const paged = (items: unknown[], url: URL): Answer => {
    const from = Number(url.searchParams.get('nextToken') ?? 0)
    const page = items.slice(from, from + 2)
    return { status: 200, body: { items: page, nextToken: from + 2 < items.length ? String(from + 2) : null } }
  }

  function record(log: Log): { status: number; replayed: boolean; problem?: unknown } {
    const time = seenItems.get(log.activityLogId) ?? 0
    seenItems.set(log.activityLogId, time + 1)
    const status = state.itemStatus(log, time)
    if (status !== 201) return { status, replayed: false, problem: { code: 'x', detail: 'as told' } }
    if (!published.has(`activities/${log.activityId}`)) return { status: 400, replayed: false, problem: { detail: 'no such activity' } }
    if (![...users.values()].some(({ userId }) => userId === log.userId))
      return { status: 404, replayed: false, problem: { detail: 'no such user' } }
    const before = events.get(log.activityLogId)
    if (!before) events.set(log.activityLogId, log)
    if (before && JSON.stringify(before) !== JSON.stringify(log)) {
      return { status: 409, replayed: false, problem: { code: 'resource/already_exists', detail: 'it says something else' } }
    }
    return { status: 201, replayed: before !== undefined }
  }

  function periodsOf(): Map<string, Map<string, number>> {
    const periods = new Map<string, Map<string, number>>([['PERMANENT', new Map()]])
    for (const { userId, completedAt, value } of events.values()) {
      for (const period of ['PERMANENT', completedAt.slice(0, 7)]) {
        const scores = periods.get(period) ?? new Map<string, number>()
        periods.set(period, scores.set(userId, (scores.get(userId) ?? 0) + value))
      }
    }
    return periods
  }

  const boardItems = () =>
    [...periodsOf().keys()].map((periodId) => ({
      runtimeLeaderboardId: `board-${periodId}`,
      runtimeLeaderboardConfigurationId: 'git-commits-board',
      periodId,
      timeframeType: periodId === 'PERMANENT' ? 'PERMANENT' : 'RECURRING',
      timeframeStartsAt: '2000-01-01T00:00:00.000Z',
    }))

  function rankings(boardId: string, url: URL): Answer {
    const scores = periodsOf().get(boardId.replace('board-', ''))
    if (!scores) return { status: 404 }
    const names = new Map([...users.values()].map(({ userId, nickname }) => [userId, nickname]))
    const all = [...scores]
      .map(([entityId, score]) => ({ entityId, score, primaryEntityName: names.get(entityId) ?? '' }))
      .sort((a, b) => b.score - a.score || Buffer.compare(Buffer.from(a.primaryEntityName), Buffer.from(b.primaryEntityName)))
    const ranked = all.map((row) => ({ ...row, rank: 1 + all.filter((other) => other.score > row.score).length }))
    const offset = Number(url.searchParams.get('offset'))
    return { status: 200, body: { items: ranked.slice(offset, offset + Number(url.searchParams.get('limit'))), totalCount: all.length } }
  }

  /** As the platform: a key that was answered is answered the same; an answer may be lost on its way. */
  function once(asked: Asked): Answer {
    const fault = state.fault(asked)
    if (fault) return fault
    const before = asked.key === undefined ? undefined : answered.get(asked.key)
    const answer = before ?? handle(asked)
    if (asked.key !== undefined) answered.set(asked.key, answer)
    return !before && state.loseAnswer(asked) ? 'drop' : answer
  }

  function handle(asked: Asked): Answer {
    const url = new URL(asked.path, 'http://local')
    const [, , , ...segments] = url.pathname.split('/')
    const path = segments.map(decodeURIComponent).join('/')
    const body = asked.body as Record<string, string> & { logs: Log[] }
    if (asked.method === 'GET') {
      if (path === 'workspace') return { status: 200, body: { workspaceId: 'workspace0' } }
      if (path === 'reward-rules') return paged(rules, url)
      if (path === 'runtime-leaderboards') return paged(url.pathname.startsWith('/app') ? boardItems() : boards, url)
      if (path.endsWith('/rankings')) return rankings(segments[1] ?? '', url)
      const user = [...users.values()].find(
        ({ userId, externalId }) => path === `users/${userId}` || path === `users/by-external-id/${externalId}`,
      )
      const unborn = user ? (state.unborn.get(user.nickname) ?? 0) : 0
      if (user && unborn > 0) {
        state.unborn.set(user.nickname, unborn - 1)
        return { status: 404 }
      }
      if (user) return { status: 200, body: user }
      return made.has(path) ? { status: 200, body: made.get(path) } : { status: 404 }
    }
    if (path.endsWith('/publish')) {
      published.add(path.replace('/publish', ''))
      return { status: 200, body: {} }
    }
    if (path === 'activities') return create(`activities/${body.activityId}`, body)
    if (path === 'virtual-currencies') return create(`virtual-currencies/${body.virtualCurrencyId}`, body)
    if (path === 'runtime-leaderboard-configurations') return create(`configurations/${body.runtimeLeaderboardConfigurationId}`, body)
    if (path === 'reward-rules') {
      rules.push({ ...body, rewardRuleId: `rule${rules.length}` })
      return { status: 201, body: rules.at(-1) }
    }
    if (path === 'runtime-leaderboards') {
      boards.push({ ...body, runtimeLeaderboardId: `series${boards.length}`, periodId: 'x' })
      return { status: 201, body: boards.at(-1) }
    }
    if (path === 'users') {
      if (users.has(body.externalId ?? '')) return { status: 409, body: { code: 'resource/already_exists' } }
      const user = {
        userId: `user${users.size}`,
        externalId: body.externalId ?? '',
        nickname: body.nickname ?? '',
        email: body.email ?? '',
      }
      users.set(user.externalId, user)
      return { status: 201, body: user }
    }
    if (path === 'activity-logs/batch')
      return { status: 200, headers: { 'x-durability': state.durability }, body: { items: body.logs.map(record) } }
    return { status: 404 }
  }
  const server = await serve(once)
  const api = { baseUrl: server.baseUrl, token: async () => tokenUntil(Date.now() + 3_600_000) }
  return { ...server, api, users, rules, boards, events, made, published, state }
}
