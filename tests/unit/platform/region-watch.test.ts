// Who notices that a region has lost data, where it is noted, and what health makes of it.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { dynamoRegionMark, type RegionMark } from '../../../aws-core/regions/region-marks.ts'
import { lossNoticed } from '../../../domain/log/region-standing.ts'
import { lackingRegions, rememberedMs, sayingWhatLacks } from '../../../workers/platform/lacking-regions.ts'
import { watchRegions } from '../../../workers/platform/region-watch.ts'
import { type LocalDynamo, startLocalDynamo } from '../aws-core/dynamodb/local-dynamo.ts'
import { memoryStandings } from './memory-standings.ts'

let local: LocalDynamo
beforeAll(async () => {
  local = await startLocalDynamo()
})
afterAll(() => local.stop())

test("a region's mark only grows, whatever lands late", async () => {
  const mark = dynamoRegionMark('eu-west-1', local.table, local.client())
  expect(await mark.read()).toBe(0)
  expect(await mark.write(200)).toBe(true)
  expect(await mark.write(100)).toBe(true)
  expect(await mark.read()).toBe(200)
  const elsewhere = dynamoRegionMark('eu-north-1', local.table, local.client())
  expect(await elsewhere.read()).toBe(0)
  const away = dynamoRegionMark('eu-west-1', 'no-such-table', local.client())
  expect(await away.read()).toBeNull()
  expect(await away.write(300)).toBe(false)
})

function watched() {
  const region = { shown: 0 as number | null, takes: true }
  const mark: RegionMark = {
    region: 'eu-west-1',
    read: async () => region.shown,
    async write(atMs) {
      if (region.takes) region.shown = Math.max(region.shown ?? 0, atMs)
      return region.takes
    },
  }
  const clock = { nowMs: 1_000 }
  const regionStandings = memoryStandings()
  const look = async () => (await watchRegions({ now: () => ++clock.nowMs, regionMarks: [mark], regionStandings }))[0]?.lost
  return { region, regionStandings, look, standing: () => regionStandings.at('eu-west-1') }
}

test('a region that shows what it has taken is whole; one that shows less, or nothing, has lost data, once', async () => {
  const { region, look, standing } = watched()
  expect(await look()).toBe(false)
  const earlier = region.shown
  expect(await look()).toBe(false)
  expect(standing().lacksSinceMs).toBeNull()
  region.shown = earlier
  expect(await look()).toBe(true)
  expect(standing()).toMatchObject({ noticed: true, lacksSinceMs: expect.any(Number) })
  const since = standing().lacksSinceMs
  expect(await look()).toBe(false)
  region.shown = 0
  expect(await look()).toBe(true)
  expect(standing().lacksSinceMs).toBe(since)
})

test('a mark that the region has not acknowledged is not missed, and one that does not answer has lost nothing', async () => {
  const { region, look, standing } = watched()
  await look()
  region.takes = false
  await look()
  expect(await look()).toBe(false)
  region.shown = null
  expect(await look()).toBeNull()
  expect(standing().lacksSinceMs).toBeNull()
})

test('a loss that R2 cannot note now is found again by the next look', async () => {
  const { region, regionStandings, look, standing } = watched()
  await look()
  region.shown = 0
  const { change } = regionStandings
  regionStandings.change = async () => ({ ok: false, error: { code: 'standing/unavailable', detail: 'down' } })
  expect(await look()).toBeNull()
  expect(region.shown).toBe(0)
  regionStandings.change = change
  expect(await look()).toBe(true)
  expect(standing().lacksSinceMs).not.toBeNull()
})

test('health says which region lacks data, asks R2 once in a while, and goes by the last answer where there is none', async () => {
  const regionStandings = memoryStandings()
  let reads = 0
  let nowMs = 0
  const { read } = regionStandings
  regionStandings.read = (region) => {
    reads += 1
    return read(region)
  }
  const regions = [{ region: 'eu-west-1' }, { region: 'eu-north-1' }]
  const lacking = lackingRegions({ regions, regionStandings, now: () => nowMs, pause: () => new Promise(() => {}) })
  for (let i = 0; i < 50; i++) expect(await lacking()).toEqual(new Set())
  expect(reads).toBe(2)
  await regionStandings.change('eu-west-1', (standing) => lossNoticed(standing, 1))
  nowMs += rememberedMs
  expect(await lacking()).toEqual(new Set(['eu-west-1']))
  regionStandings.up = false
  nowMs += rememberedMs
  expect(await lacking()).toEqual(new Set(['eu-west-1']))
})

test('a region that lacks data makes health degraded, and nothing else', () => {
  const parts = [
    { name: 'objects', up: true },
    { name: 'eu-west-1', up: true },
  ]
  const ready = { status: 'ready', parts }
  expect(sayingWhatLacks(ready, new Set())).toEqual(ready)
  expect(sayingWhatLacks(ready, new Set(['eu-west-1']))).toEqual({
    status: 'degraded',
    parts: [parts[0], { name: 'eu-west-1', up: true, lacksData: true }],
  })
  expect(sayingWhatLacks({ status: 'unavailable', parts }, new Set(['eu-west-1'])).status).toBe('unavailable')
})
