// The importer from git to the API: everything once, whatever fails in between, and nothing more the second time.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compareWithShortlog } from '../../../scripts/import/compare.ts'
import { generateHistory } from '../../../scripts/import/generate.ts'
import { importRepository } from '../../../scripts/import/import.ts'
import type { Answer } from './local-server.ts'
import { makeRepository, runGit, temporaryDirectory } from './repository.ts'
import { smallPlatform } from './small-platform.ts'

let directory: ReturnType<typeof temporaryDirectory>
let platform: Awaited<ReturnType<typeof smallPlatform>>
beforeEach(async () => {
  directory = temporaryDirectory()
  platform = await smallPlatform()
})
afterEach(async () => {
  await platform.close()
  directory.remove()
})

const repository = () => join(directory.path, 'repository')
const checkpointDir = () => join(directory.path, 'imports')
const generate = (commits: number, authors: number) => generateHistory({ dir: repository(), commits, authors, seed: 11 })

function run(more: { since?: string; patienceMs?: number } = {}) {
  const said: string[] = []
  let nowMs = Date.now()
  const client = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms
    },
    ...(more.patienceMs === undefined ? {} : { patienceMs: more.patienceMs }),
  }
  const log = (line: string) => said.push(line)
  const summary = importRepository({
    api: platform.api,
    repository: repository(),
    log,
    checkpointDir: checkpointDir(),
    client,
    since: more.since,
  })
  return summary.then((value) => ({ ...value, said }))
}

const compare = () => compareWithShortlog({ api: platform.api, repository: repository() })
const shas = () => runGit(repository(), 'rev-list', 'HEAD').trim().split('\n').sort()

