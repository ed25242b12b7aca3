// Boards as a client reads them, and what git says they must be: written from git's own output, sharing nothing with
// the importer.

import { execFileSync } from 'node:child_process'
import { expect } from 'vitest'
import type { Platform } from './platform.ts'

export interface BoardLine {
  rank: number
  name: string
  score: number
}

export type Get = <T>(path: string) => Promise<T>

export async function reader(platform: Platform, workspace: string): Promise<Get> {
  const token = await platform.token({ workspace, user: 'reader', role: 'member' })
  return async (path) => {
    const response = await fetch(`${platform.baseUrl}/app/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.json() as never
  }
}

/** Every board by its period, each read to its last page. */
export async function readBoards(get: Get): Promise<Map<string, BoardLine[]>> {
  const boards = new Map<string, BoardLine[]>()
  let nextToken: string | null = ''
  while (nextToken !== null) {
    const page: { items: { runtimeLeaderboardId: string; periodId: string }[]; nextToken?: string | null } = await get(
      `/runtime-leaderboards?limit=100${nextToken && `&nextToken=${encodeURIComponent(nextToken)}`}`,
    )
    for (const board of page.items) boards.set(board.periodId, await readBoard(get, board.runtimeLeaderboardId))
    nextToken = page.nextToken ?? null
  }
  return boards
}

async function readBoard(get: Get, id: string): Promise<BoardLine[]> {
  const lines: BoardLine[] = []
  for (;;) {
    const page = await get<{ items: { rank: number; primaryEntityName: string; score: number }[]; totalCount: number }>(
      `/runtime-leaderboards/${id}/rankings?limit=100&offset=${lines.length}`,
    )
    lines.push(...page.items.map(({ rank, primaryEntityName, score }) => ({ rank, name: primaryEntityName, score })))
    if (page.items.length === 0 || lines.length >= page.totalCount) return lines
  }
}

const git = (repository: string, ...args: string[]) =>
  execFileSync('git', ['-C', repository, ...args], { maxBuffer: 1 << 28, env: { ...process.env, TZ: 'UTC' } }).toString('utf8')

/** `git shortlog -sn HEAD` for the whole history, and the log by month (UTC, author date): rank, name and count. */
export function boardsByGit(repository: string): Map<string, BoardLine[]> {
  const allTime = git(repository, 'shortlog', '-sn', 'HEAD')
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ score: Number(line.slice(0, line.indexOf('\t'))), name: line.slice(line.indexOf('\t') + 1) }))
  const months = new Map<string, Map<string, number>>()
  for (const line of git(repository, 'log', 'HEAD', '--use-mailmap', '--format=%ad%x09%aN', '--date=format-local:%Y-%m')
    .split('\n')
    .filter(Boolean)) {
    const month = line.slice(0, 7)
    const name = line.slice(8)
    const counts = months.get(month) ?? new Map<string, number>()
    counts.set(name, (counts.get(name) ?? 0) + 1)
    months.set(month, counts)
  }
  const boards = new Map([['PERMANENT', ranked(allTime)]])
  for (const [month, counts] of months) boards.set(month, ranked([...counts].map(([name, score]) => ({ name, score }))))
  return boards
}

/** Equal scores share a rank, 1 2 2 4, and are ordered by the bytes of their names. */
function ranked(lines: { name: string; score: number }[]): BoardLine[] {
  const sorted = lines.sort((a, b) => b.score - a.score || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  let rank = 0
  return sorted.map((line, index) => {
    if (line.score !== sorted[index - 1]?.score) rank = index + 1
    return { rank, ...line }
  })
}

/** Boards follow the record; once they are there, every one of them says what git says. The month that is now may be empty. */
export async function expectBoardsOfGit(platform: Platform, workspace: string, repository: string): Promise<void> {
  const get = await reader(platform, workspace)
  const expected = boardsByGit(repository)
  const withoutEmpty = async () => new Map([...(await readBoards(get))].filter(([, lines]) => lines.length > 0))
  const total = (boards: Map<string, BoardLine[]>) => [...boards.values()].flat().reduce((sum, { score }) => sum + score, 0)
  await expect.poll(async () => total(await withoutEmpty()), { timeout: 60_000, interval: 500 }).toBe(total(expected))
  const actual = await withoutEmpty()
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [period, lines] of expected) expect(actual.get(period), period).toEqual(lines)
}

/** `npm run verify` finds nothing: at once, or when what was still on its way has arrived. */
export async function expectVerified(platform: Platform, workspace: string): Promise<void> {
  await expect
    .poll(async () => platform.runScript('verify.ts', ['--workspace', workspace]), { timeout: 120_000, interval: 1_000 })
    .toMatchObject({ code: 0 })
}
