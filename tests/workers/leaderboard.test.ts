// Rankings as clients read them: exact, in one order, over the periods that events happened in, and made again when lost.

import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { boardQuery } from '../../domain/boards/board-query.ts'
import { log, monthly, must, newBoard, newUser, publishGame, readBoard } from './support/game.ts'
import { leaderboardAt, loseStorage } from './support/objects.ts'
import { newTenant, type Reply, type Tenant } from './support/tenant.ts'

const patience = { timeout: 15_000, interval: 100 }

let tenant: Tenant
beforeEach(async () => {
  tenant = await newTenant()
  await publishGame(tenant)
})

const earn = async (nickname: string, value: number, more: object = {}): Promise<string> => {
  const userId = await newUser(tenant, { nickname })
  await must(log(tenant, userId, { value, ...more }))
  return userId
}
const expectBoard = (boardId: string, lines: [number, string, number][], limit?: number) =>
  expect.poll(() => readBoard(tenant.machine, boardId, limit), patience).toEqual(lines)

/** Board ids by period; only boards that somebody is on. */
async function boardsByPeriod(): Promise<Record<string, [number, string, number][]>> {
  const found: Record<string, [number, string, number][]> = {}
  for (const { runtimeLeaderboardId, periodId } of await tenant.machine.all('/runtime-leaderboards')) {
    const lines = await readBoard(tenant.machine, runtimeLeaderboardId)
    if (lines.length > 0) found[periodId] = lines
  }
  return found
}

describe('a board', () => {
  test('ranks equals alike, 1 2 2 4, ordered by the code points of their names, to the last page', async () => {
    const { runtimeLeaderboardId: id } = await newBoard(tenant, {}, { displayTopN: 2 })
    // U+FF5E comes before U+1F600, whose first UTF-16 unit comes before U+FF5E's.
    for (const [name, value] of [
      ['😀', 3],
      ['last', 1],
      ['～', 3],
      ['first', 5],
      ['Émile', 3],
      ['Zoë', 3],
    ] as const)
      await earn(name, value)
    const ranked: [number, string, number][] = [
      [1, 'first', 5],
      [2, 'Zoë', 3],
      [2, 'Émile', 3],
      [2, '～', 3],
      [2, '😀', 3],
      [6, 'last', 1],
    ]
    await expectBoard(id, ranked)
    await expectBoard(id, ranked, 1)
    await expectBoard(id, ranked, 4)
    const page = await must(tenant.machine.get(`/runtime-leaderboards/${id}/rankings?limit=2&offset=5`))
    expect(page).toMatchObject({ totalCount: 6, leaderboard: { runtimeLeaderboardId: id, displayTopN: 2 } })
    expect(page.items).toHaveLength(1)
  })

  test('tells a user where they stand, and nulls to who is not on it', async () => {
    const { runtimeLeaderboardId: id } = await newBoard(tenant)
    const [ada, bob] = [await earn('Ada', 2.5), await earn('Bob', 4)]
    const idle = await newUser(tenant, { nickname: 'Idle' })
    const mine = async (userId: string) => must((await tenant.person(userId)).get(`/runtime-leaderboards/${id}/rankings/me`))
    await expect.poll(() => mine(ada), patience).toEqual({ rank: 2, score: 2.5, totalParticipants: 2 })
    expect(await mine(bob)).toEqual({ rank: 1, score: 4, totalParticipants: 2 })
    expect(await mine(idle)).toEqual({ rank: null, score: null, totalParticipants: 2 })
    const page = await must((await tenant.person(ada)).get(`/runtime-leaderboards/${id}/rankings?limit=1`))
    expect(page).toMatchObject({ items: [{ entityId: bob }], currentEntityRank: { rank: 2, entityId: ada, primaryEntityName: 'Ada' } })
  })

  test('follows a rename, as does every other board that the user is on', async () => {
    const boards = [await newBoard(tenant), await newBoard(tenant, monthly)]
    const [, recurring] = boards
    const happened = { completedAt: '2025-01-15T00:00:00Z' }
    const renamed = await earn('Aaa', 1, happened)
    await earn('Mmm', 1, happened)
    for (const { runtimeLeaderboardId } of boards)
      await expectBoard(runtimeLeaderboardId, [
        [1, 'Aaa', 1],
        [1, 'Mmm', 1],
      ])
    expect(recurring.periodId).toBe('2025-01')
    await must((await tenant.person(renamed)).call('PATCH', '/users/me', { nickname: 'Zzz' }))
    for (const { runtimeLeaderboardId } of boards)
      await expectBoard(runtimeLeaderboardId, [
        [1, 'Mmm', 1],
        [1, 'Zzz', 1],
      ])
  })

  test('that is made after the fact folds in what was committed before, late or not', async () => {
    const userId = await earn('Early', 2, { completedAt: '2025-02-03T00:00:00Z' })
    const { runtimeLeaderboardId: id } = await newBoard(tenant, { lateEventsFor: 'PT1H' })
    await expectBoard(id, [[1, 'Early', 2]])
    await must(log(tenant, userId, { value: 3 }))
    await expectBoard(id, [[1, 'Early', 5]])
  })

  test('whose object has lost its storage is filled again from the record, equal to what it was', async () => {
    const { runtimeLeaderboardId: id } = await newBoard(tenant)
    const ada = await earn('Ada', 3)
    for (const [name, value] of [
      ['Bob', 3],
      ['Cyd', 7],
    ] as const)
      await earn(name, value)
    const ranked: [number, string, number][] = [
      [1, 'Cyd', 7],
      [2, 'Ada', 3],
      [2, 'Bob', 3],
    ]
    await expectBoard(id, ranked)
    const whole = await must(tenant.machine.get(`/runtime-leaderboards/${id}/rankings`))
    await loseStorage(leaderboardAt({ workspaceId: tenant.workspaceId, boardId: id }))
    expect(await must(tenant.machine.get(`/runtime-leaderboards/${id}/rankings`))).toEqual(whole)
    // A push to a lost board fills it from everyone, too: it must not look whole with one member on it.
    await loseStorage(leaderboardAt({ workspaceId: tenant.workspaceId, boardId: id }))
    await must(log(tenant, ada, { value: 1 }))
    await expectBoard(id, [
      [1, 'Cyd', 7],
      [2, 'Ada', 4],
      [3, 'Bob', 3],
    ])
  })
})

