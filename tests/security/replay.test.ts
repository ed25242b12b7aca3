// What one workspace is given to come back with (a page token, an idempotency key) means nothing in another one, also
// where caller, user, path and body are the same. And in its own, a key answers the request it came with and no other,
// on every route that writes.

import { beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { activityLogInput } from '../../workers/app/activity-log-input.ts'
import { authorized, claimsFor, essence, type Known, pathOf, tenantRoutes } from './support/routes.ts'
import { nowhere, settled, type Tenant, tenant, twin } from './support/tenants.ts'
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

/** The same members, at every level the other way round. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).reverse()
  return Object.fromEntries(members.map(([name, member]) => [name, reordered(member)]))
}

/** What a repeat must say again: all but that it is one, and a secret, which is told once. */
function told(answer: Answer) {
  const { headers, body, ...rest } = essence(answer)
  const { clientSecret: _, ...members } = (body ?? {}) as Record<string, unknown>
  const items = members.items as { replayed?: boolean }[] | undefined
  return {
    ...rest,
    headers: headers.filter(
      ([name = '']) => !/^(?:x-idempotency-cache-hit|x-durability|traceresponse|ratelimit.*|content-length)$/.test(name),
    ),
    body: { ...members, ...(items && { items: items.map(({ replayed: __, ...item }) => item) }) },
  }
}

/** Pointers of what an answer tells that lets whoever has it in, by its name or by its look. */
function secretsIn(value: unknown, pointer = ''): string[] {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, member]) => secretsIn(member, `${pointer}/${name}`))
  if (typeof value !== 'string' || pointer.endsWith('/nextToken')) return []
  return /(?:secret|token|password|code|private_?key)$/i.test(pointer) || /^(?:ls_|eyJ)/.test(value) ? [pointer] : []
}

test('a secret is seen by its name and by its look', () => {
  const answer = { clientSecret: 'x', nextToken: 'x', secretId: 'x', list: [{ value: 'eyJhbGciOi' }, { refresh_token: 'x' }] }
  expect(secretsIn(answer)).toEqual(['/clientSecret', '/list/0/value', '/list/1/refresh_token'])
})

describe.each(writes)('$name', (one) => {
  const write = async (its: Tenant, key: Record<string, string>, body: unknown): Promise<Answer> => {
    const { token, headers } = await authorized(world, one, its)
    const path = pathOf(one, its.things)
    const sent = one.known.text
      ? { raw: body as string, headers: { ...headers, ...key, 'content-type': 'text/csv' } }
      : { body, headers: { ...headers, ...key } }
    return world.ask({ method: one.route.method, path, token, ...sent })
  }
  const isReplayed = ({ headers, json }: Answer): boolean =>
    one.known.isBatch ? json.items[0].replayed : headers.get('x-idempotency-cache-hit') === 'true'
  /** Of the one item where it is a batch: each has a key of its own. */
  const statusOf = ({ status, json }: Answer): number => (one.known.isBatch && status === 200 ? json.items[0].status : status)

  test('a key answers the request it came with, in its workspace, and no other', async () => {
    const key = { 'x-idempotency-key': 'the same in both' }
    const body = one.known.text?.() ?? one.known.body?.(ours.things)
    const first = await write(ours, key, body)
    expect([first.status, isReplayed(first)]).toEqual([one.known.status, false])
    const foreign = await write(theirs, key, one.known.text?.() ?? one.known.body?.(theirs.things))
    expect([foreign.status, isReplayed(foreign)]).toEqual([one.known.status, false])
    expect(foreign.text).not.toContain(ours.things.marker)
    const again = await write(ours, { 'idempotency-key': '"the same in both"' }, reordered(body))
    expect([again.status, isReplayed(again)]).toEqual([one.known.status, true])
    expect(again.text).not.toContain(theirs.things.marker)
    expect(told(again)).toEqual(told(first))
    // What derives a key answers the same request with what an earlier one was told, and a secret is told once.
    expect(secretsIn(first.json).length > 0).toBe('tellsSecret' in one.route)
    expect(secretsIn(again.json)).toEqual([])

    if (typeof body !== 'object') return
    const [[list, items] = ['', []]] = Object.entries(body).filter(([, member]) => one.known.isBatch && Array.isArray(member))
    const beside = (more: object) => {
      if (!one.known.isBatch) return { ...body, ...more }
      return { [list]: (items as object[]).map((item) => ({ ...item, ...more })) }
    }
    // What nobody keeps is not what was said; and where members that nobody knows are refused, that comes first.
    const stranger = await write(ours, key, beside({ other: true }))
    if (statusOf(stranger) === 400) expect(stranger.json.errors).toEqual([expect.objectContaining({ pointer: '/other' })])
    else expect([stranger.status, isReplayed(stranger)]).toEqual([one.known.status, true])

    const other = otherThan(one, one.known.isBatch ? ((items as object[])[0] as object) : body)
    if (other === null) return
    const reused = await write(ours, key, beside(other))
    expect(statusOf(reused)).toBe(422)
    expect(reused.headers.get('x-idempotency-key')).toBe(key['x-idempotency-key'])
  })
})

/** Something else for a member that the body has and the schema keeps, at any depth, which it takes as well; null where there is none. */
function otherThan({ route, known }: Known, body: object): object | null {
  const schema = known.isBatch ? activityLogInput : (route.body as z.ZodType)
  for (const [name, value] of Object.entries(body))
    for (const other of othersThan(value)) if (schema.safeParse({ ...body, [name]: other }).success) return { [name]: other }
  return null
}

