// The steps before a handler: in which order they are taken, what each is asked, and how each refuses.

import { Hono } from 'hono'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { WorkspaceAccess } from '../../../domain/access/types.ts'
import { failure } from '../../../domain/failures.ts'
import type { Caller } from '../../../domain/identity.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import type { AccessClaims } from '../../../workers/edge/auth/claims.ts'
import { createEdge } from '../../../workers/edge/edge.ts'
import { limitDemands } from '../../../workers/edge/limits/demands.ts'
import type { LimitDemand, LimitOutcome } from '../../../workers/edge/limits/limiter.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import { type PolicyRequest, PolicyUnavailable } from '../../../workers/edge/policy/decider.ts'
import { rootApp } from '../../../workers/edge/root.ts'
import { access, claims, machine, nowMs, parts, ruleSet, sign, workspaceId } from './world.ts'

const limit = { quota: 200, windowSeconds: 10 }
const passed: LimitOutcome = { allowed: true, standings: [{ policy: 'user', limit, remaining: 199, resetSeconds: 1 }] }
const refused: LimitOutcome = {
  allowed: false,
  standings: [{ policy: 'user', limit, remaining: 0, resetSeconds: 3 }],
  retryAfterSeconds: 3,
  refusedBy: ['user'],
}

function world(over: Partial<EdgeParts> = {}, more: Partial<WorkspaceAccess> = {}) {
  const workspaceEdge = () => ok({ ruleSet, access: { ...access, ...more } })
  const all = { ...parts({ services: { workspaceEdge } }), ...over }
  const edge = createEdge(all)
  const reached = vi.fn()
  const api = new Hono()
  const body = z.object({})
  edge.route(api, { api: 'app', action: 'write', method: 'POST', path: '/things', operationId: 'things/create', body }, async (call) => {
    reached(call.trail)
    return ok({ status: 201, body: {} })
  })
  edge.route(api, { api: 'app', action: 'read', method: 'GET', path: '/odd', operationId: 'odd/list', kind: 'things' }, async () =>
    ok({ status: 200, body: {} }),
  )
  const root = rootApp(edge)
  root.route('/app/v1', api)
  const ask = async (init: RequestInit & { claims?: Record<string, unknown>; path?: string } = {}) => {
    const { claims, path = '/things', ...rest } = init
    const headers = { authorization: `Bearer ${await sign(claims)}`, 'content-type': 'application/json', ...rest.headers }
    const response = await root.request(`/app/v1${path}`, { method: 'POST', body: '{}', ...rest, headers } as RequestInit)
    return { status: response.status, headers: response.headers, json: JSON.parse(await response.text()) }
  }
  return { ask, reached, lines: all.lines }
}

const taking = (outcome: LimitOutcome | (() => LimitOutcome)) => {
  const take = vi.fn((_: LimitDemand[]) => (typeof outcome === 'function' ? outcome() : outcome))
  return { take }
}

