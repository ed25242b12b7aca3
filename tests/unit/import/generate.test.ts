// The generated history: the same every time, and as awkward as it claims to be.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { awkwardNames } from '../../../scripts/import/awkward-names.ts'
import { expectedBoards } from '../../../scripts/import/compare.ts'
import { generateHistory } from '../../../scripts/import/generate.ts'
import { readShortlog } from '../../../scripts/import/git-log.ts'
import { runGit, temporaryDirectory } from './repository.ts'

let first: ReturnType<typeof temporaryDirectory>
let second: ReturnType<typeof temporaryDirectory>
beforeEach(() => {
  first = temporaryDirectory()
  second = temporaryDirectory()
})
afterEach(() => {
  first.remove()
  second.remove()
})

describe('generateHistory', () => {
  it('gives the same hashes for the same numbers, and others for another seed', async () => {
    const head = (path: string) => runGit(path, 'rev-parse', 'HEAD')
    await generateHistory({ dir: first.path, commits: 120, authors: 30, seed: 1 })
    await generateHistory({ dir: second.path, commits: 120, authors: 30, seed: 1 })
    expect(head(first.path)).toBe(head(second.path))
    const other = temporaryDirectory()
    await generateHistory({ dir: other.path, commits: 120, authors: 30, seed: 2 })
    expect(head(other.path)).not.toBe(head(first.path))
    other.remove()
  })

  it.each([1, 2, 19, 20, 21, 399])('reaches every one of %i commits from HEAD', async (commits) => {
    await generateHistory({ dir: first.path, commits, authors: Math.min(commits, 50), seed: 3 })
    expect(Number(runGit(first.path, 'rev-list', '--count', 'HEAD'))).toBe(commits)
    expect(await readShortlog(first.path)).toHaveLength(Math.min(commits, 50))
  })

  it('holds every awkward name as it is, merges, ties, nicknames and several years', async () => {
    await generateHistory({ dir: first.path, commits: 1000, authors: 100, seed: 4 })
    const shortlog = await readShortlog(first.path)
    expect(shortlog).toHaveLength(100)
    expect(shortlog.map(({ author }) => author.name)).toEqual(expect.arrayContaining(awkwardNames))
    expect(shortlog.length - new Set(shortlog.map(({ commits }) => commits)).size).toBeGreaterThan(10)
    expect(Number(runGit(first.path, 'rev-list', '--count', '--merges', 'HEAD'))).toBe(50)
    expect(runGit(first.path, 'log', '--format=%an')).toContain('nick3\n')
    expect(new Set(runGit(first.path, 'log', '--format=%ad', '--date=format:%Y').trim().split('\n')).size).toBe(6)
    expect(new Set(runGit(first.path, 'log', '--format=%ad', '--date=format:%z').trim().split('\n')).size).toBe(8)
  })
})

describe('expectedBoards', () => {
  it('orders as shortlog prints, and its months add up to it', async () => {
    await generateHistory({ dir: first.path, commits: 600, authors: 90, seed: 5 })
    const boards = await expectedBoards(first.path, undefined)
    const shortlog = await readShortlog(first.path)
    const allTime = boards.get('PERMANENT') ?? []
    expect(allTime.map(({ name, score }) => [name, score])).toEqual(shortlog.map(({ author, commits }) => [author.name, commits]))
    expect(allTime.map(({ rank }) => rank)).toEqual(allTime.map(({ score }) => 1 + allTime.filter((other) => other.score > score).length))
    const sums = new Map<string, number>()
    for (const [period, rows] of boards) {
      if (period !== 'PERMANENT') for (const { name, score } of rows) sums.set(name, (sums.get(name) ?? 0) + score)
    }
    expect(sums).toEqual(new Map(allTime.map(({ name, score }) => [name, score])))
    const git = runGit(first.path, 'log', '--date=unix', '--format=%ad').trim().split('\n')
    const months = git.map((seconds) => new Date(Number(seconds) * 1000).toISOString().slice(0, 7))
    for (const month of new Set(months)) {
      const total = (boards.get(month) ?? []).reduce((sum, { score }) => sum + score, 0)
      expect([month, total]).toEqual([month, months.filter((other) => other === month).length])
    }
  })
})
