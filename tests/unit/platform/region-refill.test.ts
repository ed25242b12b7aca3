// A refill from call to call: which logs, what is kept of it, and when a region counts as whole again.

import { expect, test } from 'vitest'
import { failure } from '../../../domain/failures.ts'
import { logPath } from '../../../domain/log/position.ts'
import {
  lossFound,
  lossNoticed,
  passAdvanced,
  passBegun,
  passEnded,
  type RefillPass,
  unknownStanding,
} from '../../../domain/log/region-standing.ts'
import type { LogRef } from '../../../domain/log/types.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import type { RefilledPage, RefillPlace } from '../../../durable-objects/log/refill-regions.ts'
import type { PlayerRpc } from '../../../durable-objects/player/rpc.ts'
import type { WorkspaceRpc } from '../../../durable-objects/workspace/rpc.ts'
import { parseLogPath, r2LivedLogs } from '../../../r2/lived-logs.ts'
import { refillLogs } from '../../../workers/platform/region-refill.ts'

const player = (entityId: string): LogRef => ({ workspaceId: 'workspace0', kind: 'player', entityId })
const own: LogRef = { workspaceId: 'workspace0', kind: 'workspace', entityId: 'workspace0' }
const all = [player('a'), player('a-b'), player('a b/c'), own]

/** A bucket that lists as R2 does: by key, behind a key, so many at once. */
function bucketOf(keys: string[]): Pick<R2Bucket, 'list'> {
  const sorted = [...keys].sort()
  const list = async ({ prefix = '', startAfter = '', limit = 1000 }: R2ListOptions = {}) => {
    const found = sorted.filter((key) => key.startsWith(prefix) && key > startAfter)
    return { objects: found.slice(0, limit).map((key) => ({ key })), truncated: found.length > limit }
  }
  return { list: list as unknown as R2Bucket['list'] }
}

const lives = all.flatMap((log) => [1, 2, 3].map((life) => `lives/${logPath(log)}/00000${life}`))

test.each([1, 2, 3, 4, 100])('every log that ever lived is listed once, with %i lives at once', async (limit) => {
  const logs = r2LivedLogs(bucketOf([...lives, 'pending/x/player/y/000001-1-2', 'workspace0/blobs/z']))
  const found: string[] = []
  let after: string | null = ''
  while (after !== null) {
    const page = await logs.list(after, limit)
    if (!page.ok) throw new Error(page.error.detail)
    found.push(...page.value.logs.map(logPath))
    after = page.value.next
  }
  expect([...found].sort()).toEqual(all.map(logPath).sort())
})

test('what is no log in a pass or a key names none', () => {
  for (const path of ['', 'a/b', 'a/other/b', 'a/player/b/c', 'a/player/%', 'a/player/%41', '/player/b'])
    expect(parseLogPath(path)).toBeNull()
})

const page = (more: Partial<RefilledPage> = {}): Result<RefilledPage> =>
  ok({ compared: 10, filled: {}, lost: {}, conflicts: [], next: null, ...more })

type Answer = (log: string, from: RefillPlace | null) => Promise<Result<RefilledPage>>

function services(answer: Answer) {
  const clock = { nowMs: 0 }
  const asked: string[] = []
  const refill = (log: LogRef) => (_ref: unknown, from: RefillPlace | null) => {
    asked.push(log.entityId)
    return answer(log.entityId, from)
  }
  return {
    clock,
    asked,
    given: {
      now: () => clock.nowMs,
      pause: async () => {},
      player: ({ userId }: { userId: string }) => ({ refill: refill(player(userId)) }) as Partial<PlayerRpc> as PlayerRpc,
      workspace: () => ({ refill: refill(own) }) as Partial<WorkspaceRpc> as WorkspaceRpc,
      livedLogs: r2LivedLogs(bucketOf(lives)),
    },
  }
}

const begun = (): RefillPass => passBegun(unknownStanding, 1).refill

async function next(given: Parameters<typeof refillLogs>[0], pass: RefillPass, limit = 1000) {
  // What is kept between two calls is JSON.
  const refilled = await refillLogs(given, JSON.parse(JSON.stringify(pass)), limit)
  if (!refilled.ok) throw new Error(refilled.error.detail)
  return refilled.value
}

