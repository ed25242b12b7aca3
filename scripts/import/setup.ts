// What a workspace needs before the first commit can count: an activity, a currency, the rule that pays one point for
// each commit, a board configuration, and two boards of it. Everything has a fixed id or is looked for first, so doing
// it again changes nothing; what another import of the same workspace made is shared.

import { boardQuery } from '../../domain/boards/board-query.ts'
import { type Client, expectStatus } from './client.ts'

export const activityId = 'git-commit'
export const virtualCurrencyId = 'git-points'
export const configurationId = 'git-commits-board'
const ruleName = 'One point for each commit'
const pageLimit = 100

export interface Setup {
  activityId: string
  virtualCurrencyId: string
  rewardRuleId: string
  configurationId: string
  /** The all-time board. */
  allTimeBoardId: string
  /** The board of the first month; it names the series. */
  monthlyBoardId: string
  /** The month from which the boards count. */
  startsAt: string
}

export interface BoardItem {
  runtimeLeaderboardId: string
  runtimeLeaderboardConfigurationId: string
  periodId: string
  timeframeType: 'PERMANENT' | 'RANGE' | 'RECURRING'
  timeframeStartsAt: string
}

const described = (name: string, label: string) => ({ name, defaultLang: 'en', translations: [{ lang: 'en', label }] })

export const monthStart = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 7)}-01T00:00:00.000Z`

/** `firstMs`: when the earliest commit happened. Boards that start later than its month are left as they are, and others made. */
export async function ensureSetup(client: Client, firstMs: number): Promise<Setup> {
  const dashboard = '/dashboard/v1'
  const create = async (path: string, body: unknown) =>
    expectStatus(await client.send('dashboard', 'POST', `${dashboard}/${path}`, body), `create ${path}`, 201, 409)
  const publish = async (path: string) =>
    expectStatus(await client.send('dashboard', 'POST', `${dashboard}/${path}/publish`), `publish ${path}`, 200)

  await create('activities', { ...described('Git commit', 'Commit'), activityId })
  await create('virtual-currencies', { ...described('Git points', 'Points'), virtualCurrencyId, scale: 0 })
  await publish(`activities/${activityId}`)
  await publish(`virtual-currencies/${virtualCurrencyId}`)
  const rewardRuleId = await ensureRule(client)
  await publish(`reward-rules/${rewardRuleId}`)
  await create('runtime-leaderboard-configurations', {
    name: 'Commits',
    runtimeLeaderboardConfigurationId: configurationId,
    query: boardQuery(virtualCurrencyId),
    displayTopN: 10,
    showRank: true,
    showScore: true,
    defaultLang: 'en',
    translations: [{ lang: 'en', label: 'Commits', scoreLabel: 'Commits' }],
  })
  const startsAt = monthStart(firstMs)
  const boards = (await listBoards(client, 'dashboard')).filter((board) => board.runtimeLeaderboardConfigurationId === configurationId)
  const allTimeBoardId = await ensureBoard(client, boards, { timeframeType: 'PERMANENT', timeframeStartsAt: startsAt })
  const monthlyBoardId = await ensureBoard(client, boards, {
    timeframeType: 'RECURRING',
    recurrence: 'MONTHLY',
    timeframeStartsAt: startsAt,
  })
  return { activityId, virtualCurrencyId, rewardRuleId, configurationId, allTimeBoardId, monthlyBoardId, startsAt }
}

/** Rules have no ids of ours, so this one is known by its name. */
async function ensureRule(client: Client): Promise<string> {
  for await (const rule of listAll<{ rewardRuleId: string; name: string }>(client, 'dashboard', '/dashboard/v1/reward-rules')) {
    if (rule.name === ruleName) return rule.rewardRuleId
  }
  const reply = await client.send('dashboard', 'POST', '/dashboard/v1/reward-rules', {
    name: ruleName,
    ruleType: 'INSTANCE',
    matchEntity: 'Activity',
    matchEntityId: activityId,
    matchCondition: { '==': [{ var: 'event.outcome' }, 'SUCCESS'] },
    applicationMode: 'ALWAYS',
    defaultLang: 'en',
    rewards: [{ rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId, redemptionMode: 'AUTO', expression: { var: 'event.value' } }],
    translations: [{ lang: 'en', description: 'Every commit is worth one point.' }],
  })
  return expectStatus<{ rewardRuleId: string }>(reply, 'create the reward rule', 201).rewardRuleId
}

async function ensureBoard(
  client: Client,
  boards: BoardItem[],
  wanted: { timeframeType: 'PERMANENT' | 'RECURRING'; recurrence?: 'MONTHLY'; timeframeStartsAt: string },
): Promise<string> {
  const [existing] = boards.filter((board) => board.timeframeType === wanted.timeframeType).sort(byStart)
  // The first of a series has the series' start. A leaderboard that has begun cannot be moved back to an earlier commit
  // of another repository, but a new one folds in everything that was recorded before it.
  if (existing && Date.parse(existing.timeframeStartsAt) <= Date.parse(wanted.timeframeStartsAt)) return existing.runtimeLeaderboardId
  const reply = await client.send('dashboard', 'POST', '/dashboard/v1/runtime-leaderboards', {
    runtimeLeaderboardConfigurationId: configurationId,
    timeframeTimezoneType: 'FIXED',
    timeframeTimezone: 'UTC',
    // However old a commit is, it counts.
    lateEventsFor: null,
    ...wanted,
  })
  return expectStatus<BoardItem>(reply, `create the ${wanted.timeframeType} board`, 201).runtimeLeaderboardId
}

export const byStart = (a: BoardItem, b: BoardItem): number => Date.parse(a.timeframeStartsAt) - Date.parse(b.timeframeStartsAt)

export async function listBoards(client: Client, context: 'app' | 'dashboard'): Promise<BoardItem[]> {
  const boards: BoardItem[] = []
  for await (const board of listAll<BoardItem>(client, context, `/${context}/v1/runtime-leaderboards`)) boards.push(board)
  return boards
}

/** Every item of a list, page by page. Ascending, so that what changes meanwhile moves ahead of the reader, never behind. */
export async function* listAll<T>(client: Client, context: 'app' | 'dashboard', path: string): AsyncGenerator<T> {
  let nextToken: string | null | undefined
  do {
    const query = new URLSearchParams({ limit: String(pageLimit), order: 'asc', ...(nextToken ? { nextToken } : {}) })
    const page = expectStatus<{ items: T[]; nextToken?: string | null }>(
      await client.send(context, 'GET', `${path}?${query}`),
      `list ${path}`,
      200,
    )
    yield* page.items
    nextToken = page.nextToken
  } while (nextToken)
}