describe('the rate limit', () => {
  test('is drawn on by the user and the workspace, before a policy or the body is looked at', async () => {
    const limits = taking(refused)
    const decide = vi.fn()
    const { ask, reached } = world({ limits, policies: { decide, checkForbid: async () => ok(undefined) } })
    const answer = await ask({ body: 'no JSON' })
    expect(limits.take.mock.calls).toEqual([
      [
        [
          { policy: 'user', name: `${workspaceId}:user:user-1`, limit, suspect: access.limits.suspect, maximumLease: 50 },
          { policy: 'workspace', name: `${workspaceId}:workspace`, limit: access.limits.workspace, suspect: null, maximumLease: 625 },
        ],
      ],
    ])
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3'])
    expect(answer.headers.get('ratelimit')).toBe('"user";r=0;t=3')
    expect(answer.headers.get('ratelimit-policy')).toBe('"user";q=200;w=10')
    expect(answer.json).toMatchObject({ code: 'rate_limit/exceeded', 'violated-policies': ['user'] })
    expect(decide).not.toHaveBeenCalled()
    expect(reached).not.toHaveBeenCalled()
  })

  test('of a machine that acts for a user is drawn on by both', async () => {
    const limits = taking(refused)
    await world({ limits }).ask({ claims: machine, headers: { 'x-user-id': 'user-2' } })
    expect(limits.take.mock.calls[0]?.[0].map(({ policy, name }) => [policy, name])).toEqual([
      ['client', `${workspaceId}:client:subject-1`],
      ['user', `${workspaceId}:user:user-2`],
      ['workspace', `${workspaceId}:workspace`],
    ])
  })

  test('of one that is throttled is the throttle, and no rule throttles it beside', async () => {
    const limits = taking(passed)
    const throttle = {
      principal: 'user:user-1',
      limit: { quota: 3, windowSeconds: 60 },
      reason: '',
      createdAtMs: 0,
      expiresAtMs: nowMs + 1,
    }
    await world({ limits }, { throttles: [throttle] }).ask()
    expect(limits.take.mock.calls[0]?.[0][0]).toMatchObject({ limit: throttle.limit, suspect: null })
  })

  test('of an owner on the dashboard is never so low that nothing can be undone', () => {
    const owner = { ...(claims() as unknown as Caller), role: 'owner', context: 'dashboard', subject: 's', scopes: [] } as Caller
    const least = { quota: 1, windowSeconds: 3600 }
    const throttle = { principal: 'user:user-1', limit: least, reason: '', createdAtMs: 0, expiresAtMs: nowMs + 1 }
    const held = { ...access, throttles: [throttle], limits: { ...access.limits, principal: least } }
    const mine = (caller: Caller) => limitDemands(caller, held)[0]?.limit
    expect(mine(owner)).toEqual({ quota: 20, windowSeconds: 10 })
    expect([mine({ ...owner, role: 'admin' }), mine({ ...owner, context: 'app' }), mine({ ...owner, platform: 'm2m' })]).not.toContainEqual(
      mine(owner),
    )
    expect(limitDemands(owner, { ...access, throttles: [throttle] })[0]?.limit).toEqual(limit)
  })

  test('tells where the caller stands, also when it lets pass, and may answer later', async () => {
    const limits = { take: async () => passed }
    const answer = await world({ limits }).ask()
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([201, '"user";r=199;t=1'])
  })

  test('is not drawn on by who is refused before', async () => {
    const limits = taking(passed)
    const { ask } = world({ limits })
    expect((await ask({ claims: { exp: 1 } })).status).toBe(401)
    expect((await ask({ headers: { origin: 'https://evil.test' } })).status).toBe(403)
    expect(limits.take).not.toHaveBeenCalled()
    // What a policy refuses has been counted: asking is what costs.
    expect((await ask({ claims: { scope: 'app/read' } })).status).toBe(403)
    expect(limits.take).toHaveBeenCalledTimes(1)
  })

  test('says once that a rule throttles somebody', async () => {
    const throttled = { policy: 'user' as const, limit, untilMs: nowMs + 600_000, started: true }
    const { ask, lines } = world({ limits: taking({ ...refused, throttled }) })
    await ask()
    const told = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'event')
    expect(told).toMatchObject([{ event: 'rate_limiter/throttled_user', workspaceId, durationMs: 600_000 }])
  })
})

