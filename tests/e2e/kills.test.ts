// What was acknowledged survives: kill -9 of everything, a killed region, a frozen one, each in the middle of an import.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectBoardsOfGit, expectVerified } from './support/boards.ts'
import { eventsOfAll } from './support/game.ts'
import { history, killImport, startImport } from './support/imports.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
beforeEach(async () => {
  platform = await startPlatform({ noDemo: true })
})
afterEach(() => platform.remove())

test('kill -9 of everything in the middle of an import, then a start: all that was acknowledged is there once', async () => {
  const repository = await history(2_000, 120, 3)
  const first = await startImport(platform, repository, 'killed')
  await first.reaches(600)
  await Promise.all([platform.kill(), killImport(first)])
  const acknowledged = first.acknowledgedIds()
  expect(acknowledged.length).toBeLessThan(2_000)
  platform = await startPlatform({ noDemo: true, dir: platform.dir, port: platform.port })
  // Before anything is sent again: each is in the ledger once, and everything agrees.
  const inLedger = await eventsOfAll(platform, 'killed')
  expect(new Set(inLedger).size).toBe(inLedger.length)
  expect(acknowledged.filter((id) => !inLedger.includes(id))).toEqual([])
  await expectVerified(platform, 'killed')

  const second = await (await startImport(platform, repository, 'killed')).finished
  expect(second.code, second.output).toBe(0)
  await expectBoardsOfGit(platform, 'killed', repository)
  await expectVerified(platform, 'killed')
})

for (const trouble of ['stop', 'freeze'] as const) {
  test(`eu-west-1 hit by ${trouble} in the middle of an import: it goes on, and afterwards both regions agree`, async () => {
    const repository = await history(1_500, 100, trouble === 'stop' ? 4 : 5)
    const running = await startImport(platform, repository, 'region')
    await running.reaches(300)
    await platform.region(trouble, 'eu-west-1')
    const { code, output } = await running.finished
    expect(code, output).toBe(0)
    expect((await fetch(`${platform.baseUrl}/health/ready`)).status).toBe(200)
    // The boards are right while the region is still away.
    await expectBoardsOfGit(platform, 'region', repository)
    await platform.region('start', 'eu-west-1')
    await expectVerified(platform, 'region')
    await expectBoardsOfGit(platform, 'region', repository)
  })
}