function* othersThan(value: unknown): Generator<unknown> {
  if (typeof value === 'string') yield* [`${value}x`, 'viewer', 'x@example.org', '2031-01-01T00:00:00Z'].filter((other) => other !== value)
  else if (typeof value === 'number') yield value + 1
  else if (typeof value === 'boolean') yield !value
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value))
      for (const other of othersThan(member)) yield Array.isArray(value) ? value.with(Number(name), other) : { ...value, [name]: other }
}

test('every body has something to say otherwise', () => {
  const withBody = writes.filter(({ known }) => known.body && !known.isBatch)
  const same = withBody.filter((one) => otherThan(one, one.known.body?.(nowhere()) ?? {}) === null)
  expect(withBody.length).toBeGreaterThan(15)
  expect(same.map(({ name }) => name)).toEqual([])
})

describe('without a key', () => {
  const telling = writes.filter(({ route }) => 'tellsSecret' in route)

  test.each(telling)('$name makes a secret at each request', async (one) => {
    const ask = async () =>
      world.ask({
        method: 'POST',
        path: pathOf(one, ours.things),
        ...(await authorized(world, one, ours)),
        body: one.known.body?.(ours.things),
      })
    const answers = [await ask(), await ask()]
    expect(answers.map(({ status, headers }) => [status, headers.get('x-idempotency-cache-hit')])).toEqual(
      Array(2).fill([one.known.status, null]),
    )
    const secrets = answers.map(({ json }) => secretsIn(json).map((pointer) => json[pointer.slice(1)]))
    expect(secrets.flat()).toHaveLength(2)
    expect(new Set(secrets.flat()).size).toBe(2)
  })

  test('what was taken back is made again by the same request', async () => {
    const token = await signed(ours.owner)
    const send = async (method: string, path: string, body?: object) =>
      (await world.ask({ method, path: `/dashboard/v1${path}`, token, ...(body && { body }) })).status
    const principal = `user:again-${ours.things.marker}`
    const held = { principal, quota: 1, windowSeconds: 1, reason: 'x', expiresAt: '2999-01-01T00:00:00Z' }
    const policy = { policyId: 'again', text: 'forbid (principal == Laurel::Person::"nobody", action, resource);' }
    for (const [path, body, id] of [
      ['/throttles', held, principal],
      ['/policies', policy, policy.policyId],
    ] as const) {
      expect(await send('POST', path, body)).toBe(201)
      expect(await send('DELETE', `${path}/${encodeURIComponent(id)}`)).toBe(200)
      expect(await send('POST', path, body)).toBe(201)
      expect(await send('GET', `${path}/${encodeURIComponent(id)}`)).toBe(200)
    }
  })

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

describe('a repeat is answered as the first was, whatever has happened since', () => {
  const key = (name: string) => ({ 'x-idempotency-key': name })
  const send = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    world.ask({ method, path, token: await signed(ours.owner), ...(body !== undefined && { body }), ...(headers && { headers }) })
  const isRepeat = ({ headers }: Answer) => headers.get('x-idempotency-cache-hit') === 'true'

  test('a user made, changed and deleted', async () => {
    const person = { email: 'ada@example.org', nickname: 'First' }
    const make = () => send('POST', '/dashboard/v1/users', person, key('make'))
    const made = await make()
    const path = `/dashboard/v1/users/${made.json.userId}`
    const change = (nickname: string) => send('PATCH', path, { nickname }, key(`as ${nickname}`))
    const [second, third] = [await change('Second'), await change('Third')]
    expect([made, await change('Second'), await change('Third')].map(({ json }) => json.nickname)).toEqual(['First', 'Second', 'Third'])
    expect((await send('GET', path)).json.nickname).toBe('Third')
    expect((await send('DELETE', path)).status).toBe(200)
    const again = [await make(), await change('Second'), await change('Third')]
    expect(again.map(({ status }) => status)).toEqual([201, 200, 200])
    expect(again.map(isRepeat)).toEqual([true, true, true])
    expect(again.map(({ json }) => json)).toEqual([made, second, third].map(({ json }) => json))
  })

  test('a key of one change of a user does not let another one through, which object ever it is for', async () => {
    const { userId } = ours.things
    const path = `/dashboard/v1/users/${userId}`
    const [plain, moving] = [{ nickname: 'Plain' }, { externalId: `moving-${ours.things.marker}`, nickname: 'Moving' }]
    for (const [name, first, other] of [
      ['plain first', plain, moving],
      ['moving first', moving, plain],
    ] as const) {
      expect((await send('PATCH', path, first, key(name))).status).toBe(200)
      expect((await send('PATCH', path, other, key(name))).status).toBe(422)
      await settled(world, ours.workspaceId)
      expect((await send('GET', path)).json).toMatchObject(first)
    }
  })

  test('an item of a batch is told from another by what it says, whatever else the body holds', async () => {
    const token = await signed({ ...ours.machine, context: 'app' })
    const batch = (value: number) => ({ other: ['x'], logs: [{ ...logOf({ ...twin, value }) }] })
    const log = (value: number) => world.ask({ method: 'POST', path: '/app/v1/activity-logs/batch', token, body: batch(value) })
    const items = [await log(11), await log(12), await log(11)].map(({ json }) => json.items[0])
    expect(items.map(({ replayed }) => replayed)).toEqual([false, false, true])
    expect(items.map(({ activityLog }) => activityLog.value)).toEqual([11, 12, 11])
  })
})
