import { beforeEach, expect, test, vi } from 'vitest'
import type { ScorePush, Series } from '../../../domain/boards/types.ts'
import { failure } from '../../../domain/failures.ts'
import type { OutboxBody, OutboxMessage } from '../../../domain/outbox.ts'
import { fail, ok } from '../../../domain/result.ts'
import { board } from '../../../durable-objects/leaderboard/board.ts'
import { boardTables } from '../../../durable-objects/leaderboard/tables.ts'
import { consumeOutbox } from '../../../workers/consumers/outbox.ts'
import { parts, ruleSet, type World, workspaceId } from '../edge/world.ts'
import { nodeSql } from '../leaderboard/node-sql.ts'

const series: Series = {
  seriesId: 's1',
  runtimeLeaderboardConfigurationId: 'c1',
  virtualCurrencyId: 'points',
  timeframeType: 'PERMANENT',
  timezoneType: 'FIXED',
  timezone: 'UTC',
  startsAtMs: 0,
  lateEventsForMs: null,
  sinceRuleSet: 1,
  createdAtMs: 0,
  updatedAtMs: 0,
}

const confirmed = vi.fn(async () => {})
const putBoards = vi.fn(async (rows: unknown[]) => rows.map(() => false))
beforeEach(() => void vi.clearAllMocks())

const player = (userId: string) => ({ kind: 'player', userId }) as const
const workspace = { kind: 'workspace' } as const
let sequence = 0
function message(source: OutboxMessage['source'], ...bodies: OutboxBody[]) {
  const rows = bodies.map((body) => ({ id: `${body.kind}:${'userId' in body ? body.userId : ''}:${++sequence}`, sequence, body }))
  const body: unknown = { version: 1, workspaceId, source, rows }
  return { body, rows, ack: vi.fn(), retry: vi.fn() }
}

const push = (entityId: string, over: Partial<ScorePush> = {}): ScorePush => ({
  entityId,
  name: entityId,
  score: 1,
  incarnation: 1,
  sequence: 1,
  ...over,
})
const score = (one: ScorePush, seriesId = 's1'): OutboxBody => ({ kind: 'score', seriesId, periodId: 'PERMANENT', push: one })
const user = (userId: string): OutboxBody => ({ kind: 'user', userId, incarnation: 1, profile: null })

const world = ({ services, ...given }: World = {}) =>
  parts({
    ...given,
    player: { confirm: confirmed, ...given.player },
    workspace: { confirm: confirmed, ruleSet: async () => ok({ ...ruleSet, series: [series] }), ...given.workspace },
    services: {
      ruleSet: async () => ok({ ...ruleSet, series: [series] }),
      ...services,
      index: { putBoards, ...services?.index } as never,
    },
  })

test('index rows of a batch go in one call, are confirmed to their sources, and acknowledged', async () => {
  const putUsers = vi.fn(async () => {})
  const messages = [message(player('a'), user('a')), message(player('b'), user('b'))]
  await consumeOutbox(world({ services: { index: { putUsers } as never } }), messages)
  expect(putUsers).toHaveBeenCalledTimes(1)
  expect(confirmed.mock.calls).toEqual([
    [{ workspaceId, userId: 'a' }, [{ id: messages[0]?.rows[0]?.id, sequence: messages[0]?.rows[0]?.sequence }]],
    [{ workspaceId, userId: 'b' }, [{ id: messages[1]?.rows[0]?.id, sequence: messages[1]?.rows[0]?.sequence }]],
  ])
  for (const { ack, retry } of messages) expect([ack.mock.calls.length, retry.mock.calls.length]).toEqual([1, 0])
})

test('a poison row is retried alone; nothing of the others waits for it', async () => {
  const putUsers = vi.fn(async (rows: { userId: string }[]) => {
    if (rows.some(({ userId }) => userId === 'poison')) throw new Error('D1 refuses')
  })
  const messages = [message(player('a'), user('a')), message(player('poison'), user('poison')), message(player('b'), user('b'))]
  const unreadable = { body: { version: 2 }, rows: [], ack: vi.fn(), retry: vi.fn() }
  await consumeOutbox(world({ services: { index: { putUsers } as never } }), [...messages, unreadable])
  expect(messages.map(({ ack, retry }) => [ack.mock.calls.length, retry.mock.calls.length])).toEqual([
    [1, 0],
    [0, 1],
    [1, 0],
  ])
  expect(unreadable.retry).toHaveBeenCalledTimes(1)
  expect(confirmed).toHaveBeenCalledTimes(2)
})

