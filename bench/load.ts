// One measured stretch of load. Connections are opened and warm before the window begins and still busy when it ends, so
// neither a ramp nor a drain is measured; each connection has one request out at a time, so none is starved by another.

import type { CannonRequest } from 'autocannon'
import { cpuMicroseconds } from './process-cpu.ts'
import { percentile } from './quantiles.ts'

export interface Load {
  url: string
  /** The processes whose processor time counts. */
  pids: number[]
  /** What one connection sends, over and over. Connections are numbered from 0. */
  requests: (connection: number) => CannonRequest[]
  connections: number
  warmUpMs: number
  /** At least; the window stays open until there are as many answers as connections, for twenty seconds at most. */
  windowMs: number
}

/** What keeps the connections busy. */
export type Driver = (load: Load, onAnswer: (status: number, milliseconds: number) => void) => Driving

export interface Driving {
  /** Ends the load; how many connections failed. */
  stop(): Promise<number>
}

export interface Stretch {
  requests: number
  windowMs: number
  statuses: Record<number, number>
  errors: number
  p50Ms: number
  p99Ms: number
  /** Of the server's processes, divided by the requests. */
  cpuMicrosecondsARequest: number
  /** Of this process over the window: near 1, the load generator is the limit and the figure worthless. */
  generatorBusy: number
}

export async function measure(load: Load, drive: Driver): Promise<Stretch> {
  const { connections, warmUpMs, windowMs } = load
  const times: number[] = []
  const statuses: Record<number, number> = {}
  let isOpen = false
  const driving = drive(load, (status, milliseconds) => {
    if (!isOpen) return
    times.push(milliseconds)
    statuses[status] = (statuses[status] ?? 0) + 1
  })
  const cpu = () => load.pids.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0)
  await pause(warmUpMs)
  const [startedAt, cpuAtStart, ownAtStart] = [performance.now(), cpu(), process.cpuUsage()]
  isOpen = true
  await pause(windowMs)
  while (times.length < connections && performance.now() - startedAt < openAtMostMs) await pause(50)
  isOpen = false
  const [elapsedMs, cpuSpent, own] = [performance.now() - startedAt, cpu() - cpuAtStart, process.cpuUsage(ownAtStart)]
  const errors = await driving.stop()
  const sorted = Float64Array.from(times).sort()
  return {
    requests: times.length,
    windowMs: elapsedMs,
    statuses,
    errors,
    p50Ms: percentile(sorted, 50),
    p99Ms: percentile(sorted, 99),
    cpuMicrosecondsARequest: cpuSpent / times.length,
    generatorBusy: (own.user + own.system) / 1000 / elapsedMs,
  }
}

const openAtMostMs = 20_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
