// Holds the boards against git, number by number: the all-time board against `git shortlog -sn HEAD`, every monthly one
// against the log by month (UTC, author date), each read to its last page. No difference is an empty list.
//
// Boards follow the record by a queue, so a board that is behind is read again until it agrees or patience ends.

import { type Api, apiClient, type Client, type ClientOptions, expectStatus, wait } from './client.ts'
import { completedAtMs, readHistory, readShortlog } from './git-log.ts'
import { type BoardItem, byStart, configurationId, listBoards } from './setup.ts'

export interface CompareOptions {
  api: Api
  repository: string
  since?: string
  /** How long boards may take to catch up; 0 reads them once. */
  settleMs?: number
  client?: ClientOptions
}

export interface Comparison {
  /** One sentence each. */
  differences: string[]
  /** How many boards were held against git, and how many of their rows. */
  boards: number
  rows: number
}

export interface Row {
  rank: number
  name: string
  score: number
}

interface Ranking {
  primaryEntityName?: string
  rank: number
  score: number
}

const pageLimit = 100
const againAfterMs = 250

export async function compareWithShortlog(options: CompareOptions): Promise<Comparison> {
  const { now = Date.now, sleep = wait } = options.client ?? {}
  const client = apiClient(options.api, options.client)
  const expected = await expectedBoards(options.repository, options.since)
  const deadlineMs = now() + (options.settleMs ?? 0)
  for (;;) {
    const comparison = await compareOnce(client, expected)
    if (comparison.differences.length === 0 || now() >= deadlineMs) return comparison
    await sleep(againAfterMs)
  }
}

/** By period: `PERMANENT` and `2026-09`. */
export async function expectedBoards(repository: string, since: string | undefined): Promise<Map<string, Row[]>> {
  const allTime = (await readShortlog(repository, since)).map(({ author, commits }) => ({ name: author.name, score: commits }))
  const months = new Map<string, Map<string, { name: string; score: number }>>()
  for await (const commit of readHistory(repository, since)) {
    const month = new Date(completedAtMs(commit)).toISOString().slice(0, 7)
    const authors = months.get(month) ?? new Map<string, { name: string; score: number }>()
    months.set(month, authors)
    const author = authors.get(commit.author.key) ?? { name: commit.author.name, score: 0 }
    authors.set(commit.author.key, author)
    author.score += 1
  }
  return new Map([
    ['PERMANENT', ranked(allTime)],
    ...[...months].map(([month, authors]): [string, Row[]] => [month, ranked([...authors.values()])]),
  ])
}

/** 1 2 2 4; equal scores by the bytes of the name, as git sorts them. */
function ranked(entries: { name: string; score: number }[]): Row[] {
  const sorted = [...entries].sort((a, b) => b.score - a.score || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  const rows: Row[] = []
  for (const [at, { name, score }] of sorted.entries()) {
    const above = rows[at - 1]
    rows.push({ rank: above?.score === score ? above.rank : at + 1, name, score })
  }
  return rows
}

async function compareOnce(client: Client, expected: Map<string, Row[]>): Promise<Comparison> {
  const comparison: Comparison = { differences: [], boards: 0, rows: 0 }
  const seen = new Set<string>()
  for (const board of await boardsOf(client)) {
    const period = periodOf(board)
    seen.add(period)
    const rows = expected.get(period) ?? []
    comparison.differences.push(...differencesOf(period, rows, await readBoard(client, board)))
    comparison.boards += 1
    comparison.rows += rows.length
  }
  for (const period of expected.keys()) if (!seen.has(period)) comparison.differences.push(`${period}: there is no board`)
  return comparison
}

/** Of the all-time boards, the one that starts first: later ones count from later, and only they may lack a commit. */
async function boardsOf(client: Client): Promise<BoardItem[]> {
  const boards = (await listBoards(client, 'app')).filter((board) => board.runtimeLeaderboardConfigurationId === configurationId)
  const [allTime] = boards.filter((board) => board.timeframeType === 'PERMANENT').sort(byStart)
  return boards.filter((board) => board === allTime || board.timeframeType === 'RECURRING')
}

const periodOf = (board: BoardItem): string => (board.timeframeType === 'PERMANENT' ? 'PERMANENT' : board.periodId)

async function readBoard(client: Client, board: BoardItem): Promise<Row[]> {
  const path = `/app/v1/runtime-leaderboards/${encodeURIComponent(board.runtimeLeaderboardId)}/rankings`
  const rows: Row[] = []
  for (;;) {
    const reply = await client.send('app', 'GET', `${path}?limit=${pageLimit}&offset=${rows.length}`)
    const page = expectStatus<{ items: Ranking[]; totalCount: number }>(reply, `read the board of ${board.periodId}`, 200)
    // Nameless authors exist; a platform that leaves an empty name out says the same.
    for (const { rank, primaryEntityName = '', score } of page.items) rows.push({ rank, name: primaryEntityName, score })
    if (page.items.length === 0 || rows.length >= page.totalCount) return rows
  }
}

const shown = ({ rank, name, score }: Row): string => `${rank}. ${JSON.stringify(name)} with ${score}`

/** Row by row: the order is part of what is compared. */
export function differencesOf(period: string, expected: Row[], actual: Row[]): string[] {
  const differences: string[] = []
  for (let at = 0; at < Math.max(expected.length, actual.length); at++) {
    const [wanted, found] = [expected[at], actual[at]]
    const same = wanted && found && wanted.rank === found.rank && wanted.name === found.name && wanted.score === found.score
    if (same) continue
    differences.push(
      `${period}, row ${at + 1}: git has ${wanted ? shown(wanted) : 'nothing'}, the board has ${found ? shown(found) : 'nothing'}`,
    )
  }
  return differences
}
