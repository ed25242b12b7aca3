// Who may pass, on every route there is: nobody without a token that is right in everything, nobody below the role that
// the route takes, no machine without its scope. Whoever may not is told before anything is read: not the body, not a
// single object or row.

import { beforeAll, describe, expect, test } from 'vitest'
import { type Role, roles } from '../../domain/identity.ts'
import { claimsFor, type Known, knownRoutes, pathOf, tenantRoutes, validAsk } from './support/routes.ts'
import { decidedIn } from './support/state.ts'
import { must, type Tenant, tenant } from './support/tenants.ts'
import { badTokens, type Claims, otherAccountId, scopes, signed } from './support/tokens.ts'
import { type Answer, securityWorld } from './support/world.ts'

const world = securityWorld()
let ours: Tenant
let others: Tenant
let decided: number[]
let gone: string
let demoted: string

beforeAll(async () => {
  ours = await tenant(world)
  others = await tenant(world, otherAccountId)
  ;[gone, demoted] = await Promise.all([somebody(), somebody()])
  await administer('DELETE', `/users/${gone}`)
  for (const role of ['admin', 'member']) await administer('PUT', `/users/${demoted}/role`, { role })
  decided = await decidedIn(ours)
}, 60_000)

async function administer(method: string, path: string, body?: object) {
  const answer = await world.ask({ method, path: `/dashboard/v1${path}`, token: await signed(ours.owner), body })
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`)
  return answer.json
}

const somebody = async (): Promise<string> => (await administer('POST', '/users', { email: `${crypto.randomUUID()}@example.org` })).userId

/** The body is one that would be refused, were it read. */
async function refusedUnread(one: Known, token: string | null, headers: Record<string, string> = {}): Promise<Answer> {
  world.touched.length = 0
  const raw = one.route.method === 'GET' ? undefined : 'no JSON at all'
  const answer = await world.ask({
    method: one.route.method,
    path: pathOf(one, ours.things),
    token,
    raw,
    headers: { 'content-type': 'application/json', ...headers },
  })
  expect(world.touched).toEqual([])
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  return answer
}

const standing: Role[] = ['member', 'viewer', 'editor', 'manager', 'admin', 'owner']

test('these are all the roles', () => expect([...standing].sort()).toEqual([...roles].sort()))

describe.each(tenantRoutes)('$name', (one) => {
  const isApp = one.route.api === 'app'
  const action = 'action' in one.route ? one.route.action : ''
  const [right, wrong] = [`${one.route.api}/${action}`, isApp ? 'dashboard' : 'app']
  const others_ = scopes
    .split(' ')
    .filter((scope) => scope !== right)
    .join(' ')
  const forbidden = { status: 403, json: { code: 'auth/insufficient_permissions' } }

  test('401 for whoever is nobody here', async () => {
    for (const { why, token, code } of await badTokens(claimsFor(one, ours), others.workspaceId)) {
      const answer = await refusedUnread(one, token)
      expect({ why, status: answer.status, code: answer.json?.code }).toEqual({ why, status: 401, code })
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
      expect(answer.headers.get('www-authenticate')).toContain(`/.well-known/oauth-protected-resource/${one.route.api}/v1"`)
    }
  })

  test('401 with the operator’s key, and with a token in another scheme', async () => {
    expect((await refusedUnread(one, world.operatorKey)).status).toBe(401)
    const basic = { authorization: `Basic ${await signed(claimsFor(one, ours))}` }
    expect((await refusedUnread(one, null, basic)).status).toBe(401)
  })

  test('403 for whoever is known and has a token of the other API', async () => {
    const context = isApp ? 'dashboard' : 'app'
    for (const claims of [claimsFor(one, ours, isApp ? 'person' : 'owner'), { ...claimsFor(one, ours, 'machine'), scope: scopes }])
      expect(await refusedUnread(one, await signed({ ...claims, role: 'owner', context }))).toMatchObject(forbidden)
  })

  test('403 for a machine without the scope, whatever its role and its other scopes', async () => {
    const machine = { ...claimsFor(one, ours, 'machine'), role: 'owner' }
    for (const scope of [undefined, '', others_, `${wrong}/read ${wrong}/write`, right.toUpperCase(), `${right}s`])
      expect(await refusedUnread(one, await signed({ ...machine, scope }))).toMatchObject(forbidden)
  })

  test('403 for a person whose token names scopes and not this one', async () => {
    const claims: Claims = { ...claimsFor(one, ours, isApp ? 'person' : 'owner'), scope: others_ }
    expect(await refusedUnread(one, await signed(claims))).toMatchObject(forbidden)
  })

  test('403 for a person who names another user', async () => {
    const token = await signed(claimsFor(one, ours, isApp ? 'person' : 'owner'))
    expect(await refusedUnread(one, token, { 'x-user-id': 'twin' })).toMatchObject(forbidden)
  })

  const leveled = isApp ? [] : [one]
  test.each(leveled)('403 below the least role', async () => {
    const least = one.known.least ?? (one.route.method === 'GET' ? 'viewer' : 'editor')
    const below = standing.slice(0, standing.indexOf(least))
    expect(below).toContain('member')
    for (const role of below) {
      const claims = [claimsFor(one, ours, 'owner'), claimsFor(one, ours, 'machine')].map((claims) => ({ ...claims, role }))
      for (const each of claims) expect(await refusedUnread(one, await signed(each))).toMatchObject(forbidden)
    }
  })

  const machines = one.known.as === 'machine' ? [one] : []
  test.each(machines)('403 for a person, where it is for machines', async () => {
    for (const role of roles)
      expect(await refusedUnread(one, await signed({ ...claimsFor(one, ours, 'person'), role }))).toMatchObject(forbidden)
  })
})

