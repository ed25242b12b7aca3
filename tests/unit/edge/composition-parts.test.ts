import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../../domain/failures.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import type { WorkspaceEdge } from '../../../durable-objects/workspace/rpc.ts'
import { mapBounded } from '../../../workers/concurrency.ts'
import { ObjectUnavailable } from '../../../workers/edge/object-unavailable.ts'
import { callObject, retrying } from '../../../workers/retry.ts'
import { rememberedWorkspaceEdges } from '../../../workers/workspace-edges.ts'
import { access, ruleSet } from './world.ts'

const thrown = (flags: object) => Object.assign(new Error('stub'), flags)

function failing(...errors: unknown[]) {
  const slept: number[] = []
  const call = vi.fn(async () => {
    const error = errors.shift()
    if (error) throw error
    return 'done'
  })
  return { call, slept, run: () => callObject(call, { random: () => 0.5, sleep: async (ms) => void slept.push(ms) }) }
}

test('a retryable error is retried with jitter, and a fresh stub each time', async () => {
  const { call, slept, run } = failing(thrown({ retryable: true }), thrown({ retryable: true }))
  expect(await run()).toBe('done')
  expect([call.mock.calls.length, slept]).toEqual([3, [12.5, 25]])
  let stubs = 0
  const stub = () => ({ ping: async () => (++stubs < 3 ? Promise.reject(thrown({ retryable: true })) : stubs) })
  expect(await retrying(stub, { random: Math.random, sleep: async () => {} }).ping()).toBe(3)
})

test('an overloaded object is not asked again, and retries end', async () => {
  const overloaded = failing(thrown({ retryable: true, overloaded: true }))
  await expect(overloaded.run()).rejects.toBeInstanceOf(ObjectUnavailable)
  expect(overloaded.call).toHaveBeenCalledTimes(1)
  const always = failing(...Array.from({ length: 9 }, () => thrown({ retryable: true })))
  await expect(always.run()).rejects.toBeInstanceOf(ObjectUnavailable)
  expect(always.call).toHaveBeenCalledTimes(4)
})

test('what the object itself threw is a bug, and is thrown on', async () => {
  const bug = thrown({ remote: true })
  await expect(failing(bug).run()).rejects.toBe(bug)
})

test('bounded parallelism keeps the order and its bound', async () => {
  let atWork = 0
  let most = 0
  const results = await mapBounded(
    [5, 1, 4, 2, 3],
    async (n) => {
      most = Math.max(most, ++atWork)
      for (let i = 0; i < n; i++) await Promise.resolve()
      atWork -= 1
      return n * 10
    },
    2,
  )
  expect(results).toEqual([50, 10, 40, 20, 30])
  expect(most).toBe(2)
  await expect(mapBounded([1, 2], async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
})

const soon = () => new Promise<void>((resolve) => setImmediate(resolve))

test('rule sets and access: two seconds from the asking, and never an older one of either', async () => {
  const clock = { nowMs: 0 }
  const answers: ((value: Result<WorkspaceEdge>) => void)[] = []
  const load = vi.fn(() => new Promise<Result<WorkspaceEdge>>((resolve) => answers.push(resolve)))
  const { workspaceEdge: remembered } = rememberedWorkspaceEdges({ pause: soon, now: () => clock.nowMs, rememberMs: 2000, load })
  const numbers = async (asked: ReturnType<typeof remembered>) => {
    const result = await asked
    return result.ok ? [result.value.ruleSet.number, result.value.access.version] : null
  }
  const edge = (number: number, version: number) => ok({ ruleSet: { ...ruleSet, number }, access: { ...access, version } })
  const slow = remembered('w')
  // Whoever asked is taken for dead after ten seconds.
  clock.nowMs = 10_000
  const fast = remembered('w')
  clock.nowMs = 10_500
  answers[1]?.(edge(8, 3))
  expect(await numbers(fast)).toEqual([8, 3])
  answers[0]?.(edge(7, 4))
  expect(await numbers(slow)).toEqual([8, 4])
  // What is remembered is there at once: nothing to wait for.
  expect(remembered('w')).not.toBeInstanceOf(Promise)
  expect(await numbers(remembered('w'))).toEqual([8, 4])
  expect(load).toHaveBeenCalledTimes(2)
  clock.nowMs = 12_000
  const later = remembered('w')
  expect(load).toHaveBeenCalledTimes(3)
  answers[2]?.(edge(9, 4))
  expect(await numbers(later)).toEqual([9, 4])
})

describe('many requests of one workspace', () => {
  function world(pause = soon) {
    const clock = { nowMs: 0 }
    const answers: ((value: Result<WorkspaceEdge>) => void)[] = []
    const load = vi.fn(() => new Promise<Result<WorkspaceEdge>>((resolve) => answers.push(resolve)))
    return { clock, answers, load, ...rememberedWorkspaceEdges({ pause, now: () => clock.nowMs, rememberMs: 2000, load }) }
  }
  const known = ok({ ruleSet, access })

  test('one asks, and all are answered by it, however long it takes', async () => {
    const { clock, answers, load, workspaceEdge } = world()
    const asked = [workspaceEdge('w')]
    for (clock.nowMs = 10; clock.nowMs < 1_990; clock.nowMs += 10) asked.push(workspaceEdge('w'))
    clock.nowMs = 8_000
    answers[0]?.(known)
    expect(await Promise.all(asked)).toEqual(asked.map(() => known))
    expect(load).toHaveBeenCalledTimes(1)
  })

  test('whoever came two seconds after it was asked for has it asked for again, once for all of them', async () => {
    const { clock, answers, load, workspaceEdge } = world()
    const first = workspaceEdge('w')
    clock.nowMs = 2_000
    const late = Array.from({ length: 50 }, () => workspaceEdge('w'))
    answers[0]?.(known)
    expect(await first).toEqual(known)
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2))
    answers[1]?.(known)
    expect(await Promise.all(late)).toEqual(late.map(() => known))
    expect(load).toHaveBeenCalledTimes(2)
  })

  test('past half its time one asks anew, and the others go on with what is there', async () => {
    const { clock, answers, load, workspaceEdge } = world()
    const first = workspaceEdge('w')
    answers[0]?.(known)
    await first
    clock.nowMs = 1_500
    expect(workspaceEdge('w')).toBeInstanceOf(Promise)
    for (let i = 0; i < 50; i++) expect(workspaceEdge('w')).toEqual(known)
    expect(load).toHaveBeenCalledTimes(2)
  })

  test('what was thrown is thrown to all who wait, and what is remembered still serves whoever asked too early', async () => {
    const clock = { nowMs: 0 }
    let calls = 0
    const load = async () => {
      calls += 1
      if (calls === 1) return known
      throw new Error('out of reach')
    }
    const { workspaceEdge } = rememberedWorkspaceEdges({ pause: soon, now: () => clock.nowMs, rememberMs: 2000, load })
    expect(await workspaceEdge('w')).toEqual(known)
    clock.nowMs = 1_500
    expect(await workspaceEdge('w')).toEqual(known)
    expect(calls).toBe(2)
    clock.nowMs = 2_000
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => workspaceEdge('w')))
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 'rejected'))
    expect(calls).toBe(3)
  })

  test('a failure is told to all who wait, and the next asks again', async () => {
    const { answers, load, workspaceEdge } = world()
    const asked = Array.from({ length: 5 }, () => workspaceEdge('w'))
    const failed = fail(failure('record/unavailable', 'not now'))
    answers[0]?.(failed)
    expect(await Promise.all(asked)).toEqual(asked.map(() => failed))
    workspaceEdge('w')
    expect(load).toHaveBeenCalledTimes(2)
  })

  test('where whoever asked was ended by the runtime, another asks after ten seconds', async () => {
    const pauses: (() => void)[] = []
    const { clock, answers, load, workspaceEdge } = world(() => new Promise((resolve) => pauses.push(resolve)))
    workspaceEdge('w')
    const waiting = workspaceEdge('w')
    clock.nowMs = 10_000
    for (const wake of pauses) wake()
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2))
    answers[1]?.(known)
    expect(await waiting).toEqual(known)
  })
})

