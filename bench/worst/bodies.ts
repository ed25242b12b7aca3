// What the worst body costs that each route lets somebody send: the processor time of the whole edge in this process, with
// everything behind the Worker away, so that no object's work is in it. Routes come from their own declarations and bodies
// from their schemas and limits: a route that is declared tomorrow is measured tomorrow. Bytes that a handler reads as they
// come (uploads) are no body here.

import { limitsOf } from '../../workers/edge/edge.ts'
import type { RouteFacts } from '../../workers/edge/route.ts'
import { bodiesFor } from './body-shapes.ts'
import { loneEdge } from './lone-edge.ts'

export interface WorstBody {
  route: string
  /** What the route takes. */
  bytes: number
  members: number
  /** The shape that cost most, its size, what it was answered, and its processor time in this process. */
  shape: string
  sentBytes: number
  status: number
  cpuMs: number
}

const runs = 5

export async function worstBodies(): Promise<WorstBody[]> {
  const edge = loneEdge()
  const rows: WorstBody[] = []
  for (const route of edge.routes.filter(({ body }) => body !== undefined)) rows.push(await worstOf(route, edge.send))
  return rows.sort((a, b) => b.cpuMs - a.cpuMs)
}

async function worstOf(route: RouteFacts, send: (route: RouteFacts, body: string) => Promise<number>): Promise<WorstBody> {
  const { bytes, members } = limitsOf(route)
  const measured: WorstBody[] = []
  for (const { shape, text } of bodiesFor(route)) {
    const { cpuMs, status } = await leastOf(() => send(route, text))
    const sentBytes = Buffer.byteLength(text)
    measured.push({ route: `${route.method} ${route.fullPath}`, bytes, members, shape, sentBytes, status, cpuMs })
  }
  const [worst] = measured.sort((a, b) => b.cpuMs - a.cpuMs)
  if (!worst) throw new Error(`there is no body for ${route.fullPath}`)
  return worst
}

/** The least of some runs: what else this machine does only adds to it. */
async function leastOf(work: () => Promise<number>): Promise<{ cpuMs: number; status: number }> {
  let status = await work()
  let cpuMs = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage()
    status = await work()
    const { user, system } = process.cpuUsage(before)
    cpuMs = Math.min(cpuMs, (user + system) / 1000)
  }
  return { cpuMs, status }
}
