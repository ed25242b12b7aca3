// The demo workspace: from the checkout's own history, from a generated one where there is none, and the same again.

import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fillDemo } from '../../../scripts/import/demo.ts'
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

function fill(checkout: string) {
  const said: string[] = []
  const dir = join(directory.path, 'state')
  const asked: object[] = []
  const token = async (request: object) => {
    asked.push(request)
    return platform.api.token()
  }
  return fillDemo({ baseUrl: platform.baseUrl, dir, token, checkout, log: (line) => said.push(line) }).then((demo) => ({
    demo,
    said,
    asked,
  }))
}

describe('fillDemo', () => {
  it('takes the history of the checkout', async () => {
    const checkout = join(directory.path, 'checkout')
    mkdirSync(checkout)
    makeRepository(checkout, [{ author: 'Ada' }, { author: 'Ben' }, { author: 'Ada' }])
    const { demo, said, asked } = await fill(checkout)
    expect(platform.events.size).toBe(3)
    expect(demo).toEqual({
      workspaceId: 'workspace0',
      topUserId: platform.users.get([...platform.users.keys()].find((id) => platform.users.get(id)?.nickname === 'Ada') ?? '')?.userId,
      allTimeBoardId: 'series0',
      monthlyBoardId: 'series1',
    })
    expect(said[0]).toContain('this checkout')
    expect(asked[0]).toEqual({ workspace: 'demo', user: 'importer', role: 'admin', context: 'dashboard', platform: 'm2m' })
  })

  it('generates one where there is no git, no commit, or only somebody else’s repository around it', async () => {
    const outer = join(directory.path, 'outer')
    const checkout = join(outer, 'unpacked')
    mkdirSync(checkout, { recursive: true })
    makeRepository(outer, [{ author: 'Somebody else' }])
    const { demo, said } = await fill(checkout)
    expect(said[0]).toContain('generated')
    expect(platform.events.size).toBe(1_000)
    expect([...platform.users.values()].some(({ nickname }) => nickname === 'Somebody else')).toBe(false)
    expect(demo.topUserId).not.toBeNull()
    expect(readdirSync(join(directory.path, 'state')).sort()).toEqual(['demo-history', 'imports'])

    const unborn = join(directory.path, 'unborn')
    mkdirSync(unborn)
    runGit(unborn, 'init', '--quiet')
    const again = await fill(unborn)
    expect(again.said).toEqual([expect.stringContaining('generated'), 'Nothing new: all 1000 commits by 80 authors were imported before.'])
    expect(again.demo).toEqual(demo)
  })
})