describe('names of no workspace', () => {
  const none = fail(failure('resource/not_found', 'There is no such workspace.'))
  const some = ok({ ruleSet, access })
  function world(capacity?: number) {
    const clock = { nowMs: 0 }
    const made = new Set<string>()
    const load = vi.fn(async (id: string): Promise<Result<WorkspaceEdge>> => (made.has(id) ? some : none))
    const { workspaceEdge: edge, forgetMiss } = rememberedWorkspaceEdges({
      pause: soon,
      now: () => clock.nowMs,
      rememberMs: 2000,
      load,
      ...(capacity && { capacity }),
    })
    return { clock, made, load, edge, forgetMiss }
  }

  test('are asked for once in two seconds, and the workspace is seen after them', async () => {
    const { clock, made, load, edge } = world()
    for (let i = 0; i < 10; i++) expect(await edge('w')).toEqual(none)
    expect(load).toHaveBeenCalledTimes(1)
    made.add('w')
    clock.nowMs = 1999
    expect(await edge('w')).toEqual(none)
    clock.nowMs = 2000
    expect(await edge('w')).toEqual(some)
    clock.nowMs = 2001
    expect(await edge('w')).toEqual(some)
    expect(load).toHaveBeenCalledTimes(2)
  })

  test('are forgotten by the isolate that makes the workspace', async () => {
    const { made, edge, forgetMiss } = world()
    await edge('w')
    made.add('w')
    forgetMiss('w')
    expect(await edge('w')).toEqual(some)
  })

  test('push no workspace out, and are themselves forgotten', async () => {
    const { made, load, edge } = world(10)
    made.add('w')
    await edge('w')
    for (let i = 0; i < 50; i++) await edge(`invented${i}`)
    expect(edge('w')).not.toBeInstanceOf(Promise)
    load.mockClear()
    await edge('invented0')
    await edge('invented49')
    expect(load.mock.calls).toEqual([['invented0']])
  })

  test('that come in late do not hide what was found meanwhile', async () => {
    const clock = { nowMs: 0 }
    const answers: ((value: Result<WorkspaceEdge>) => void)[] = []
    const load = () => new Promise<Result<WorkspaceEdge>>((resolve) => answers.push(resolve))
    const { workspaceEdge: edge } = rememberedWorkspaceEdges({ pause: soon, now: () => clock.nowMs, rememberMs: 2000, load })
    const early = edge('w')
    clock.nowMs = 10_000
    const late = edge('w')
    answers[1]?.(some)
    expect(await late).toEqual(some)
    answers[0]?.(none)
    expect(await early).toEqual(none)
    expect(edge('w')).toEqual(some)
  })

  test('are not taken from an object that could not answer', async () => {
    const load = vi.fn(async () => fail(failure('record/unavailable', 'x')))
    const { workspaceEdge: edge } = rememberedWorkspaceEdges({ pause: soon, now: () => 0, rememberMs: 2000, load })
    await edge('w')
    await edge('w')
    expect(load).toHaveBeenCalledTimes(2)
  })
})
