// An object that is asked about what never was: it answers, and holds as little afterwards as before. A birth that begins
// while a question waits is never undone by it.

import { expect, test } from 'vitest'
import type { PlayerCommand, PlayerEffects } from '../../../domain/player/types.ts'
import type { Result } from '../../../domain/result.ts'
import { CommitLog } from '../../../durable-objects/log/commit-log.ts'
import { ownRef, Room } from '../../../durable-objects/log/own-ref.ts'
import type { LogPorts } from '../../../durable-objects/log/ports.ts'
import type { CommandRequest } from '../../../durable-objects/log/rpc.ts'
import { PlayerEntity } from '../../../durable-objects/player/player-entity.ts'
import { playerTables } from '../../../durable-objects/player/player-tables.ts'
import { MemoryPending } from './memory-pending.ts'
import { nodeSql } from './node-sql.ts'
import { SimRegion } from './sim-region.ts'
import { rules } from './world.ts'

type Log = CommitLog<PlayerCommand, PlayerEffects>
const ref = { workspaceId: rules.workspaceId, userId: 'ada' }
const missing = { ok: false, error: { code: 'resource/not_found' } }
const unavailable = { ok: false, error: { code: 'record/unavailable' } }

/** Lets everything run that waits for nothing outside. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function object(pending = new MemoryPending()) {
  const { sql } = nodeSql()
  let stamp = 0
  const region = new SimRegion('eu-west-1', () => ++stamp)
  const r2 = { questions: 0, holding: Promise.resolve() }
  const ports: LogPorts = {
    log: { workspaceId: ref.workspaceId, kind: 'player', entityId: ref.userId },
    sql,
    regions: [region],
    pending: {
      put: (...given) => pending.put(...given),
      read: () => pending.read(),
      remove: (...given) => pending.remove(...given),
      claimLife: (...given) => pending.claimLife(...given),
      lastLife: async () => {
        r2.questions += 1
        const last = await pending.lastLife()
        await r2.holding
        return last
      },
      ping: () => pending.ping(),
    },
    now: () => 1_000_000,
    newId: () => 'id',
    random: () => 0.5,
    after: () => new Promise(() => {}),
    setAlarm: () => {},
    send: async () => {},
    report: () => {},
    limits: { answerDeadlineMs: 4000, repairAfterMs: 960_000, resendAfterMs: 30_000, retryAfterMs: 1000 },
  }
  const room = new Room(ports, (): Log => {
    ownRef(sql).write(ref)
    const entity = new PlayerEntity(playerTables(sql), 'eu-west-1')
    const log: Log = new CommitLog(ports, entity)
    entity.use(rules)
    return log
  })
  const read = async (): Promise<Result<number>> => {
    const log = await room.enter()
    if (!log.ok) return log
    const ready = await log.value.ready()
    return ready.ok ? { ok: true, value: log.value.status().decided } : ready
  }
  const tables = () => sql.all<{ name: string }>('SELECT name FROM sqlite_master')
  return { room, sql, region, pending, r2, read, tables, birth: () => room.open().execute([birth]) }
}

const profile = {
  userId: 'ada',
  principalId: 'principal',
  accountId: rules.accountId,
  workspaceId: rules.workspaceId,
  nickname: 'Ada',
  principal: { sub: 'principal', email: 'ada@example.com' },
  createdAtMs: 0,
  updatedAtMs: 0,
}
const birth: CommandRequest<PlayerCommand> = {
  command: { kind: 'user.create', profile },
  eventId: 'birth',
  trail: { subject: 'test', platform: 'system', requestId: 'r' },
}

test('what never was is not found, and nothing is written for it: no table, no life', async () => {
  const { read, tables, pending, room, sql } = object()
  expect(await read()).toMatchObject(missing)
  expect(ownRef(sql).read()).toBeNull()
  expect(await read()).toMatchObject(missing)
  expect([tables(), pending.lives.size, room.isBlank()]).toEqual([[], 0, true])
})

test('those who ask at once ask R2 once', async () => {
  const { read, r2 } = object()
  for (const answer of await Promise.all(Array.from({ length: 50 }, read))) expect(answer).toMatchObject(missing)
  expect(r2.questions).toBe(1)
})

test('while R2 does not say, nobody knows, and nothing is written', async () => {
  const { read, tables, pending } = object()
  pending.up = false
  expect(await read()).toMatchObject(unavailable)
  expect(tables()).toEqual([])
})

test('wherever a birth begins while questions wait, it is there afterwards', async () => {
  for (let gap = 0; gap < 12; gap++) {
    const { read, birth, r2, sql } = object()
    let open = () => {}
    r2.holding = new Promise((resolve) => {
      open = resolve
    })
    const before = [read(), read()]
    for (let i = 0; i < gap; i++) await Promise.resolve()
    const born = birth()
    const during = read()
    await settled()
    open()
    expect(await born, `a gap of ${gap}`).toMatchObject([{ ok: true, durability: 'record', at: { incarnation: 1, sequence: 1 } }])
    // Asked before the birth was answered, so either is true.
    for (const answer of await Promise.all([...before, during]))
      expect(answer.ok ? answer.value : answer.error.code).toBeOneOf([1, 'resource/not_found'])
    expect(await read()).toEqual({ ok: true, value: 1 })
    expect(ownRef(sql).read()).toEqual(ref)
  }
})

test('an object whose storage was lost is opened, for R2 knows of a life', async () => {
  const first = object()
  await first.birth()
  const second = object(first.pending)
  for (const item of first.region.items()) await second.region.append({ workspaceId: '', kind: 'player', entityId: '' }, item)
  expect(await second.read()).toEqual({ ok: true, value: 1 })
  expect(second.room.isBlank()).toBe(false)
})

test('one that R2 has forgotten is opened where a region shows its log', async () => {
  const first = object()
  await first.birth()
  const second = object()
  for (const item of first.region.items()) await second.region.append({ workspaceId: '', kind: 'player', entityId: '' }, item)
  expect(await second.read()).toEqual({ ok: true, value: 1 })
})