describe('importRepository', () => {
  it('makes users, points and boards that equal shortlog, and shows no address', async () => {
    await generate(400, 60)
    const summary = await run()
    expect(summary).toMatchObject({ commits: 400, authors: 60, acknowledged: 400, skipped: 0, replayed: 0, refused: 0 })
    expect([...platform.events.keys()].sort()).toEqual(shas())
    const comparison = await compare()
    expect(comparison.differences).toEqual([])
    expect(comparison.boards).toBeGreaterThan(50)
    expect(JSON.stringify(platform.asked)).not.toContain('example.invalid')
    expect([...platform.users.values()].find(({ nickname }) => nickname === 'dependabot[bot]')?.userId).toBe(summary.topUserId)
    expect(platform.published).toEqual(new Set(['activities/git-commit', 'virtual-currencies/git-points', 'reward-rules/rule0']))
    expect(platform.boards).toMatchObject([
      { timeframeType: 'PERMANENT', timeframeTimezone: 'UTC', lateEventsFor: null, timeframeStartsAt: '2019-10-01T00:00:00.000Z' },
      { timeframeType: 'RECURRING', recurrence: 'MONTHLY', lateEventsFor: null, timeframeStartsAt: '2019-10-01T00:00:00.000Z' },
    ])
  })

  it('fills batches, and keeps an author in as few as can be', async () => {
    await generate(400, 60)
    await run()
    const batches = platform.asked
      .filter(({ path }) => path.endsWith('/batch'))
      .map(({ body }) => (body as { logs: { userId: string }[] }).logs)
    expect(Math.max(...batches.map((logs) => logs.length))).toBeLessThanOrEqual(100)
    expect(batches.length).toBeLessThanOrEqual(8)
    for (const logs of batches) {
      const runs = logs.filter((log, at) => log.userId !== logs[at - 1]?.userId).length
      expect(runs).toBe(new Set(logs.map((log) => log.userId)).size)
    }
  })

  it('changes nothing the second time, with its checkpoint and without', async () => {
    await generate(150, 20)
    await run()
    const before = [platform.events.size, platform.users.size, platform.rules.length, platform.boards.length]
    const writes = () => platform.asked.filter(({ method }) => method !== 'GET').length
    const written = writes()
    expect(await run()).toMatchObject({
      skipped: 150,
      acknowledged: 0,
      said: ['Nothing new: all 150 commits by 20 authors were imported before.'],
    })
    expect(writes()).toBe(written)
    rmSync(checkpointDir(), { recursive: true })
    expect(await run()).toMatchObject({
      skipped: 0,
      replayed: 150,
      said: ['Nothing new: all 150 commits by 20 authors were imported before.'],
    })
    expect([platform.events.size, platform.users.size, platform.rules.length, platform.boards.length]).toEqual(before)
  })

  it('goes on after being cut off at any request, having lost and doubled nothing', async () => {
    await generate(250, 30)
    for (let cut = 1, done = false; !done; cut += 7) {
      let left = cut
      platform.state.fault = (): Answer | null => (left-- > 0 ? null : 'drop')
      done = await run({ patienceMs: 1_000 }).then(
        () => true,
        () => false,
      )
      const files = existsSync(checkpointDir()) ? readdirSync(checkpointDir()) : []
      const acknowledged = files.flatMap((file) =>
        readFileSync(join(checkpointDir(), file), 'utf8')
          .split('\n')
          .filter(Boolean)
          .flatMap((line) => JSON.parse(line).acknowledged ?? []),
      )
      for (const sha of acknowledged) expect(platform.events.has(sha)).toBe(true)
    }
    platform.state.fault = () => null
    expect([...platform.events.keys()].sort()).toEqual(shas())
    expect(await compare()).toMatchObject({ differences: [] })
    expect(platform.users.size).toBe(30)
  })

  it('bears refusals, outages and answers that were lost after the work was done', async () => {
    await generate(300, 40)
    let count = 0
    platform.state.fault = (): Answer | null => {
      count += 1
      if (count % 5 === 0) return { status: 429, headers: { 'retry-after': '3' } }
      if (count % 7 === 0) return { status: 503, headers: { 'retry-after': '1' } }
      return count % 11 === 0 ? 'drop' : null
    }
    platform.state.loseAnswer = ({ method }) => method === 'POST' && count % 4 === 0
    platform.state.itemStatus = (log, time) => (time < 2 && log.activityLogId.charCodeAt(0) % 2 === 0 ? ([503, 429][time] ?? 201) : 201)
    expect(await run()).toMatchObject({ acknowledged: 300, refused: 0 })
    platform.state.fault = () => null
    platform.state.loseAnswer = () => false
    expect(platform.users.size).toBe(40)
    expect([platform.rules.length, platform.boards.length]).toEqual([1, 2])
    expect(await compare()).toMatchObject({ differences: [] })
  })

  it('shows what is refused, counts it, and sends it again the next time', async () => {
    await generate(60, 10)
    const [bad] = shas()
    platform.state.itemStatus = (log) => (log.activityLogId === bad ? 422 : 201)
    expect(await run()).toMatchObject({
      acknowledged: 59,
      refused: 1,
      said: [`refused ${bad}: 422 · x · as told`, expect.stringContaining('1 refused')],
    })
    platform.state.itemStatus = () => 201
    expect(await run()).toMatchObject({ skipped: 59, acknowledged: 1, refused: 0 })
  })

  it('starts over when the server was emptied', async () => {
    await generate(50, 10)
    await run()
    await platform.close()
    platform = await smallPlatform()
    const summary = await run()
    expect(summary).toMatchObject({ skipped: 0, acknowledged: 50 })
    expect(summary.said[0]).toContain('starting over')
    expect(await compare()).toMatchObject({ differences: [] })
  })

  it('reads past a checkpoint line that a kill cut short', async () => {
    await generate(50, 10)
    await run()
    const [file] = readdirSync(checkpointDir())
    const path = join(checkpointDir(), file as string)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, -10))
    expect((await run()).acknowledged).toBeGreaterThan(0)
    expect(await run()).toMatchObject({ acknowledged: 0, skipped: 50 })
  })

  it('counts only what --since names, on boards that start with the repository', async () => {
    mkdirSync(repository())
    makeRepository(repository(), [
      { author: 'Old', date: '1500000000 +0000', committed: '1500000000 +0000' },
      { author: 'New', date: '1700000000 +0000', committed: '1700000000 +0000' },
    ])
    expect(await run({ since: '2023-01-01' })).toMatchObject({ commits: 1, acknowledged: 1 })
    expect(platform.boards).toMatchObject([
      { timeframeStartsAt: '2017-07-01T00:00:00.000Z' },
      { timeframeStartsAt: '2017-07-01T00:00:00.000Z' },
    ])
    expect(await run({ since: '2050-01-01' })).toMatchObject({ commits: 0, said: ['No commits since 2050-01-01.'] })
    expect(await run()).toMatchObject({ skipped: 1, acknowledged: 1 })
    expect(platform.boards).toHaveLength(2)
  })

  it('makes boards that start earlier when an older repository comes into the same workspace', async () => {
    mkdirSync(repository())
    makeRepository(repository(), [{ author: 'New', date: '1700000000 +0000' }])
    await run()
    rmSync(repository(), { recursive: true })
    mkdirSync(repository())
    makeRepository(repository(), [{ author: 'Old', date: '1500000000 +0000' }])
    expect(await run()).toMatchObject({ acknowledged: 1 })
    expect(platform.boards.map((board) => board.timeframeStartsAt)).toEqual([
      ...Array(2).fill('2023-11-01T00:00:00.000Z'),
      ...Array(2).fill('2017-07-01T00:00:00.000Z'),
    ])
  })

  it('waits for a user that an import was killed in the middle of making', async () => {
    mkdirSync(repository())
    makeRepository(repository(), [{ author: 'Half' }])
    await run()
    rmSync(checkpointDir(), { recursive: true })
    platform.state.unborn.set('Half', 5)
    expect(await run()).toMatchObject({ replayed: 1 })
    rmSync(checkpointDir(), { recursive: true })
    platform.state.unborn.set('Half', 1_000_000)
    await expect(run({ patienceMs: 5_000 })).rejects.toThrow('find the user "Half"')
  })

  it('takes a commit that was recorded with other details for recorded', async () => {
    await generate(60, 10)
    await run()
    rmSync(checkpointDir(), { recursive: true })
    const [first] = platform.events.values()
    if (first) first.completedAt = '2020-01-01T00:00:00.000Z'
    expect(await run()).toMatchObject({
      acknowledged: 60,
      replayed: 60,
      differing: 1,
      refused: 0,
      said: [expect.stringContaining('1 commits were recorded before'), expect.stringContaining('Nothing new')],
    })
    expect(platform.events.size).toBe(60)
  })

  it('says what may wait at the edge', async () => {
    await generate(60, 10)
    platform.state.durability = 'edge'
    expect(await run()).toMatchObject({ acknowledged: 60, edge: 60 })
  })
})

describe('compareWithShortlog', () => {
  it('names every number that is wrong', async () => {
    await generate(100, 15)
    await run()
    const [sha, event] = [...platform.events][0] ?? []
    platform.events.delete(sha as string)
    const { differences } = await compare()
    expect(differences.some((line) => line.startsWith('PERMANENT, row'))).toBe(true)
    expect(differences.some((line) => line.startsWith(`${event?.completedAt.slice(0, 7)}`))).toBe(true)
  })
})