describe('a user whom a machine names in the body', () => {
  const naming = (over: Partial<EdgeParts>, more: Partial<WorkspaceAccess> = {}) => {
    const admitted: unknown[] = []
    const workspaceEdge = () => ok({ ruleSet, access: { ...access, ...more } })
    const edge = createEdge({ ...parts({ services: { workspaceEdge } }), ...over })
    const api = new Hono()
    edge.route(
      api,
      { api: 'app', action: 'write', method: 'POST', path: '/things', operationId: 'things/create', body: z.object({}) },
      async (call) => {
        admitted.push(await call.admitUser('user-2'))
        return ok({ status: 201, body: call.request({}, { forUserId: 'user-2' }).trail })
      },
    )
    const root = rootApp(edge)
    root.route('/app/v1', api)
    const ask = async (who: Record<string, unknown>) => {
      const headers = { authorization: `Bearer ${await sign(who)}`, 'content-type': 'application/json' }
      return (await root.request('/app/v1/things', { method: 'POST', body: '{}', headers })).json() as Promise<object>
    }
    return { ask, admitted }
  }

  test('is asked about at the policies as if the machine acted for them, and named in the trail', async () => {
    const decide = vi.fn(({ caller }: PolicyRequest) => ({
      allowed: caller.userId !== 'user-2',
      policies: [],
      reason: caller.userId === 'user-2' ? ('forbidden' as const) : ('allowed' as const),
    }))
    const { ask, admitted } = naming({ policies: { decide, checkForbid: async () => ok(undefined) } })
    expect(await ask(machine)).toMatchObject({ subject: 'subject-1', userId: 'user-2' })
    expect(admitted).toMatchObject([{ ok: false, error: { code: 'auth/insufficient_permissions' } }])
    // Whoever is a person is asked about once, as themselves.
    await ask({ userId: 'user-2' })
    expect(decide).toHaveBeenCalledTimes(3)
  })

  test('is held to a throttle of theirs, and to nothing else', async () => {
    const limits = taking(passed)
    const { ask, admitted } = naming({ limits })
    await ask(machine)
    expect(limits.take).toHaveBeenCalledTimes(1)
    const throttle = {
      principal: 'user:user-2',
      limit: { quota: 3, windowSeconds: 60 },
      reason: '',
      createdAtMs: 0,
      expiresAtMs: nowMs + 1,
    }
    const taken: string[][] = []
    const throttled = naming(
      {
        limits: {
          take: (demands) => {
            taken.push(demands.map(({ name }) => name))
            return taken.length === 1 ? passed : refused
          },
        },
      },
      { throttles: [throttle] },
    )
    await throttled.ask(machine)
    expect(taken[1]).toEqual([`${workspaceId}:user:user-2`])
    expect([admitted, throttled.admitted]).toMatchObject([
      [{ ok: true }],
      [{ ok: false, error: { code: 'rate_limit/exceeded', retryAfterSeconds: 3 } }],
    ])
  })
})

describe('policies', () => {
  test('are asked by operation and kind, and those that let pass are in the trail and in the log', async () => {
    const decide = vi.fn(() => ({ allowed: true, policies: ['p1', 'p2'], reason: 'allowed' as const }))
    const { ask, reached, lines } = world({ policies: { decide, checkForbid: async () => ok(undefined) } })
    await ask({ headers: { 'cf-connecting-ip': '192.0.2.7' } })
    expect(decide).toHaveBeenCalledWith(
      expect.objectContaining({
        api: 'app',
        action: 'write',
        operation: 'things/create',
        kind: 'things',
        access: expect.objectContaining({ workspaceId }),
      }),
    )
    expect(reached).toHaveBeenCalledWith(
      expect.objectContaining({ operation: 'things/create', policies: ['p1', 'p2'], from: { address: '192.0.2.7' } }),
    )
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ policies: ['p1', 'p2'], outcome: 'ok' })
    await ask({ path: '/odd', method: 'GET', body: null })
    expect(decide).toHaveBeenLastCalledWith(expect.objectContaining({ operation: 'odd/list', kind: 'things' }))
  })

  test.each([
    ['scope', /needs the scope app\/write/],
    ['machines_only', /for machine tokens/],
    ['role', /role does not allow/],
    ['forbidden', /policy of this workspace forbids/],
  ] as const)('that refuse for %s say so, and nothing else', async (reason, said) => {
    const { ask, reached } = world({
      policies: { decide: async () => ({ allowed: false, policies: ['secret-name'], reason }), checkForbid: async () => ok(undefined) },
    })
    const answer = await ask()
    expect(answer).toMatchObject({ status: 403, json: { code: 'auth/insufficient_permissions', detail: expect.stringMatching(said) } })
    expect(JSON.stringify(answer.json)).not.toContain('secret-name')
    expect(reached).not.toHaveBeenCalled()
  })

  test('that cannot decide now are a 503', async () => {
    const decide = () => {
      throw new PolicyUnavailable('broken')
    }
    const { ask, reached } = world({ policies: { decide, checkForbid: async () => ok(undefined) } })
    const answer = await ask()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(reached).not.toHaveBeenCalled()
  })
})

