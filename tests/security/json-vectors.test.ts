// JSONTestSuite as bodies of real requests: what is no JSON is refused as such, what is JSON is read, and what parsers
// differ on is answered one way or the other. Missing files count as skipped, but not in CI.

import { beforeAll, describe, expect, inject, test } from 'vitest'
import { expectRefused, expectUnbroken } from './support/problems.ts'
import { decidedIn } from './support/state.ts'
import { type Tenant, tenant } from './support/tenants.ts'
import { scopes, signed } from './support/tokens.ts'
import { type Answer, securityWorld } from './support/world.ts'

const { files, isCi } = inject('jsonVectors')
const world = securityWorld()
let ours: Tenant

beforeAll(async () => {
  ours = await tenant(world)
}, 60_000)

test.skipIf(files === null && !isCi)('the suite is there', () => expect(files?.length).toBeGreaterThan(300))

const routes = [
  { method: 'POST', path: '/app/v1/activity-logs', context: 'app' },
  { method: 'POST', path: '/dashboard/v1/users', context: 'dashboard' },
  { method: 'POST', path: '/dashboard/v1/reward-rules', context: 'dashboard' },
]

describe.each(routes)('$method $path', ({ method, path, context }) => {
  const send = async (base64: string): Promise<Answer> => {
    const token = await signed({ ...ours.machine, scope: scopes, context })
    return world.ask({ method, path, token, raw: Buffer.from(base64, 'base64'), headers: { 'content-type': 'application/json' } })
  }
  const starting = (letter: string) => (files ?? []).filter(({ name }) => name.startsWith(letter))

  // None of the suite's files is a body that these routes take, so none may have an effect.
  test.skipIf(files === null)('refuses every file of the suite for what it is', async () => {
    const before = await decidedIn(world, ours)
    for (const { name, base64 } of starting('n_')) {
      const answer = await send(base64)
      expectRefused(answer, [400], name)
      expect({ name, places: answer.json.errors }).toEqual({ name, places: [{ pointer: '', detail: expect.any(String) }] })
    }
    for (const { name, base64 } of [...starting('y_'), ...starting('i_')]) {
      const answer = await send(base64)
      expectUnbroken(answer, name)
      expect({ name, status: answer.status }).toEqual({ name, status: 400 })
    }
    expect(await decidedIn(world, ours)).toEqual(before)
  })
})
