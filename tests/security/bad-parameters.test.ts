// Paths, queries and headers that are wrong or meant to hurt, on every route there is.

import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { hostileIds, type Json, wrongQuery } from './support/hostile.ts'
import { expectRefused, expectUnbroken } from './support/problems.ts'
import { isTenants, type Known, knownRoutes, parametersOf, pathOf, queryOf, tenantRoutes, validAsk } from './support/routes.ts'
import { decidedIn } from './support/state.ts'
import { type Tenant, tenant } from './support/tenants.ts'
import { signed } from './support/tokens.ts'
import { securityWorld } from './support/world.ts'

const world = securityWorld()
let ours: Tenant

beforeAll(async () => {
  ours = await tenant(world)
}, 60_000)

async function unchanged(work: () => Promise<void>): Promise<void> {
  const before = await decidedIn(ours)
  await work()
  expect(await decidedIn(ours)).toEqual(before)
}

const queryShape = ({ route }: Known): Record<string, Json> =>
  route.query ? ((z.toJSONSchema(route.query, { io: 'output', unrepresentable: 'any' }) as Json).properties as Record<string, Json>) : {}

const strange = '__proto__=1&__proto__=2&constructor=1&toString=1&a[b]=1&%=1&%FF=%FF&=x&&__proto__[limit]=1'

/** Reads ignore what they do not know; so does a token endpoint (RFC 6749 section 3.2). */
const isIgnorant = ({ route }: Known): boolean =>
  route.api === 'oauth2' || (route.method === 'GET' && !('action' in route && route.action === 'write'))

describe.each(knownRoutes.filter((one) => Object.keys(queryShape(one)).length > 0))('$name', (one) => {
  const pathWith = (query: string, leftOut?: string) => {
    const kept = queryOf(one, ours.things, leftOut)
    return `${pathOf(one, ours.things)}${kept}${kept === '' ? '?' : '&'}${query}`
  }

  test('a wrong value of any query parameter is a 400 that names it', async () => {
    const ask = await validAsk(world, one, ours)
    await unchanged(async () => {
      for (const [name, schema] of Object.entries(queryShape(one)))
        for (const query of wrongQuery(name, schema)) {
          const answer = await world.ask({ ...ask, path: pathWith(query, name) })
          expectRefused(answer, [400], query.slice(0, 60))
          expect(answer.json.errors[0].parameter).toBe(name)
        }
    })
  })
})

describe.each(knownRoutes.filter((one) => isIgnorant(one) && Object.keys(queryShape(one)).length > 0))('$name', (one) => {
  test('parameters that nobody knows are ignored', async () => {
    const ask = await validAsk(world, one, ours)
    const known = queryOf(one, ours.things)
    const path = `${pathOf(one, ours.things)}${known}${known === '' ? '?' : '&'}${strange}`
    expect(await world.ask({ ...ask, path })).toMatchObject({ status: one.known.status })
  })
})

const writes = knownRoutes.filter((one) => !isIgnorant(one))

test('all writes know their parameters, but for a token endpoint', () => {
  expect(writes.length).toBeGreaterThan(40)
  for (const { route } of knownRoutes.filter(({ route }) => route.method !== 'GET' && route.api !== 'oauth2'))
    expect(writes.map((one) => one.route)).toContain(route)
})

describe.each(writes)('$name', (one) => {
  test('a parameter that nobody knows is a 400 that names it, and nothing is done', async () => {
    const ask = await validAsk(world, one, ours)
    const known = queryOf(one, ours.things)
    await unchanged(async () => {
      for (const [query, parameter] of [
        [strange, '__proto__'],
        ['other=1', 'other'],
        ...Object.keys(queryShape(one)).map((name) => [`${name.toUpperCase()}_=true`, `${name.toUpperCase()}_`]),
      ] as const) {
        const answer = await world.ask({ ...ask, path: `${pathOf(one, ours.things)}${known}${known === '' ? '?' : '&'}${query}` })
        expectRefused(answer, [400], query)
        expect(answer.json.errors[0]).toEqual({ parameter, detail: 'Unknown parameter.' })
      }
    })
  })
})

