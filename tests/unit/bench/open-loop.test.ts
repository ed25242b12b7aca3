// The load generator of the overload: it sends when it should, and tells what became of every request.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { poissonArrivals, seededRandom } from '../../../bench/open-loop/arrivals.ts'
import { fire } from '../../../bench/open-loop/fire.ts'
import type { LoadPlan, LoadResult, Shot } from '../../../bench/open-loop/shots.ts'

let server: Server
let baseUrl: string
/** Lets `/hang` answer. */
let release: () => void
beforeEach(async () => {
  const released = Promise.withResolvers<void>()
  release = released.resolve
  server = createServer((request, response) => {
    const answer = (status: number, headers: Record<string, string> = {}) => response.writeHead(status, headers).end('{}')
    request.resume()
    if (request.url === '/record') answer(201, { 'x-durability': 'record' })
    else if (request.url === '/edge') answer(201, { 'x-durability': 'edge' })
    else if (request.url === '/busy') answer(503, { 'retry-after': '1' })
    else if (request.url === '/limited') answer(429)
    else if (request.url === '/cut') response.destroy()
    else if (request.url === '/hang') void released.promise.then(() => answer(201, { 'x-durability': 'record' }))
    else answer(404)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const plan = (over: Partial<LoadPlan> = {}): LoadPlan => ({
  baseUrl,
  source: { module: '', data: null },
  pace: { kind: 'open', ratePerSecond: 400 },
  forMs: 100,
  warmUpMs: 0,
  outstandingAtMost: 1_000,
  timeoutMs: 10_000,
  seed: 1,
  firstNumber: 0,
  ...over,
})
const shotTo =
  (paths: string[]) =>
  (n: number): Shot => {
    const path = paths[n % paths.length] as string
    return { method: 'POST', path, headers: {}, body: '{}', label: path, id: `event-${n}` }
  }
const counts = ({ answers }: LoadResult) => Object.fromEntries(answers.map(({ label, outcome, count }) => [label, [outcome, count]]))

test('arrivals come at the rate that is asked for, in order, in bursts and lulls, and the same for the same seed', () => {
  const arrivals = [...poissonArrivals(1_000, 10_000, seededRandom(7))]
  expect(arrivals.length).toBeGreaterThan(9_500)
  expect(arrivals.length).toBeLessThan(10_500)
  expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b))
  expect(arrivals.at(-1)).toBeLessThan(10_000)
  const gaps = arrivals.slice(1).map((at, i) => at - (arrivals[i] as number))
  // Of exponential gaps 63 % are below the mean.
  expect(gaps.filter((gap) => gap < 1).length / gaps.length).toBeCloseTo(0.63, 1)
  expect([...poissonArrivals(1_000, 10_000, seededRandom(7))]).toEqual(arrivals)
})

test('every request is accounted for by what it was answered, and acknowledged ids are told', async () => {
  const paths = ['/record', '/edge', '/busy', '/limited', '/cut', '/nowhere']
  const result = await fire(plan(), shotTo(paths))
  const each = Math.floor(result.arrivals / paths.length)
  expect(result.unsent).toBe(0)
  expect(result.answers.reduce((sum, { count }) => sum + count, 0)).toBe(result.arrivals)
  expect(Object.values(counts(result)).map(([outcome]) => outcome)).toEqual(
    expect.arrayContaining(['record', 'edge', 'busy', 'limited', 'failed', 'status 404']),
  )
  for (const [, count] of Object.values(counts(result)) as [string, number][]) expect(count).toBeGreaterThanOrEqual(each)
  const numbers = result.acknowledged.map((id) => Number(id.slice('event-'.length)) % paths.length)
  expect(new Set(numbers)).toEqual(new Set([0, 1]))
  expect(result.answers.find(({ outcome }) => outcome === 'busy')).toMatchObject({ withRetryAfter: counts(result)['/busy']?.[1] })
})

test('an open loop does not wait for answers, and tells what it could not send', async () => {
  // Nothing is answered until thirty were due.
  const shot = shotTo(['/hang'])
  const result = await fire(plan({ outstandingAtMost: 5, forMs: 200 }), (n) => {
    if (n === 30) release()
    return shot(n)
  })
  const answered = result.answers.reduce((sum, { count }) => sum + count, 0)
  expect(answered + result.unsent).toBe(result.arrivals)
  expect(result.unsent).toBeGreaterThanOrEqual(25)
})

test('a closed loop keeps so many out, and ends when the last is answered', async () => {
  const result = await fire(plan({ pace: { kind: 'closed', outstanding: 3 } }), shotTo(['/record']))
  expect(result.arrivals).toBeGreaterThan(3)
  expect(result.acknowledged).toHaveLength(result.arrivals)
  expect(new Set(result.acknowledged).size).toBe(result.arrivals)
})
