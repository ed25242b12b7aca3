// That the bench measures what it says, without measuring: every route that reads a body, by bodies that its limits let in.

import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { bodiesFor } from '../../../bench/worst/body-shapes.ts'
import { loneEdge } from '../../../bench/worst/lone-edge.ts'
import { type Json, jsonSchemaOf, sampleOf } from '../../../bench/worst/schema-samples.ts'
import { bodyLimits } from '../../../workers/edge/body.ts'
import { limitsOf } from '../../../workers/edge/edge.ts'
import type { RouteFacts } from '../../../workers/edge/route.ts'

const { routes, send } = loneEdge()
const reading = routes.filter(({ body }) => body !== undefined)
const named = reading.map((route) => ({ name: `${route.method} ${route.fullPath}`, route }))

test('there are many', () => expect(reading.length).toBeGreaterThan(35))

test('those that take more than bodies do are few, and known', () => {
  const larger = reading.filter((route) => limitsOf(route).bytes > bodyLimits.bytes || limitsOf(route).members > bodyLimits.members)
  expect(larger.map(({ operationId }) => operationId).sort()).toEqual([
    'activityLogs/create',
    'activityLogs/createBatch',
    'platform/pruneIndex',
    'platform/rebuildBoard',
    'rewardRules/create',
    'rewardRules/update',
    'userImports/create',
  ])
})

describe.each(named)('$name', ({ route }) => {
  test('is measured by bodies that are let in', async () => {
    const bodies = bodiesFor(route)
    expect(bodies.length).toBeGreaterThan(1)
    for (const { shape, text } of bodies)
      expect({ shape, fits: Buffer.byteLength(text) <= limitsOf(route).bytes }).toEqual({ shape, fits: true })
    // Too much, or of a wrong kind, would be told before anything was spent on it.
    const statuses = await Promise.all(bodies.map(({ text }) => send(route, text)))
    expect(statuses.filter((status) => [401, 403, 405, 413, 415, 500].includes(status))).toEqual([])
  })
})

describe.each(named.filter(({ route }) => hasFreeForm(route)))('$name', ({ route }) => {
  test('takes no free form that could not be kept', () => {
    const schema = jsonSchemaOf(route.body as z.ZodType)
    const issues = (free: unknown) => (route.body as z.ZodType).safeParse(sampleOf(schema, { free })).error?.issues ?? []
    const good = issues({ '==': [1, 'text'] })
    for (const free of [
      { '==': [1, 'a\u0000b'] },
      { '==': [1, '\ud800'] },
      { '==': [1, Number.POSITIVE_INFINITY] },
      { 'a\u0000': 1 },
      JSON.parse('{"a":{"__proto__":1}}'),
    ])
      expect(issues(free).length).toBeGreaterThan(good.length)
  })
})

test('there are routes that take free forms', () => expect(reading.filter(hasFreeForm).length).toBe(5))

/** A batch reads its items one by one, by the schema of one. */
function hasFreeForm(route: RouteFacts): boolean {
  if (route.accepts === 'csv' || route.accepts === 'form' || route.operationId === 'activityLogs/createBatch') return false
  const schema: Json = jsonSchemaOf(route.body as z.ZodType)
  return JSON.stringify(sampleOf(schema, { free: { mark: 1 } })).includes('mark')
}
