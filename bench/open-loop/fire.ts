// Sends a load and accounts for every request. In an open loop requests are sent when they are due, whether or not earlier
// ones were answered, and an answer's time runs from when its request was due: a server that stalls cannot make the
// load wait for it, nor hide the stall.

import { Agent, request } from 'node:http'
import { performance as clock } from 'node:perf_hooks'
import { poissonArrivals, seededRandom } from './arrivals.ts'
import { type Answers, type LoadPlan, type LoadResult, type Outcome, outcomeOf, type Shot, type ShotSource } from './shots.ts'

const lateMs = 50

interface Kept {
  count: number
  inWindow: number
  withRetryAfter: number
  ms: number[]
}

export async function fire(plan: LoadPlan, shot: ShotSource): Promise<LoadResult> {
  const { pace, forMs, warmUpMs, outstandingAtMost } = plan
  const send = sender(plan)
  const kept = new Map<string, Kept & { label: string; outcome: Outcome }>()
  const acknowledged: string[] = []
  let [arrivals, unsent, late, outstanding] = [0, 0, 0, 0]
  let n = plan.firstNumber
  const startedAt = clock.now()
  const loopAtStart = clock.eventLoopUtilization()
  const idle = Promise.withResolvers<void>()
  let isOver = false

  function launch(dueMs: number): void {
    arrivals++
    const one = shot(n++)
    if (outstanding >= outstandingAtMost) {
      unsent++
      return
    }
    outstanding++
    if (clock.now() - startedAt - dueMs > lateMs) late++
    send(one, (status, durability, retryAfter) => {
      const nowMs = clock.now() - startedAt
      outstanding--
      const outcome = status === null ? 'failed' : outcomeOf(status, durability)
      const key = `${one.label} ${outcome}`
      const own = kept.get(key) ?? { label: one.label, outcome, count: 0, inWindow: 0, withRetryAfter: 0, ms: [] }
      kept.set(key, own)
      own.count++
      if (nowMs >= warmUpMs && nowMs < forMs) own.inWindow++
      if (retryAfter !== undefined) own.withRetryAfter++
      if (dueMs >= warmUpMs) own.ms.push(nowMs - dueMs)
      if (one.id !== undefined && status !== null && status >= 200 && status < 300) acknowledged.push(one.id)
      if (pace.kind === 'closed' && !isOver) launch(nowMs)
      if (outstanding === 0 && isOver) idle.resolve()
    })
  }

  if (pace.kind === 'closed') {
    for (let i = 0; i < pace.outstanding; i++) launch(0)
    await pause(forMs)
  } else {
    for (const dueMs of poissonArrivals(pace.ratePerSecond, forMs, seededRandom(plan.seed))) {
      const aheadMs = dueMs - (clock.now() - startedAt)
      // Timers are whole milliseconds; what is due within one goes now.
      if (aheadMs >= 1) await pause(aheadMs)
      launch(dueMs)
    }
    const leftMs = forMs - (clock.now() - startedAt)
    if (leftMs > 0) await pause(leftMs)
  }
  isOver = true
  const busy = clock.eventLoopUtilization(loopAtStart).utilization
  if (outstanding > 0) await idle.promise
  send.close()
  const answers: Answers[] = [...kept.values()].map(({ ms, ...rest }) => ({ ...rest, ms: Float64Array.from(ms).sort() }))
  return { arrivals, unsent, late, windowMs: forMs - warmUpMs, answers, acknowledged, busy }
}

type Told = (status: number | null, durability?: string, retryAfter?: string) => void

function sender({ baseUrl, timeoutMs }: LoadPlan) {
  const { hostname, port } = new URL(baseUrl)
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo' })
  const send = ({ method, path, headers, body }: Shot, told: Told) => {
    let isTold = false
    const tell: Told = (...answer) => {
      if (isTold) return
      isTold = true
      clearTimeout(timer)
      told(...answer)
    }
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const sent = request({ hostname, port, method, path, agent, headers: { ...headers, ...length } }, (answer) => {
      answer.on('end', () => {
        const { 'x-durability': durability, 'retry-after': retryAfter } = answer.headers
        tell(answer.statusCode ?? null, durability as string | undefined, retryAfter)
      })
      answer.on('close', () => tell(null))
      answer.resume()
    })
    const timer = setTimeout(() => sent.destroy(), timeoutMs)
    sent.on('error', () => tell(null))
    sent.on('close', () => tell(null))
    sent.end(body)
  }
  return Object.assign(send, { close: () => agent.destroy() })
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
