// A user's totals follow the newest form of a series that anybody has told of, and no older one.

import { expect, test } from 'vitest'
import { knowSeries, totalsThrough } from '../../../durable-objects/player/totals.ts'
import { rules, series, World } from './world.ts'

test('a series that is told in an older form stays as it is', async () => {
  const world = new World()
  await world.create()
  await world.log.execute([world.walk('one', 3)])
  const changed = { ...series, virtualCurrencyId: 'gold', sinceRuleSet: 5 }
  expect(knowSeries(world.tables, changed)).toBe(true)
  expect(knowSeries(world.tables, series)).toBe(false)
  expect(world.tables.series(series.seriesId)?.series).toEqual(changed)
  // Asked for by somebody who remembers the old form, the totals are the new form's.
  expect(totalsThrough(world.tables, series, 2)).toEqual([])
})

test('a rule set says which of its series are news', async () => {
  const world = new World()
  await world.create()
  const other = { ...series, seriesId: 'other', sinceRuleSet: 2 }
  expect(world.entity.use({ ...rules, number: 2, series: [series, other] })).toEqual([other])
  expect(world.entity.use({ ...rules, number: 2, series: [series, other] })).toEqual([])
  expect(world.entity.use({ ...rules, number: 1, series: [] })).toEqual([])
})
