import { describe, expect, test } from 'vitest'
import type { RegionFailure, RegionLog } from '../../../../aws-core/dynamodb/region-log.ts'
import { breakerDefaults } from '../../../../aws-core/regions/breaker.ts'
import { guardedRegionLog } from '../../../../aws-core/regions/guarded-region-log.ts'
import { type GateSettings, RegionGate } from '../../../../aws-core/regions/region-gate.ts'
import { fail, ok, type Result } from '../../../../domain/result.ts'
import { chain, playerLog } from '../dynamodb/packed-items.ts'

const region = 'eu-west-1'
const log = playerLog('guarded')
const [item] = chain(1) as [ReturnType<typeof chain>[number]]
const unavailable: RegionFailure = { code: 'region/unavailable', region, detail: 'refused' }
const unknown: RegionFailure = { code: 'region/unknown_outcome', region, detail: 'timed out' }
const open = fail({ code: 'region/unavailable', region, detail: 'its breaker is open', retryAfterMs: 60_000 })

const settingsAt = (now: () => number): GateSettings => ({
  now,
  random: () => 0,
  sleep: () => new Promise(() => {}),
  breaker: breakerDefaults,
  waitMs: { fresh: 2500, background: 15_000 },
})

/** A region under the test's hand: every call answers with `answer` and is counted. */
function scripted() {
  const region_ = { calls: [] as string[], answer: fail(unavailable) as Result<never, RegionFailure>, nowMs: 0 }
  const call = (name: string) => async () => {
    region_.calls.push(name)
    return region_.answer
  }
  const names = ['append', 'fill', 'readFence', 'listItems', 'readItems', 'ping'] as const
  const inner = { region, ...Object.fromEntries(names.map((name) => [name, call(name)])) } as unknown as RegionLog
  const gate = new RegionGate(region)
  const settings = settingsAt(() => region_.nowMs)
  const guard = (log = inner) => guardedRegionLog(log, gate, settings)
  return Object.assign(region_, { guarded: guard(), guard, gate })
}

const times = async (count: number, call: () => Promise<unknown>) => {
  for (let index = 0; index < count; index += 1) await call()
}