describe.each(knownRoutes.filter(({ route }) => route.api === 'platform'))('$name', (one) => {
  test('401 for whoever is not the operator', async () => {
    const tenants = [await signed({ ...ours.owner, scope: scopes }), await signed({ ...ours.machine, context: 'dashboard', role: 'owner' })]
    for (const token of [null, 'x', `${world.operatorKey}x`, world.operatorKey.slice(1), ...tenants]) {
      const answer = await refusedUnread(one, token)
      expect(answer).toMatchObject({ status: 401, json: { code: 'auth/invalid_token' } })
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    }
  })
})

// A token says who somebody was. By construction, as above: whoever adds a route has it asked who they are.
describe.each(tenantRoutes.filter(({ known }) => known.as !== 'machine'))('$name', (one) => {
  const isApp = one.route.api === 'app'
  const claims = (userId: string) => ({ ...claimsFor(one, ours, isApp ? 'person' : 'owner'), userId, role: 'owner' })
  const asked = async (userId: string) => {
    const raw = one.route.method === 'GET' ? undefined : 'no JSON at all'
    const headers = { 'content-type': 'application/json' }
    return world.ask({ method: one.route.method, path: pathOf(one, ours.things), token: await signed(claims(userId)), raw, headers })
  }

  test('401 for a person who was deleted, or 404 where their own object is asked', async () => {
    const isOwn = isApp && ('needsUser' in one.route || 'ownUserOnly' in one.route)
    const { status } = isOwn
      ? await world.ask({ ...(await validAsk(world, one, ours)), token: await signed(claims(gone)) })
      : await asked(gone)
    // Of another's user they are told the same as ever; what is malformed is refused before anybody is asked.
    expect(isOwn ? [400, 403, 404] : [401]).toContain(status)
  })

  test.each(isApp ? [] : [one])('403 for a person who was demoted, whatever their token says', async () => {
    expect(await asked(demoted)).toMatchObject({ status: 403, json: { code: 'auth/insufficient_permissions' } })
  })
})

test('nothing happened meanwhile', async () => {
  expect(await decidedIn(ours)).toEqual(decided)
})

// What is refused above is refused for its token alone: the same routes serve the least that they take.
describe.each(tenantRoutes.filter((one) => one.route.api === 'dashboard'))('$name', (one) => {
  test('serves the least role', async () => {
    const role = one.known.least ?? (one.route.method === 'GET' ? 'viewer' : 'editor')
    const token = await signed({ ...claimsFor(one, ours), role })
    expect((await world.ask({ ...(await validAsk(world, one, ours)), token })).status).toBe(one.known.status)
  })
})

describe('an owner', () => {
  const ownerId = 'the-owner'
  const forbidden = { status: 403, json: { code: 'auth/insufficient_permissions' } }
  const email = 'owner@private.test'
  let before: unknown

  const profile = async () => (await world.ask({ path: `/dashboard/v1/users/${ownerId}`, token: await signed(ours.owner) })).json

  beforeAll(async () => {
    const path = `/platform/v1/workspaces/${ours.workspaceId}/users/${ownerId}`
    await must(world, { method: 'PUT', path, token: world.operatorKey, body: { email, role: 'owner' } })
    before = await profile()
  })

  // Every route that names a user in its path and changes something, or shows where they sign in.
  const reaching = tenantRoutes.filter(
    ({ route }) => /:userId/.test(route.fullPath) && (route.method !== 'GET' || /sessions/.test(route.path)),
  )

  test('there are such routes', () => expect(reaching.length).toBeGreaterThan(4))

  test.each(reaching)('is not reached by who stands below, person or machine: $name', async (one) => {
    const its = { ...ours.things, userId: ownerId, doomedUserId: ownerId }
    const body = one.known.body?.(its)
    for (const role of ['manager', 'admin'])
      for (const claims of [ours.owner, { ...ours.machine, context: 'dashboard' }]) {
        const token = await signed({ ...claims, role })
        const answer = await world.ask({ method: one.route.method, path: pathOf(one, its), token, ...(body && { body }) })
        expect(answer).toMatchObject(forbidden)
      }
  })

  // What a machine does in somebody's name is theirs; what it changes of them, or ends, it answers for itself.
  const own = tenantRoutes.filter(
    ({ route }) => route.api === 'app' && /users.me(?:$|.sessions)/.test(route.path) && route.operationId !== 'users/getMe',
  )

  test.each(own)('is not changed by a machine below that acts for them: $name', async (one) => {
    const token = await signed({ ...ours.machine, context: 'app', role: 'viewer' })
    const ask = { ...(await validAsk(world, one, ours)), token, headers: { 'x-user-id': ownerId } }
    expect(await world.ask(ask)).toMatchObject(forbidden)
    // Of its equals and of those below it does.
    expect((await world.ask({ ...ask, headers: { 'x-user-id': ours.things.userId } })).status).not.toBe(403)
  })

  test('is who they were', async () => expect(await profile()).toEqual(before))
})