test('a row that was applied is confirmed, also when its message is retried for another', async () => {
  const putUsers = vi.fn(async () => {})
  const mixed = message(player('a'), user('a'), score(push('a'), 'unknown-series'))
  await consumeOutbox(world({ services: { index: { putUsers } as never } }), [mixed])
  expect(mixed.retry).toHaveBeenCalledTimes(1)
  expect(confirmed.mock.calls).toEqual([[{ workspaceId, userId: 'a' }, [{ id: mixed.rows[0]?.id, sequence: mixed.rows[0]?.sequence }]]])
})

test('a source that cannot be told gets the message again', async () => {
  const confirm = vi.fn(async () => Promise.reject(new Error('gone')))
  const one = message(player('a'), user('a'))
  await consumeOutbox(world({ player: { confirm }, services: { index: { putUsers: async () => {} } as never } }), [one])
  expect([one.ack.mock.calls.length, one.retry.mock.calls.length]).toEqual([0, 1])
})

test('scores: one push a board, each user once and newest', async () => {
  const pushed = vi.fn(async () => ({ status: 'ok' as const, value: { applied: 2 } }))
  const newest = push('a', { incarnation: 2, sequence: 3, score: 9 })
  const messages = [score(push('a', { sequence: 7, score: 7 })), score(newest), score(push('b')), score(push('a', { sequence: 8 }))]
  await consumeOutbox(
    world({ leaderboard: { push: pushed } }),
    messages.map((body) => message(player('a'), body)),
  )
  expect(pushed.mock.calls).toEqual([[{ workspaceId, boardId: 's1', seriesId: 's1', periodId: 'PERMANENT' }, [newest, push('b')]]])
})

test('a board whose row was written a moment ago is not written again with each score; a changed series is', async () => {
  let nowMs = 1_000
  let shown = series
  const parted = world({
    leaderboard: { push: async () => ({ status: 'ok' as const, value: { applied: 1 } }) },
    services: { now: () => nowMs, ruleSet: async () => ok({ ...ruleSet, series: [shown] }) },
  })
  const send = (user: string) => consumeOutbox(parted, [message(player(user), score(push(user)))])
  await send('a')
  await send('b')
  expect(putBoards).toHaveBeenCalledTimes(1)
  shown = { ...series, updatedAtMs: 5 }
  await send('c')
  expect(putBoards).toHaveBeenCalledTimes(2)
  nowMs += 60_000
  await send('d')
  expect(putBoards).toHaveBeenCalledTimes(3)
})

test('a lost board is filled from everyone, and opened only when all is in', async () => {
  const calls: string[] = []
  let open = false
  const leaderboard = {
    open: async () => {
      calls.push('open')
      open = true
    },
    push: async (_: unknown, pushes: ScorePush[], filling = false) => {
      calls.push(`${filling ? 'fill' : 'push'} ${pushes.map(({ entityId }) => entityId)}`)
      return open || filling ? { status: 'ok' as const, value: { applied: 1 } } : { status: 'lost' as const }
    },
  }
  const scores = async ({ userId }: { userId: string }) => {
    calls.push(`scores ${userId}`)
    return ok([{ seriesId: 's1', periodId: 'PERMANENT', push: push(userId) }])
  }
  const directory = async () => ok([{ userId: 'a' }, { userId: 'b' }])
  const one = message(player('a'), score(push('a')))
  await consumeOutbox(world({ leaderboard, player: { scores }, workspace: { directory } }), [one])
  expect(calls).toEqual(['push a', 'scores a', 'scores b', 'fill a,b', 'open', 'push a'])
  expect(one.ack).toHaveBeenCalledTimes(1)
})