describe('who somebody is now', () => {
  const viewing = { context: 'dashboard', role: 'admin' }
  function asking(standing: Result<Partial<Caller>>) {
    const now = vi.fn((caller: Caller) =>
      standing.ok ? (Object.keys(standing.value).length ? ok({ ...caller, ...standing.value }) : ok(caller)) : standing,
    )
    const edge = createEdge({ ...parts({ services: { workspaceEdge: () => ok({ ruleSet, access }) } }), standings: { now } })
    const reached = vi.fn()
    const [app, dashboard] = [new Hono(), new Hono()]
    const handler = async ({ caller }: { caller: Caller }) => {
      reached(caller.role)
      return ok({ status: 200, body: {} })
    }
    const read = { action: 'read', method: 'GET' } as const
    edge.route(app, { ...read, api: 'app', path: '/others', operationId: 'others' }, handler)
    edge.route(app, { ...read, api: 'app', path: '/mine', operationId: 'mine', needsUser: true }, handler)
    edge.route(app, { ...read, api: 'app', path: '/own', operationId: 'own', ownUserOnly: true }, handler)
    edge.route(dashboard, { ...read, api: 'dashboard', path: '/users', operationId: 'users' }, handler)
    edge.route(dashboard, { ...read, api: 'dashboard', path: '/clients', operationId: 'clients' }, handler)
    edge.route(dashboard, { ...read, api: 'dashboard', path: '/users/me', operationId: 'me', needsUser: true }, handler)
    const root = rootApp(edge)
    root.route('/app/v1', app)
    root.route('/dashboard/v1', dashboard)
    const ask = async (path: string, who: Record<string, unknown> = {}) =>
      (await root.request(path, { headers: { authorization: `Bearer ${await sign(who)}` } })).status
    return { ask, now, reached }
  }

  test('is asked on every route but those where the user’s own object is asked, and not for machines', async () => {
    const { ask, now } = asking(ok({}))
    for (const [path, who, calls] of [
      ['/app/v1/others', {}, 1],
      ['/app/v1/mine', {}, 1],
      ['/app/v1/own', {}, 1],
      ['/dashboard/v1/users', viewing, 2],
      ['/dashboard/v1/users/me', viewing, 3],
      ['/app/v1/others', machine, 3],
    ] as const) {
      expect(await ask(path, who)).toBe(200)
      expect(now, path).toHaveBeenCalledTimes(calls)
    }
  })

  test('who is gone is not known any more, and an outage is told', async () => {
    const { ask, reached } = asking(fail(failure('auth/invalid_token', 'gone')))
    expect([await ask('/app/v1/others'), await ask('/dashboard/v1/users', viewing)]).toEqual([401, 401])
    expect(await asking(fail(failure('record/unavailable', 'away'))).ask('/app/v1/others')).toBe(503)
    expect(reached).not.toHaveBeenCalled()
  })

  test('who was demoted is held to the role of now, by the policies and by the handler', async () => {
    const { ask, reached } = asking(ok({ role: 'viewer' }))
    expect(await ask('/dashboard/v1/clients', viewing)).toBe(403)
    expect(await ask('/dashboard/v1/users', viewing)).toBe(200)
    expect(await ask('/dashboard/v1/clients', viewing)).toBe(403)
    expect(reached.mock.calls).toEqual([['viewer']])
  })

  test('is not asked for whom the token already refuses', async () => {
    const { ask, now } = asking(ok({}))
    expect(await ask('/dashboard/v1/clients', { ...viewing, role: 'viewer' })).toBe(403)
    expect(now).not.toHaveBeenCalled()
  })
})

test('the token of a client that is gone is worth nothing', async () => {
  // Only tokens of our own issuer name a client of ours (tests/unit/edge/verify.test.ts).
  const verify = async () => ok({ ...claims(machine), client_id: 'client-1' } as AccessClaims)
  expect(
    (await world({ verifier: { verify } }, { clients: [{ clientId: 'client-1', role: 'admin', scopes: ['app/write'] }] }).ask()).status,
  ).toBe(201)
  expect(await world({ verifier: { verify } }).ask()).toMatchObject({ status: 401, json: { code: 'auth/invalid_token' } })
})