test('call by call every log is asked once, and the counts add up', async () => {
  const { given, asked } = services(async () => page({ filled: { 'eu-west-1': 2 }, lost: { 'eu-west-1': 1 } }))
  let pass = begun()
  for (let calls = 1; ; calls++) {
    const refilled = await next(given, pass, 3)
    pass = refilled.pass
    if (!refilled.done) continue
    expect(calls).toBe(4)
    break
  }
  expect([...asked].sort()).toEqual(all.map(({ entityId }) => entityId).sort())
  expect(pass).toMatchObject({ logs: 4, compared: 40, filled: 8, failed: 0, conflicts: 0, open: [] })
})

test('a log that is too long for one call stays open with its place, and is gone on with first', async () => {
  const places: (number | undefined)[] = []
  const { given, clock, asked } = services(async (log, from) => {
    if (log !== 'a') return page()
    places.push(from?.from)
    clock.nowMs += 10_000
    const at = (from?.from ?? 0) + 200
    return page({ next: at < 600 ? { life: 1, writer: 1, from: at } : null })
  })
  const first = await next(given, begun())
  expect(first).toMatchObject({ done: false, pass: { logs: 3, open: [{ log: 'workspace0/player/a', place: { from: 200 } }] } })
  const second = await next(given, first.pass)
  expect(second).toMatchObject({ done: false, pass: { logs: 3, open: [{ place: { from: 400 } }] } })
  const third = await next(given, second.pass)
  expect(third).toMatchObject({ done: false, pass: { logs: 4, open: [] } })
  expect(await next(given, third.pass)).toMatchObject({ done: true, pass: { logs: 4 } })
  expect(places).toEqual([undefined, 200, 400])
  expect(asked.filter((log) => log !== 'a')).toHaveLength(3)
})

test('a log that cannot be filled is tried again, then named; the others are gone on with', async () => {
  const tries = new Map<string, number>()
  const { given } = services(async (log) => {
    tries.set(log, (tries.get(log) ?? 0) + 1)
    if (log === 'a') throw new Error('a bug')
    if (log === 'a-b' && tries.get(log) === 1) return fail(failure('record/unavailable', 'later'))
    return log === 'a b/c' ? fail(failure('resource/not_found', 'never born')) : page()
  })
  const refilled = await next(given, begun())
  expect(refilled).toMatchObject({ done: true, failed: ['workspace0/player/a: a bug'], pass: { failed: 1, logs: 4 } })
  expect(Object.fromEntries(tries)).toEqual({ a: 4, 'a-b': 2, 'a b/c': 1, workspace0: 1 })
})

test('only a clean pass ends a loss, and only one during which none was noticed', () => {
  const lacking = lossNoticed(unknownStanding, 5)
  if (!lacking) throw new Error('noticed')
  expect(lossNoticed(lacking, 9)).toBeNull()
  const running = passBegun(lacking, 10)
  const { refill } = running
  expect(passEnded(running, refill)).toEqual({ ...unknownStanding })
  expect(passEnded(running, { ...refill, failed: 1 })).toMatchObject({ lacksSinceMs: 5, refill: null })
  expect(passEnded(running, { ...refill, conflicts: 1 })).toMatchObject({ lacksSinceMs: 5 })
  const noticed = lossNoticed(running, 20) ?? running
  expect(passEnded(noticed, refill)).toMatchObject({ lacksSinceMs: 5, refill: null })
  // What the refill itself finds, it fills.
  const found = lossFound(passBegun(unknownStanding, 10), 30)
  expect(found).toMatchObject({ lacksSinceMs: 30, noticed: false })
  expect(found && passEnded(found, refill)).toMatchObject({ lacksSinceMs: null })
})

test('a pass that another has replaced changes nothing any more', () => {
  const { refill } = passBegun(unknownStanding, 10)
  const other = passBegun(unknownStanding, 11)
  expect(passAdvanced(other, refill)).toBeNull()
  expect(passEnded(other, refill)).toBeNull()
  expect(passAdvanced(passBegun(unknownStanding, 10), { ...refill, logs: 3 })).toMatchObject({ refill: { logs: 3 } })
})
