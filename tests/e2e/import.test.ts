// The main job, on a history of real size: 10,000 commits by 800 authors become a ranking that is git's own, number by
// number, and a second import changes nothing.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectBoardsOfGit, expectVerified, readBoards, reader } from './support/boards.ts'
import { history, startImport } from './support/imports.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
})
afterAll(() => platform.remove())

test('10,000 commits by 800 authors: every name, count and rank is what git says, for all time and by month', async () => {
  const repository = await history(10_000, 800, 1)
  const { code, output } = await (await startImport(platform, repository, 'history')).finished
  expect(code, output).toBe(0)
  expect(output).toContain('Imported 10000 of 10000 commits by 800 authors')
  await expectBoardsOfGit(platform, 'history', repository)
  await expectVerified(platform, 'history')

  const get = await reader(platform, 'history')
  const before = await readBoards(get)
  // Without its notes it sends everything again; with them it sends nothing.
  for (const again of ['Nothing new', 'Nothing new']) {
    const second = await (await startImport(platform, repository, 'history')).finished
    expect(second.output).toContain(again)
  }
  expect(await readBoards(get)).toEqual(before)
})

test('an import into a platform that forgot nothing, by an importer that forgot everything, changes nothing', async () => {
  const repository = await history(600, 40, 2)
  expect((await (await startImport(platform, repository, 'forgetful')).finished).code).toBe(0)
  await expectBoardsOfGit(platform, 'forgetful', repository)
  // The same repository under another path has no checkpoint: each event goes out once more, under the same id.
  const { execFileSync } = await import('node:child_process')
  const copy = `${repository}-copy`
  execFileSync('git', ['clone', '-q', repository, copy])
  expect((await (await startImport(platform, copy, 'forgetful')).finished).code).toBe(0)
  await expectBoardsOfGit(platform, 'forgetful', repository)
  await expectVerified(platform, 'forgetful')
})