// The workspace in the operator's paths is who it is about, and a user that is put there is a new one.
const named = knownRoutes.flatMap((one) => {
  const fixed = one.route.api !== 'platform' ? [] : one.name.startsWith('PUT') ? ['workspaceId', 'userId'] : ['workspaceId']
  return parametersOf(one.route.fullPath).flatMap((name) => (fixed.includes(name) ? [] : [{ ...one, parameter: name }]))
})

describe.each(named)('$name', ({ parameter, ...one }) => {
  test(`${parameter} may be anything, and is then of nothing that there is`, async () => {
    const ask = await validAsk(world, one, ours)
    const valid = one.known.params?.(ours.things) ?? {}
    const isChosen = one.known.chosenParams?.includes(parameter)
    const askAll = async () => {
      for (const id of hostileIds) {
        const path = one.route.fullPath.replace(/:(\w+)/g, (_, name) => (name === parameter ? id : encodeURIComponent(valid[name] ?? '')))
        const answer = await world.ask({ ...ask, path })
        if (isTenants(one) && !isChosen) expectRefused(answer, [400, 404, 405], id.slice(0, 60))
        else expectUnbroken(answer, id.slice(0, 60))
      }
    }
    await (isChosen ? askAll() : unchanged(askAll))
  })
})

describe.each(tenantRoutes.filter(({ route }) => route.method !== 'GET'))('$name', (one) => {
  test('keys that are no keys are a 400 that names the header', async () => {
    const wrong: [string, string][] = [
      ['x-idempotency-key', ''],
      ['x-idempotency-key', 'x'.repeat(256)],
      ['idempotency-key', 'bare'],
      ['idempotency-key', '""'],
      ['idempotency-key', `"${'x'.repeat(256)}"`],
      ['idempotency-key', '"a";p=1'],
    ]
    const ask = await validAsk(world, one, ours)
    await unchanged(async () => {
      for (const [name, value] of wrong) {
        const answer = await world.ask({ ...ask, headers: { ...ask.headers, [name]: value } })
        expectRefused(answer, [400], `${name}: ${value.slice(0, 20)}`)
        expect(answer.json.errors[0].parameter.toLowerCase()).toBe(name)
      }
    })
  })

  test('a key of any characters breaks nothing', async () => {
    const ask = await validAsk(world, one, ours)
    for (const key of ['\u00e9\u00ff', '__proto__', '"quoted"', '{"a":1}', 'a,b', '\t'])
      expectUnbroken(await world.ask({ ...ask, headers: { ...ask.headers, 'x-idempotency-key': `k${key}k` } }), key)
  })
})

describe('headers', () => {
  const machine = async (headers: Record<string, string>) =>
    world.ask({ path: '/app/v1/users/me', token: await signed({ ...ours.machine, context: 'app' }), headers })

  test('a user id that is none is a 400 that names the header', async () => {
    for (const id of ['', ' ', 'a b', 'x'.repeat(129), '\u00e9']) {
      const answer = await machine({ 'x-user-id': id })
      expectRefused(answer, [400], id)
      expect(answer.json.errors[0].parameter).toBe('x-user-id')
    }
    for (const id of ['__proto__', '..', '*', 'a/b', `';--`]) expectRefused(await machine({ 'x-user-id': id }), [404], id)
  })

  test('a request id or a trace that is not sane is not echoed', async () => {
    const headers = { 'x-request-id': '<script>', traceparent: '00-x' }
    const answer = await machine({ ...headers, 'x-user-id': ours.things.userId })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{21}$/)
  })

  test('tokens that are very long or of strange characters are a 401', async () => {
    for (const token of ['x'.repeat(100_000), 'a.b.c', '..', '\u00e9.\u00e9.\u00e9', `${'e30'}.${'e30'}.`, 'null'])
      expectRefused(await world.ask({ path: '/app/v1/users/me', token }), [401], token.slice(0, 20))
  })
})
