// Health. `live`: this isolate answers. `ready`: commands are served, which needs the objects, and either a region or
// R2's pending/ to write to; the index may be down (lists fail, commands do not). Every part is listed with whether it
// is up and how long it took. Nothing here needs a token and nothing here tells more than that.
//
// Anyone may ask, as often as they like, so asking must cost nothing: an isolate looks once a second at most, its pings to
// the regions go past breakers and queues, and whoever asks while it looks is told what it saw last.

import { Hono } from 'hono'
import type { BoardRef } from '../../domain/boards/types.ts'
import { ok } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import type { Services } from '../services.ts'
import { lackingRegions, sayingWhatLacks } from './lacking-regions.ts'

interface Part {
  name: string
  up: boolean
  tookMs: number
}

const nowhere: BoardRef = { workspaceId: '-health---', boardId: 'health', seriesId: 'health', periodId: 'PERMANENT' }

/** A part that has not answered by then is down: a load balancer does not wait. */
const deadlineMs = 2000

/** What was seen is told for so long without another look, */
const rememberMs = 1000
/** and while somebody else looks, for so long. */
const staleMs = 15_000
const pollMs = 50

export function healthApi(edge: Edge): Hono {
  const app = new Hono()
  const look = rememberedReadiness(edge.services)
  const lacking = lackingRegions(edge.services)
  edge.open(app, { api: 'health', method: 'GET', path: '/live', operationId: 'health/live' }, async () =>
    ok({ status: 200, body: { status: 'live' } }),
  )
  edge.open(app, { api: 'health', method: 'GET', path: '/ready', operationId: 'health/ready' }, async () => {
    const [{ ready, parts }, regions] = await Promise.all([look(), lacking()])
    return ok({ status: ready ? 200 : 503, body: sayingWhatLacks({ status: ready ? 'ready' : 'unavailable', parts }, regions) })
  })
  return app
}

export interface Readiness {
  ready: boolean
  parts: Part[]
}

type ReadinessServices = Pick<Services, 'now' | 'leaderboard' | 'pingPending' | 'regions'> & { index: Pick<Services['index'], 'ping'> }

export function rememberedReadiness(services: ReadinessServices & Pick<Services, 'pause'>): () => Promise<Readiness> {
  let last: { atMs: number; seen: Readiness } | null = null
  /** A request that the runtime ends in the middle is believed to look until then. */
  let looksUntilMs = 0
  const known = (forMs: number): Readiness | null => (last && services.now() - last.atMs < forMs ? last.seen : null)
  return async () => {
    // Another request's promise cannot be waited for: its outcome is looked for.
    for (const untilMs = services.now() + deadlineMs; looksUntilMs > services.now() && services.now() < untilMs; ) {
      const seen = known(staleMs)
      if (seen) return seen
      await services.pause(pollMs)
    }
    const fresh = known(rememberMs)
    if (fresh) return fresh
    looksUntilMs = services.now() + deadlineMs + pollMs
    try {
      const seen = await readiness(services)
      last = { atMs: services.now(), seen }
      return seen
    } finally {
      looksUntilMs = 0
    }
  }
}

export async function readiness(services: ReadinessServices): Promise<Readiness> {
  const regions = services.regions
  const [objects, pending, index, ...regionParts] = await Promise.all([
    // A board that cannot exist: `lost` is an answer too. It asks no region, unlike a user or a workspace would.
    probe('objects', services, async () => {
      await services.leaderboard(nowhere).rank('nobody')
      return true
    }),
    probe('pending', services, () => services.pingPending()),
    probe('index', services, () => services.index.ping()),
    ...regions.map((region) => probe(region.region, services, async () => (await region.ping()).ok)),
  ])
  const ready = (objects?.up ?? false) && ((pending?.up ?? false) || regionParts.some((part) => part.up))
  return { ready, parts: [objects, index, pending, ...regionParts].filter((part) => part !== undefined) }
}

async function probe(name: string, { now }: Pick<Services, 'now'>, check: () => Promise<boolean>): Promise<Part> {
  const startedMs = now()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), deadlineMs)
  })
  const up = await Promise.race([Promise.resolve().then(check), late]).catch(() => false)
  clearTimeout(timer)
  return { name, up, tookMs: now() - startedMs }
}
