import { expect, test, vi } from 'vitest'
import { failure } from '../../../domain/failures.ts'
import type { PlayerCommand } from '../../../domain/player/types.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { CommandReply, CommandRequest } from '../../../durable-objects/log/rpc.ts'
import type { PlayerRpc } from '../../../durable-objects/player/rpc.ts'
import { appApi } from '../../../workers/app/api.ts'
import { createEdge } from '../../../workers/edge/edge.ts'
import { ObjectUnavailable } from '../../../workers/edge/object-unavailable.ts'
import { rootApp } from '../../../workers/edge/root.ts'
import { machine, parts, sign, type World } from '../edge/world.ts'

const reply = (over: Partial<Extract<CommandReply, { ok: true }>> = {}): CommandReply => ({
  ok: true,
  answer: { status: 201, body: { activityLogId: 'a' } },
  at: { incarnation: 1, sequence: 1 },
  durability: 'record',
  replayed: false,
  ...over,
})

function world(given: World = {}) {
  const edge = createEdge(parts(given))
  const root = rootApp(edge)
  root.route('/app/v1', appApi(edge))
  return async (method: string, path: string, body?: unknown, token?: string, headers: Record<string, string> = {}) => {
    const response = await root.request(`/app/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token ?? (await sign())}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, json: JSON.parse(await response.text()) }
  }
}

const execute = (answer: (request: CommandRequest<PlayerCommand>) => CommandReply) =>
  vi.fn<PlayerRpc['execute']>(async (_ref, _ruleSet, requests) => requests.map(answer))

test('an activity log becomes one command, with the event id that the client gave', async () => {
  const run = execute(() => reply({ durability: 'edge', replayed: true }))
  const log = { activityId: 'commit', userId: 'user-1', activityLogId: 'sha', completedAt: '2026-09-01T02:00:00+02:00', tags: ['x'] }
  const answer = await world({ player: { execute: run } })('POST', '/activity-logs', log)
  expect([answer.status, answer.headers.get('x-durability'), answer.headers.get('x-idempotency-cache-hit')]).toEqual([201, 'edge', 'true'])
  const [ref, ruleSet, [request]] = run.mock.calls[0] as Parameters<PlayerRpc['execute']>
  expect([ref, ruleSet]).toEqual([{ workspaceId: 'workspace1', userId: 'user-1' }, 7])
  const command = {
    kind: 'activity.log',
    activityId: 'commit',
    activityLogId: 'sha',
    value: 1,
    completedAtMs: Date.UTC(2026, 8, 1),
    tags: ['x'],
  }
  expect(request).toMatchObject({ command, eventId: 'sha', trail: { subject: 'subject-1', userId: 'user-1', platform: 'web' } })
  expect(request).not.toHaveProperty('idempotency')
})

test('the same event in other words of the same time has the same fingerprint; another value has not', async () => {
  const run = execute(() => reply())
  const ask = world({ player: { execute: run } })
  const log = { activityId: 'commit', userId: 'user-1', activityLogId: 'sha', completedAt: '2026-09-01T02:00:00+02:00' }
  await ask('POST', '/activity-logs', log)
  await ask('POST', '/activity-logs', { ...log, value: 1, completedAt: '2026-09-01T00:00:00Z' })
  await ask('POST', '/activity-logs', { ...log, value: 2 })
  const [a, b, c] = run.mock.calls.map(([, , [request]]) => request?.eventFingerprint)
  expect(a).toBe(b)
  expect(a).not.toBe(c)
})

test('an id of ours is no event id: a key guards the request instead', async () => {
  const run = execute(() => reply({ replayed: false }))
  await world({ player: { execute: run } })('POST', '/activity-logs', { activityId: 'commit', userId: 'user-1' })
  const request = run.mock.calls[0]?.[2][0]
  expect(request).not.toHaveProperty('eventId')
  expect(request?.idempotency).toMatchObject({ derived: true })
})

test('a person logs for themselves only; a machine for anyone, or for the one it acts for', async () => {
  const run = execute(() => reply())
  const ask = world({ player: { execute: run, profile: async () => ok({} as never) } })
  const log = { activityId: 'commit', userId: 'user-9' }
  expect((await ask('POST', '/activity-logs', log)).json).toMatchObject({ status: 403, code: 'auth/insufficient_permissions' })
  const token = await sign(machine)
  expect((await ask('POST', '/activity-logs', log, token)).status).toBe(201)
  expect((await ask('POST', '/activity-logs', log, token, { 'x-user-id': 'user-9' })).status).toBe(201)
  expect((await ask('POST', '/activity-logs', log, token, { 'x-user-id': 'user-8' })).status).toBe(403)
  expect(run).toHaveBeenCalledTimes(2)
})

test.each([
  [{ userId: 'user-1' }, '/activityId'],
  [{ activityId: 'commit' }, '/userId'],
  [{ activityId: 'commit', userId: 'user-1', outcome: 'MAYBE' }, '/outcome'],
  [{ activityId: 'commit', userId: 'user-1', value: '1' }, '/value'],
  [{ activityId: 'commit', userId: 'user-1', tags: Array.from({ length: 51 }, () => 'x') }, '/tags'],
  [{ activityId: 'commit', userId: 'user-1', activityLogId: 'é' }, '/activityLogId'],
  [{ activityId: 'commit', userId: 'user-1', completedAt: 'yesterday' }, '/completedAt'],
  [{ activityId: 'commit', userId: 'user-1', additionalData: { x: 'y'.repeat(17_000) } }, '/additionalData'],
])('refused input %#', async (log, pointer) => {
  expect((await world()('POST', '/activity-logs', log)).json).toMatchObject({ status: 400, errors: [{ pointer }] })
})

test('a batch: an answer per log in order, one call a user, and no log stops another', async () => {
  const run = vi.fn<PlayerRpc['execute']>(async ({ userId }, _, requests) => {
    if (userId === 'down') throw new ObjectUnavailable(new Error('gone'))
    return requests.map((request) =>
      request.eventId === 'bad'
        ? { ok: false, error: failure('validation/invalid_input', 'No such activity.') }
        : reply({ answer: { status: 201, body: { activityLogId: request.eventId } }, replayed: request.eventId === 'old' }),
    )
  })
  const of = (userId: string, activityLogId: string) => ({ activityId: 'commit', userId, activityLogId })
  const logs = [of('a', '1'), { activityId: 'commit' }, of('b', '2'), of('a', 'old'), of('down', '3'), of('a', 'bad')]
  const answer = await world({ player: { execute: run } })('POST', '/activity-logs/batch', { logs }, await sign(machine))
  expect(answer.status).toBe(200)
  expect(answer.json.items).toMatchObject([
    { status: 201, activityLog: { activityLogId: '1' }, replayed: false },
    { status: 400, problem: { errors: [{ pointer: '/logs/1/userId' }] } },
    { status: 201, activityLog: { activityLogId: '2' } },
    { status: 201, activityLog: { activityLogId: 'old' }, replayed: true },
    { status: 503, problem: { code: 'server/external_service_error' } },
    { status: 400 },
  ])
  expect(run.mock.calls.map(([{ userId }, , requests]) => [userId, requests.length])).toEqual([
    ['a', 3],
    ['b', 1],
    ['down', 1],
  ])
})

test('a batch is for machines, and has 1 to 100 logs', async () => {
  const ask = world()
  expect((await ask('POST', '/activity-logs/batch', { logs: [{}] })).status).toBe(403)
  const token = await sign(machine)
  expect((await ask('POST', '/activity-logs/batch', { logs: [] }, token)).status).toBe(400)
  expect((await ask('POST', '/activity-logs/batch', { logs: Array.from({ length: 101 }, () => ({})) }, token)).status).toBe(400)
})

test('two equal logs without ids in one batch are two events', async () => {
  const run = execute(() => reply())
  const logs = [
    { activityId: 'commit', userId: 'a' },
    { activityId: 'commit', userId: 'a' },
  ]
  await world({ player: { execute: run } })('POST', '/activity-logs/batch', { logs }, await sign(machine))
  const [first, second] = run.mock.calls[0]?.[2] ?? []
  expect(first?.idempotency?.key).not.toBe(second?.idempotency?.key)
})

test('a balance that never was is zero in a known currency, and unknown in another, or for an unknown user', async () => {
  const missing = fail(failure('resource/not_found', 'None.'))
  const player: Partial<PlayerRpc> = { balance: async () => missing, profile: async () => ok({ createdAtMs: 0 } as never) }
  const zero = await world({ player })('GET', '/virtual-balances/points')
  expect(zero.json).toMatchObject({ amount: 0, availableAmount: 0, isActive: true, createdAt: '1970-01-01T00:00:00.000Z' })
  expect((await world({ player })('GET', '/virtual-balances/gold')).status).toBe(404)
  expect((await world({ player: { ...player, profile: async () => missing } })('GET', '/virtual-balances/points')).status).toBe(404)
})

test('balances page by what the user object says, in decimals', async () => {
  const balances = vi.fn(async (_: unknown, page: { after?: string }) =>
    ok({
      items: [{ virtualCurrencyId: page.after ?? 'points', amount: 1_500_000, availableAmount: 500_000, createdAtMs: 0, updatedAtMs: 0 }],
      next: page.after ? null : 'gold',
    }),
  )
  const ask = world({ player: { balances } })
  const first = await ask('GET', '/virtual-balances?limit=1')
  expect(first.json.items).toMatchObject([{ virtualCurrencyId: 'points', amount: 1.5, availableAmount: 0.5, isActive: true }])
  const second = await ask('GET', `/virtual-balances?limit=1&nextToken=${first.json.nextToken}`)
  expect(second.json).toMatchObject({ items: [{ virtualCurrencyId: 'gold', isActive: false }], nextToken: null })
})
