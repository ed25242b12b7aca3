// A refill of a region, one call's worth: logs in the order of R2's lives/, a few at once, each by its own object
// (durable-objects/log/refill-regions.ts). What a call has done is in the pass that it answers and keeps; a log that is
// too long for one call stays open in it, with its place.

import { failure } from '../../domain/failures.ts'
import { logPath } from '../../domain/log/position.ts'
import type { RefillPass } from '../../domain/log/region-standing.ts'
import type { LogRef } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { RefilledPage, RefillPlace } from '../../durable-objects/log/refill-regions.ts'
import { parseLogPath } from '../../r2/lived-logs.ts'
import { mapBounded } from '../concurrency.ts'
import { ObjectUnavailable } from '../edge/object-unavailable.ts'
import type { Services } from '../services.ts'

type Given = Pick<Services, 'now' | 'pause' | 'player' | 'workspace' | 'livedLogs'>

export interface Refilled {
  pass: RefillPass
  /** Everything was gone through. */
  done: boolean
  filled: Record<string, number>
  lost: Record<string, number>
  /** In words; of this call. */
  conflicts: string[]
  failed: string[]
}

const objectsAtOnce = 4
/** No further log is begun, and a long one is left open, after so long. */
const budgetMs = 5_000
const attempts = 4

export async function refillLogs(services: Given, from: RefillPass, limit: number): Promise<Result<Refilled, { detail: string }>> {
  const untilMs = services.now() + budgetMs
  const listed = from.open.length > 0 ? ok({ logs: [], next: from.after }) : await services.livedLogs.list(from.after, limit)
  if (!listed.ok) return fail({ detail: listed.error.detail })
  const work = [
    ...from.open.flatMap(({ log, place }) => ({ log: parseLogPath(log), place: place as RefillPlace })),
    ...listed.value.logs.map((log) => ({ log, place: null })),
  ]
  const result: Refilled = { pass: { ...from, open: [] }, done: false, filled: {}, lost: {}, conflicts: [], failed: [] }
  await mapBounded(
    work,
    async ({ log, place }) => {
      if (log) await refillLog(services, log, place, untilMs, result)
    },
    objectsAtOnce,
  )
  const last = listed.value.logs.at(-1)
  result.pass.after = last ? logPath(last) : from.after
  result.pass.failed += result.failed.length
  result.pass.conflicts += result.conflicts.length
  result.done = listed.value.next === null && result.pass.open.length === 0
  return ok(result)
}

async function refillLog(services: Given, log: LogRef, from: RefillPlace | null, untilMs: number, result: Refilled): Promise<void> {
  let place = from
  do {
    const page = await insistently(services, () => ask(services, log, place))
    // Claimed a life and never wrote: there is nothing to fill.
    if (!page.ok && page.error.code === 'resource/not_found') break
    if (!page.ok) {
      result.failed.push(`${logPath(log)}: ${page.error.detail}`)
      break
    }
    count(result, page.value)
    place = page.value.next
    if (place !== null && services.now() >= untilMs) {
      result.pass.open.push({ log: logPath(log), place })
      return
    }
  } while (place !== null)
  result.pass.logs += 1
}

const ask = (services: Given, log: LogRef, place: RefillPlace | null): Promise<Result<RefilledPage>> =>
  log.kind === 'workspace'
    ? services.workspace(log.workspaceId).refill(log.workspaceId, place)
    : refillPlayer(services, { workspaceId: log.workspaceId, userId: log.entityId }, place)

const refillPlayer = (services: Given, ref: { workspaceId: string; userId: string }, place: RefillPlace | null) =>
  services.player(ref).refill(ref, place)

/** A region that stumbles once must not leave a log behind for the next pass. */
async function insistently(services: Given, work: () => Promise<Result<RefilledPage>>): Promise<Result<RefilledPage>> {
  for (let attempt = 1; ; attempt++) {
    // Whatever one log's object throws, the others are gone on with; this one is named.
    const tried = await work().catch((thrown): Result<RefilledPage> => {
      const unavailable = thrown instanceof ObjectUnavailable ? thrown.failure : null
      return fail(unavailable ?? failure('server/internal_error', thrown instanceof Error ? thrown.message : String(thrown)))
    })
    if (tried.ok || tried.error.code === 'resource/not_found' || attempt === attempts) return tried
    await services.pause(250 * 2 ** attempt)
  }
}

function count(result: Refilled, page: RefilledPage): void {
  result.pass.compared += page.compared
  for (const [region, items] of Object.entries(page.filled)) {
    result.filled[region] = (result.filled[region] ?? 0) + items
    result.pass.filled += items
  }
  for (const [region, items] of Object.entries(page.lost)) result.lost[region] = (result.lost[region] ?? 0) + items
  result.conflicts.push(...page.conflicts)
}
