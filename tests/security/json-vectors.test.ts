// JSONTestSuite as bodies of requests to every route that takes JSON: what is no JSON is refused as such, what is JSON is read, and what parsers
// differ on is answered one way or the other. Missing files count as skipped, but not in CI.

import { beforeAll, describe, expect, inject, test } from 'vitest'
import { expectRefused, expectUnbroken } from './support/problems.ts'
import { knownRoutes, nameOf, routes, takesJson, validAsk } from './support/routes.ts'
import { decidedIn } from './support/state.ts'
import { type Tenant, tenant } from './support/tenants.ts'
import { type Answer, type Ask, securityWorld } from './support/world.ts'

const { files, isCi } = inject('jsonVectors')
const world = securityWorld()
let ours: Tenant

beforeAll(async () => {
  ours = await tenant(world)
}, 60_000)

test.skipIf(files === null && !isCi)('the suite is there', () => expect(files?.length).toBeGreaterThan(300))

/** Also those where people sign in, which are no tenant's and have no case. */
const jsonRoutes = routes
  .filter(takesJson)
  .map((route) => ({ name: nameOf(route), route, case_: knownRoutes.find((known) => known.route === route) }))

test('there are many', () => expect(jsonRoutes.length).toBeGreaterThan(25))

describe.each(jsonRoutes)('$name', ({ route, case_ }) => {
  const starting = (letter: string) => (files ?? []).filter(({ name }) => name.startsWith(letter))

  test.skipIf(files === null)('refuses what is no JSON, and breaks on none of it', async () => {
    const valid: Ask = case_ ? await validAsk(world, case_, ours) : { method: route.method, path: route.fullPath }
    const { body: _valid, ...ask } = valid
    const send = async (base64: string): Promise<Answer> =>
      world.ask({ ...ask, raw: Buffer.from(base64, 'base64'), headers: { ...ask.headers, 'content-type': 'application/json' } })
    const before = await decidedIn(ours)
    for (const { name, base64 } of starting('n_')) {
      const answer = await send(base64)
      // Two of them are longer than whoever nobody knows yet has to say.
      expectRefused(answer, route.api === 'auth' ? [400, 413] : [400], name)
      if (answer.status === 400)
        expect({ name, places: answer.json.errors }).toEqual({ name, places: [{ pointer: '', detail: expect.any(String) }] })
    }
    expect(await decidedIn(ours)).toEqual(before)
    // What is JSON is read. Hardly any of it is what a route takes: an object without a member that is known, where none is needed.
    for (const { name, base64 } of [...starting('y_'), ...starting('i_')]) expectUnbroken(await send(base64), name)
  })
})