describe('guardedRegionLog', () => {
  test('after five failures of any kind every call is answered at once, without the region', async () => {
    const it = scripted()
    await it.guarded.append(log, item)
    await it.guarded.readItems(log)
    it.answer = fail(unknown)
    expect(await it.guarded.fill(log, item)).toEqual(fail(unknown))
    await times(2, () => it.guarded.readFence(log))
    expect(it.calls).toHaveLength(5)
    expect(await it.guarded.append(log, item)).toEqual(open)
    expect(await it.guarded.fill(log, item)).toEqual(open)
    expect(await it.guarded.readFence(log)).toEqual(open)
    expect(await it.guarded.listItems(log)).toEqual(open)
    expect(await it.guarded.readItems(log)).toEqual(open)
    expect(await it.guarded.background?.append(log, item)).toEqual(open)
    expect(it.calls).toHaveLength(5)
  })

  test('a ping opens no breaker, and goes past an open one', async () => {
    const it = scripted()
    await times(20, () => it.guarded.ping())
    expect(it.gate.breaker.mode).toBe('closed')
    await times(5, () => it.guarded.readFence(log))
    it.answer = ok({ tookMs: 1 } as never)
    expect(await it.guarded.ping()).toEqual(ok({ tookMs: 1 }))
    expect(it.gate.breaker.mode).toBe('open')
  })

  test('what ran out of time while this isolate stood still counts for nothing', async () => {
    const it = scripted()
    it.answer = fail({ ...unknown, isOurs: true })
    await times(20, () => it.guarded.append(log, item))
    it.answer = fail({ ...unavailable, isOurs: true })
    await times(20, () => it.guarded.readFence(log))
    expect(it.gate.breaker).toMatchObject({ mode: 'closed', failures: 0 })
  })

  test('a trial that says nothing about the region lets the next one go', async () => {
    const it = scripted()
    await times(5, () => it.guarded.readFence(log))
    it.nowMs = 60_000
    it.answer = fail({ ...unknown, isOurs: true })
    await it.guarded.append(log, item)
    it.answer = ok(undefined as never)
    await times(2, () => it.guarded.append(log, item))
    expect(it.gate.breaker.mode).toBe('closed')
  })

  test('passes on all that it is asked, and the answer as it is', async () => {
    const asked: unknown[][] = []
    const { guarded } = scripted()
    const method =
      (name: string) =>
      async (...args: unknown[]) => {
        asked.push([name, ...args])
        return ok(name as never)
      }
    const names = Object.keys(guarded).filter((name) => !['region', 'background', 'load'].includes(name))
    const inner = { region, ...Object.fromEntries(names.map((name) => [name, method(name)])) } as unknown as RegionLog
    const through = guardedRegionLog(
      inner,
      new RegionGate(region),
      settingsAt(() => 0),
    )
    const expected = { incarnation: 1, sequence: 2 }
    const after = { writer: 1, from: 2 }
    const upTo = { writer: 1, from: 9 }
    expect(await through.append(log, item, expected)).toEqual(ok('append'))
    expect(await through.append(log, item, null)).toEqual(ok('append'))
    expect(await through.listItems(log, after, upTo)).toEqual(ok('listItems'))
    expect(await through.readItems(log, after, upTo)).toEqual(ok('readItems'))
    expect(await through.fill(log, item)).toEqual(ok('fill'))
    expect(await through.readFence(log)).toEqual(ok('readFence'))
    expect(asked).toEqual([
      ['append', log, item, expected],
      ['append', log, item, null],
      ['listItems', log, after, upTo],
      ['readItems', log, after, upTo],
      ['fill', log, item],
      ['readFence', log],
    ])
  })

  test('all who hold the breaker share it', async () => {
    const it = scripted()
    await times(5, () => it.guarded.readFence(log))
    expect(await it.guard().readFence(log)).toEqual(open)
  })

  test('after its time two answers close it', async () => {
    const it = scripted()
    await times(5, () => it.guarded.readFence(log))
    it.nowMs = 60_000
    it.answer = ok(undefined as never)
    await times(2, () => it.guarded.readFence(log))
    expect(it.gate.breaker.mode).toBe('closed')
  })

  const answers: RegionFailure[] = [
    { code: 'region/fence_mismatch', region, fence: null },
    { code: 'region/digest_mismatch', region, detail: 'other bytes' },
    { code: 'region/refused', region, detail: 'ValidationException' },
  ]
  test.each(answers)('$code is an answer: it never opens the breaker, and breaks a row of failures', async (answer) => {
    const it = scripted()
    for (const error of [unavailable, unavailable, unavailable, unavailable, answer, unavailable, unavailable, unavailable, unavailable]) {
      it.answer = fail(error)
      expect(await it.guarded.append(log, item)).toEqual(fail(error))
    }
    it.answer = fail(answer)
    await times(10, () => it.guarded.append(log, item))
    expect(it.gate.breaker.mode).toBe('closed')
  })

  test('a call that was out when the breaker opened does not close it', async () => {
    const it = scripted()
    let release = (_: Result<never, RegionFailure>) => {}
    const slow = { ...it.guarded, readFence: () => new Promise((resolve) => (release = resolve as never)) as Promise<never> }
    const late = it.guard(slow).readFence(log)
    await times(5, () => it.guarded.append(log, item))
    release(ok(undefined as never))
    await late
    expect(it.gate.breaker.mode).toBe('open')
  })

  test('a bug below is passed on, and counts against the region', async () => {
    const it = scripted()
    const broken = it.guard({ ...it.guarded, readFence: () => Promise.reject(new Error('bug')) })
    await times(5, () => expect(broken.readFence(log)).rejects.toThrow('bug'))
    expect(await broken.readFence(log)).toEqual(open)
  })
})