describe('monthly boards', () => {
  test('count events in the month they happened in, however late they come', async () => {
    await newBoard(tenant, monthly)
    const userId = await newUser(tenant, { nickname: 'Ada' })
    const at = ['2025-03-31T23:59:59.999Z', '2025-04-01T00:00:00Z', '2025-02-28T12:00:00Z', '2025-04-30T23:59:59Z', '2024-12-31T23:59:59Z']
    for (const completedAt of at) await must(log(tenant, userId, { completedAt }))
    await expect.poll(boardsByPeriod, patience).toEqual({
      '2025-02': [[1, 'Ada', 1]],
      '2025-03': [[1, 'Ada', 1]],
      '2025-04': [[1, 'Ada', 2]],
    })
  })

  test("in users' own zones count by each user's clock", async () => {
    await newBoard(tenant, { ...monthly, timeframeTimezoneType: 'USER' })
    // 31 August in London, already September in Auckland; the reverse four months later in Honolulu.
    for (const [nickname, timezone] of [
      ['London', 'Europe/London'],
      ['Auckland', 'Pacific/Auckland'],
      ['Honolulu', 'Pacific/Honolulu'],
    ]) {
      const userId = await newUser(tenant, { nickname, timezone })
      await must(log(tenant, userId, { completedAt: '2025-08-31T13:00:00Z' }))
      await must(log(tenant, userId, { completedAt: '2026-01-01T05:00:00Z' }))
    }
    await expect.poll(boardsByPeriod, patience).toEqual({
      '2025-08': [
        [1, 'Honolulu', 1],
        [1, 'London', 1],
      ],
      '2025-09': [[1, 'Auckland', 1]],
      '2025-12': [[1, 'Honolulu', 1]],
      '2026-01': [
        [1, 'Auckland', 1],
        [1, 'London', 1],
      ],
    })
  })

  test('take late events for as long as they say: later ones pay, and change no board', async () => {
    await newBoard(tenant, { ...monthly, lateEventsFor: 'P1D' })
    const forever = await newBoard(tenant)
    const userId = await newUser(tenant, { nickname: 'Late' })
    await must(log(tenant, userId, { value: 2, completedAt: '2025-05-05T00:00:00Z' }))
    await must(log(tenant, userId, { value: 5 }))
    await expectBoard(forever.runtimeLeaderboardId, [[1, 'Late', 7]])
    const thisMonth = new Date().toISOString().slice(0, 7)
    await expect.poll(boardsByPeriod, patience).toEqual({ PERMANENT: [[1, 'Late', 7]], [thisMonth]: [[1, 'Late', 5]] })
  })
})

