// What one workspace is given to come back with (a page token, an idempotency key) means nothing in another one, also
// where caller, user, path and body are the same.

import { beforeAll, describe, expect, test } from 'vitest'
import { authorized, claimsFor, pathOf, tenantRoutes } from './support/routes.ts'
import { type Tenant, tenant, twin } from './support/tenants.ts'
import { signed } from './support/tokens.ts'
import { type Answer, securityWorld } from './support/world.ts'

const world = securityWorld()
let ours: Tenant
let theirs: Tenant

beforeAll(async () => {
  ours = await tenant(world)
  theirs = await tenant(world)
}, 60_000)

const pages = tenantRoutes.filter(({ route }) => route.query && 'nextToken' in ((route.query as { shape?: object }).shape ?? {}))

test('there are lists in pages', () => expect(pages.length).toBeGreaterThan(8))

describe.each(pages)('$name', (one) => {
  const page = async (tenant: Tenant, its: Tenant, query: string): Promise<Answer> => {
    // The same person in both: only the workspace tells them apart.
    const token = await signed({ ...claimsFor(one, tenant), userId: ours.things.userId })
    return world.ask({ path: `${pathOf(one, its.things)}?limit=1&order=asc${query}`, token })
  }

  test('goes on in its own workspace, and in no other', async () => {
    const first = await page(ours, ours, '')
    expect(first).toMatchObject({ status: 200, json: { nextToken: expect.any(String) } })
    const next = `&nextToken=${encodeURIComponent(first.json.nextToken)}`
    const second = await page(ours, ours, next)
    expect(second.status).toBe(200)
    expect(second.json.items).toHaveLength(1)
    expect(second.json.items).not.toEqual(first.json.items)
    const foreign = await page(theirs, theirs, next)
    expect(foreign).toMatchObject({ status: 400, json: { errors: [{ parameter: 'nextToken' }] } })
  })
})

const writes = tenantRoutes.filter(({ route }) => route.method !== 'GET')

describe.each(writes)('$name', (one) => {
  const write = async (its: Tenant, key: Record<string, string>, body: unknown): Promise<Answer> => {
    const { token, headers } = await authorized(world, one, its)
    return world.ask({ method: one.route.method, path: pathOf(one, its.things), token, headers: { ...headers, ...key }, body })
  }
  const isReplayed = ({ headers, json }: Answer): boolean =>
    one.known.isBatch ? json.items[0].replayed : headers.get('x-idempotency-cache-hit') === 'true'

  test('a key of ours has no answer of ours for them, and none of theirs for us', async () => {
    const key = { 'x-idempotency-key': 'the same in both' }
    const body = one.known.body?.(ours.things)
    const first = await write(ours, key, body)
    expect([first.status, isReplayed(first)]).toEqual([one.known.status, false])
    const foreign = await write(theirs, key, one.known.body?.(theirs.things))
    expect([foreign.status, isReplayed(foreign)]).toEqual([one.known.status, false])
    expect(foreign.text).not.toContain(ours.things.marker)
    const again = await write(ours, key, body)
    expect([again.status, isReplayed(again)]).toEqual([one.known.status, true])
    expect(again.text).not.toContain(theirs.things.marker)
  })
})

describe('without a key', () => {
  test('the same request of the same person is another one in another workspace', async () => {
    const body = { ...twin, value: 3 }
    const log = async ({ person }: Tenant) =>
      world.ask({
        method: 'POST',
        path: '/app/v1/activity-logs',
        token: await signed({ ...person, userId: twin.userId }),
        body: logOf(body),
      })
    const answers = [await log(ours), await log(theirs), await log(ours)]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(answers.map(({ headers }) => headers.get('x-idempotency-cache-hit'))).toEqual([null, null, 'true'])
    expect(answers.map(({ json }) => json.workspaceId)).toEqual([ours.workspaceId, theirs.workspaceId, ours.workspaceId])
  })

  test('the same event id is another event in another workspace', async () => {
    const log = async ({ person }: Tenant, value: number) => {
      const token = await signed({ ...person, userId: twin.userId })
      return world.ask({ method: 'POST', path: '/app/v1/activity-logs', token, body: logOf({ ...twin, value, activityLogId: 'event' }) })
    }
    expect((await log(ours, 1)).status).toBe(201)
    const foreign = await log(theirs, 2)
    expect([foreign.status, foreign.headers.get('x-idempotency-cache-hit')]).toEqual([201, null])
    expect((await log(ours, 2)).status).toBe(409)
  })
})

const logOf = ({ virtualCurrencyId: _none, ...event }: typeof twin & { value: number; activityLogId?: string }) => event