test('a lost board too large for one invocation goes on by the queue, which begins again when it finds it lost', async () => {
  const users = Array.from({ length: 5_100 }, (_, i) => ({ userId: `u${String(i).padStart(4, '0')}` }))
  const queue: OutboxMessage[] = []
  const tables = boardTables(nodeSql())
  tables.migrate()
  const held = board(tables, () => 1)
  let dies = true
  const given = world({
    leaderboard: {
      open: async (ref) => {
        if (dies) throw new Error('killed before it was opened')
        held.open(ref)
      },
      push: async (_, pushes, filling) => held.push(pushes, filling),
      members: async (_, after, limit) => held.members(after, limit),
    },
    player: { scores: async ({ userId }) => ok([{ seriesId: 's1', periodId: 'PERMANENT', push: push(userId) }]) },
    workspace: { directory: async (_, after, limit) => ok(users.filter(({ userId }) => after === null || userId > after).slice(0, limit)) },
    services: { enqueue: async (messages) => void queue.push(...messages) },
  })
  const drain = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await consumeOutbox(given, [{ body: next, ack: vi.fn(), retry: vi.fn() }])
  }
  const one = message(player('u0001'), score(push('u0001')))
  await consumeOutbox(given, [one])
  expect([one.retry.mock.calls.length, held.members(null, 1).status]).toEqual([1, 'lost'])
  // The second half arrives while nobody has opened the first.
  dies = false
  await drain()
  await consumeOutbox(given, [one])
  await drain()
  const ranked = held.rankings({ offset: 0, limit: 1 })
  expect(ranked.status === 'ok' && ranked.value.totalCount).toBe(5_100)
})

test('a board whose users cannot all be read stays lost', async () => {
  const open = vi.fn(async () => {})
  const leaderboard = { open, push: async () => ({ status: 'lost' as const }) }
  const scores = async () => fail(failure('record/unavailable', 'not now'))
  const one = message(player('a'), score(push('a')))
  await consumeOutbox(world({ leaderboard, player: { scores }, workspace: { directory: async () => ok([{ userId: 'a' }]) } }), [one])
  expect(one.retry).toHaveBeenCalledTimes(1)
  expect(open).not.toHaveBeenCalled()
})

test('a series opens its board when the row is new', async () => {
  const open = vi.fn(async () => {})
  const given = { leaderboard: { open }, services: { index: { putBoards: async () => [true] } as never } }
  await consumeOutbox(world(given), [message(workspace, { kind: 'series', incarnation: 1, seriesId: 's1' })])
  expect(open.mock.calls).toEqual([[{ workspaceId, boardId: 's1', seriesId: 's1', periodId: 'PERMANENT' }]])
})

test('a backfill goes through the directory page by page and is confirmed at the end', async () => {
  const users = Array.from({ length: 150 }, (_, i) => ({
    userId: `u${String(i).padStart(3, '0')}`,
    ...(i === 3 && { deleted: true as const }),
  }))
  const steps: string[] = []
  const pushSeries = vi.fn(async () => {
    steps.push('pushed')
    return ok(undefined)
  })
  const queue: OutboxMessage[] = []
  const given = world({
    player: { pushSeries },
    workspace: { directory: async (_, after, limit) => ok(users.filter(({ userId }) => after === null || userId > after).slice(0, limit)) },
    services: { enqueue: async (messages) => void queue.push(...messages), settleRules: async () => void steps.push('rules settled') },
  })
  const first = message(workspace, { kind: 'backfill', seriesId: 's1', after: null })
  await consumeOutbox(given, [first])
  expect([first.ack.mock.calls.length, confirmed.mock.calls.length, queue.length]).toEqual([1, 0, 1])
  expect(queue[0]?.rows[0]).toMatchObject({ ...first.rows[0], body: { after: 'u099' } })
  await consumeOutbox(given, [{ body: queue[0], ack: vi.fn(), retry: vi.fn() }])
  expect(pushSeries).toHaveBeenCalledTimes(149)
  // Once, before anybody is asked: no isolate makes a user with rules that do not know the series after that.
  expect(steps.indexOf('rules settled')).toBe(0)
  expect(steps.lastIndexOf('rules settled')).toBe(0)
  expect(confirmed.mock.calls).toEqual([[workspaceId, [{ id: first.rows[0]?.id, sequence: first.rows[0]?.sequence }]]])
})