describe('lists of boards', () => {
  beforeAll(async () => {
    tenant = await newTenant()
  })

  test('are filtered by state', async () => {
    const at = async (more: object) => (await newBoard(tenant, more)).runtimeLeaderboardId
    const pending = await at({ timeframeStartsAt: '2999-01-01T00:00:00Z' })
    const ended = await at({ timeframeEndsAt: '2025-02-01T00:00:00Z' })
    const active = await at({})
    for (const client of [tenant.machine, tenant.admin]) {
      for (const [state, id] of Object.entries({ PENDING: pending, ENDED: ended, ACTIVE: active })) {
        const items = await client.all(`/runtime-leaderboards?state=${state}`)
        expect(items.map((item) => [item.runtimeLeaderboardId, item.state])).toEqual([[id, state]])
        expect((await must(client.get(`/runtime-leaderboards/${id}`))).state).toBe(state)
      }
      expect(await client.all('/runtime-leaderboards?limit=1')).toHaveLength(3)
      expect((await client.get('/runtime-leaderboards?state=OPEN')).body).toMatchObject({ status: 400, errors: [{ parameter: 'state' }] })
    }
  })

  test('show the current month of a recurring board before its first event', async () => {
    await newBoard(tenant, monthly)
    const now = new Date().toISOString().slice(0, 7)
    const items: Reply['body'][] = await tenant.machine.all('/runtime-leaderboards?state=ACTIVE')
    expect(items.map(({ periodId }) => periodId)).toEqual([now])
    expect(await readBoard(tenant.machine, items[0].runtimeLeaderboardId)).toEqual([])
  })
})

describe('a query', () => {
  const query = boardQuery('points')
  const source = query.from.sources[0]
  test.each([
    ['with a join', { ...query, from: { ...query.from, sources: [{ ...source, joins: [{}] }] } }, '/query/from/sources/0/joins'],
    ['of two sources', { ...query, from: { ...query.from, sources: [source, { ...source, alias: 'b' }] } }, '/query/from/sources'],
    ['of another table', { ...query, from: { ...query.from, sources: [{ ...source, table: 'Badge' }] } }, '/query/from/sources/0/table'],
    ['of a currency that is not there', boardQuery('gold'), '/query/from/where'],
    ['without a condition', { ...query, from: { sources: query.from.sources } }, '/query/from/where'],
    ['grouped otherwise', { ...query, groupBy: { columns: ['vt.virtualCurrencyId'] } }, '/query/groupBy/columns/0'],
    [
      'of an average',
      { ...query, select: { ...query.select, expressions: [{ name: 's', expression: { avg: [{ var: 'vt.amount' }] } }] } },
      '/query/select/expressions/0',
    ],
    [
      'upwards',
      { ...query, orderBy: { expressions: [{ expression: 'score', direction: 'ASC' }] } },
      '/query/orderBy/expressions/0/direction',
    ],
    ['with a member of its own', { ...query, having: {} }, '/query/having'],
  ])('%s is a 400 that names the place', async (_, wrong, pointer) => {
    const body = { name: 'R', query: wrong, defaultLang: 'en', translations: [{ lang: 'en', label: 'R' }] }
    const { status, body: problem } = await tenant.admin.post('/runtime-leaderboard-configurations', body)
    expect(status).toBe(400)
    expect(problem.errors.map((error: { pointer: string }) => error.pointer).join(' ')).toContain(pointer)
    expect(await tenant.admin.all('/runtime-leaderboard-configurations')).toEqual([])
  })
})
