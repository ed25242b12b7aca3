import { describe, expect, test } from 'vitest'
import { patientDeadline } from '../../../../aws-core/dynamodb/patient-deadline.ts'

function timed(timeoutMs: number) {
  let nowMs = 0
  let timer: { run: () => void; atMs: number } | null = null
  const deadline = patientDeadline(timeoutMs, {
    now: () => nowMs,
    setTimer: (run, ms) => {
      timer = { run, atMs: nowMs + ms }
      return timer
    },
    clearTimer: () => {
      timer = null
    },
  })
  /** Time passes; timers run when they are due. */
  const run = (untilMs: number) => {
    while (timer && timer.atMs <= untilMs) {
      const due = timer
      timer = null
      nowMs = due.atMs
      due.run()
    }
    nowMs = untilMs
  }
  /** The isolate stands still: what was due in between runs late, once. */
  const stall = (untilMs: number) => {
    nowMs = untilMs
    const due = timer
    timer = null
    due?.run()
  }
  return { deadline, run, stall, isSet: () => timer !== null }
}

describe('patientDeadline', () => {
  test('an isolate that runs as it should: the plain deadline', () => {
    const { deadline, run } = timed(1500)
    run(1499)
    expect(deadline.signal.aborted).toBe(false)
    run(1500)
    expect(deadline.signal.aborted).toBe(true)
    expect((deadline.signal.reason as Error).name).toBe('TimeoutError')
    expect(deadline.lagged).toBe(false)
  })

  test('time in which the isolate stood still does not count: the answer that came meanwhile can still be taken', () => {
    const { deadline, run, stall } = timed(1500)
    run(300)
    stall(3300)
    expect(deadline.signal.aborted).toBe(false)
    run(5000)
    expect(deadline.signal.aborted).toBe(true)
    // It has had all of its time.
    expect(deadline.lagged).toBe(false)
  })

  test('four times the deadline is the end in any case', () => {
    const { deadline, stall } = timed(1500)
    stall(5999)
    expect(deadline.signal.aborted).toBe(false)
    stall(6000)
    expect(deadline.signal.aborted).toBe(true)
    expect(deadline.lagged).toBe(true)
  })

  test('a clock that stands still does not stop it', () => {
    const { deadline, stall } = timed(1500)
    for (let step = 0; step < 10; step++) stall(0)
    expect(deadline.signal.aborted).toBe(true)
  })

  test('ended, nothing is left', () => {
    const { deadline, run, isSet } = timed(1500)
    run(200)
    deadline.end()
    expect(isSet()).toBe(false)
    run(10_000)
    expect(deadline.signal.aborted).toBe(false)
  })
})