test('a backfill tells a user who is claimed and not yet born, with the newest form of the series', async () => {
  const changed = { ...series, sinceRuleSet: 9 }
  let isBorn = false
  const pushSeries = vi.fn(async () => (isBorn ? ok(undefined) : fail(failure('resource/not_found', 'no'))))
  const execute = vi.fn(async () => {
    isBorn = true
    return [
      {
        ok: true as const,
        answer: { status: 201, body: null },
        at: { incarnation: 1, sequence: 1 },
        durability: 'record' as const,
        replayed: false,
      },
    ]
  })
  const one = message(workspace, { kind: 'backfill', seriesId: 's1', after: null })
  const command = { kind: 'user.create', profile: {} as never } as const
  const given = world({
    player: { pushSeries, execute },
    workspace: {
      directory: async () => ok([{ userId: 'a' }]),
      ruleSet: async () => ok({ ...ruleSet, series: [changed] }),
      userCommands: async () => ok([{ eventId: 'e1', sequence: 1, command }]),
    },
    services: { settleRules: async () => {} },
  })
  await consumeOutbox(given, [one])
  expect(execute.mock.calls).toMatchObject([[{ userId: 'a' }, 9, [{ eventId: 'e1', command }]]])
  expect(pushSeries.mock.calls).toEqual([
    [{ workspaceId, userId: 'a' }, changed],
    [{ workspaceId, userId: 'a' }, changed],
  ])
  expect(one.ack).toHaveBeenCalledTimes(1)
})

const mayPass = ['record/unavailable', 'server/overloaded', 'server/internal_error', 'request/timed_out', 'rate_limit/exceeded'] as const
test.each(mayPass)("a user's commands go in their order; what the rules refuse is done, and what may pass (%s) is not", async (code) => {
  const execute = vi.fn(async (_: unknown, __: unknown, requests: { eventId?: string }[]) =>
    requests.map(({ eventId }) => ({
      ok: false as const,
      error: failure(eventId === 'e2' ? code : 'resource/not_found', 'no'),
    })),
  )
  const command = { kind: 'user.delete' } as const
  const second = message(workspace, { kind: 'player', userId: 'a', eventId: 'e1', command })
  const third = message(workspace, { kind: 'player', userId: 'a', eventId: 'e2', command })
  await consumeOutbox(world({ player: { execute }, workspace: { userCommands: async () => ok([]) } }), [third, second])
  expect(execute.mock.calls[0]?.[2]).toMatchObject([{ eventId: 'e1' }, { eventId: 'e2' }])
  expect([second.ack.mock.calls.length, third.retry.mock.calls.length]).toEqual([1, 1])
})

test("a user's command that overtook an earlier one in the queue takes it along", async () => {
  const execute = vi.fn(async (_: unknown, __: unknown, requests: unknown[]) =>
    requests.map(() => ({
      ok: true as const,
      answer: { status: 200, body: null },
      at: { incarnation: 1, sequence: 1 },
      durability: 'record' as const,
      replayed: false,
    })),
  )
  const late = message(workspace, { kind: 'player', userId: 'a', eventId: 'e9', command: { kind: 'user.update', patch: {} } })
  const place = (n: number) => (late.rows[0]?.sequence ?? 0) + n
  const waiting = [
    { eventId: 'e8', sequence: place(-1), command: { kind: 'user.create', profile: {} as never } as const },
    { eventId: 'e9', sequence: place(0), command: { kind: 'user.update', patch: {} } as const },
    { eventId: 'e10', sequence: place(1), command: { kind: 'user.delete' } as const },
  ]
  await consumeOutbox(world({ player: { execute }, workspace: { userCommands: async () => ok(waiting) } }), [late])
  expect(execute.mock.calls[0]?.[2]).toMatchObject([{ eventId: 'e8' }, { eventId: 'e9' }, { eventId: 'e10' }])
  // Only what came in the message is confirmed by it.
  expect(confirmed.mock.calls).toEqual([[workspaceId, [{ id: late.rows[0]?.id, sequence: late.rows[0]?.sequence }]]])
})
