// What an operator asks of whole regions: what is known of them, a look whether one has lost data, and a refill, one page
// of logs a call. A refill's place is kept after each call, so whoever calls next, after whatever happened, goes on there.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { lossFound, passAdvanced, passBegun, passEnded, type RefillPass, type RegionStanding } from '../../domain/log/region-standing.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { limitQuery } from '../edge/validate.ts'
import { refillLogs } from './region-refill.ts'
import { watchRegions } from './region-watch.ts'

const unreadable = (detail: string) => fail(failure('record/unavailable', `R2 does not answer: ${detail}`, { retryAfterSeconds: 1 }))

export function regionRoutes(edge: Edge, app: Hono): void {
  const { services } = edge
  const common = { api: 'platform' } as const

  edge.open(app, { ...common, method: 'GET', path: '/regions', operationId: 'platform/listRegions' }, async () => {
    const items: object[] = []
    for (const { region } of services.regions) {
      const standing = await services.regionStandings.read(region)
      if (!standing.ok) return unreadable(standing.error.detail)
      items.push({ region, ...shown(standing.value) })
    }
    return ok({ status: 200, body: { items } })
  })

  edge.open(app, { ...common, method: 'POST', path: '/regions/watch', operationId: 'platform/watchRegions' }, async () =>
    ok({ status: 200, body: { items: await watchRegions(services) } }),
  )

  /** Goes on with the pass that is under way, whoever began it. */
  const refill = { ...common, method: 'POST', path: '/regions/:region/refill', operationId: 'platform/refillRegion' } as const
  const params = z.object({ region: z.string().max(50) })
  /** Logs a call. A page is some seconds' work, and not too many calls for one invocation. */
  const query = z.object({ limit: limitQuery(60, 60) })
  edge.open(app, { ...refill, params, query }, async (call) => {
    const { region } = call.params
    const regions = services.regions
    if (!regions.some((one) => one.region === region)) return fail(failure('resource/not_found', 'There is no such region.'))
    // It takes all of them to compare. While one is away no log after the other is given up: the place is kept until it is back.
    for (const one of regions)
      if (!(await one.ping()).ok) return fail(failure('record/unavailable', `${one.region} does not answer.`, { retryAfterSeconds: 2 }))
    const from = await passOf(region, call.nowMs)
    if (!from.ok) return from
    const refilled = await refillLogs(services, from.value, call.query.limit)
    if (!refilled.ok) return unreadable(refilled.error.detail)
    const { pass, done, ...work } = refilled.value
    const found = (standing: RegionStanding) => lossFound(standing, call.nowMs)
    for (const lacking of Object.keys(work.lost)) {
      if (lacking === region) continue
      const noted = await services.regionStandings.change(lacking, found)
      if (!noted.ok) return unreadable(noted.error.detail)
    }
    const kept = await services.regionStandings.change(region, (standing) => {
      const known = work.lost[region] ? (found(standing) ?? standing) : standing
      return done ? passEnded(known, pass) : passAdvanced(known, pass)
    })
    if (!kept.ok) return unreadable(kept.error.detail)
    return ok({ status: 200, body: { ...work, done, pass, lacksData: kept.value.lacksSinceMs !== null } })
  })

  /** The pass that is under way, or a new one. */
  async function passOf(region: string, nowMs: number): Promise<Result<RefillPass>> {
    const standing = await services.regionStandings.change(region, (known) => (known.refill ? null : passBegun(known, nowMs)))
    if (!standing.ok) return unreadable(standing.error.detail)
    return standing.value.refill ? ok(standing.value.refill) : unreadable('it lost the pass')
  }
}

const shown = ({ lacksSinceMs, refill }: RegionStanding) => ({
  lacksDataSince: lacksSinceMs === null ? null : new Date(lacksSinceMs).toISOString(),
  refill,
})
