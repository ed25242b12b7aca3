// How many writes one isolate has under way, and whose: what comes beyond is told so at once, before it costs anything.
//
// Why: a write that has to wait until nobody wants its answer any more is work for nothing, and its retry comes on top. So
// the number under way follows how long writes take: it grows while they are quick and shrinks when they are slow (additive
// increase, multiplicative decrease), and the rest is refused with 503 and Retry-After.
//
// Guarantees
// - While the isolate is full, a workspace that holds less than its share of the places is still let in:
//   one tenant's flood is refused to that tenant.
// - A request that the runtime ends in the middle gives its place back after `heldMs`, by being forgotten.
// What takes bytes is bounded by its own means, and takes as long as its sender does.

import type { MiddlewareHandler } from 'hono'
import { failure } from '../../../domain/failures.ts'
import { type EdgeEnv, refuse } from '../exchange.ts'
import type { EdgeParts } from '../parts.ts'
import type { RouteDeclaration } from '../route.ts'

export interface WriteCapacity {
  /** A place, to be given back with `leave`; or null: refuse it. `weight`: 1 for one small command. */
  enter(workspaceId: string, weight: number, nowMs: number): Place | null
  /** Writes that may be under way now, for figures and tests. */
  readonly limit: number
}

export interface Place {
  /** `tookMs`: how long it took, where that says how busy the isolate is. */
  leave(nowMs: number, tookMs?: number): void
}

export interface WriteCapacitySettings {
  initial: number
  min: number
  max: number
  /** A write that took less lets the limit grow, ms. */
  quickMs: number
  /** One that took more lowers it, ms. Well below the deadline after which an answer is `edge` or a 503. */
  slowMs: number
}

export const writeCapacityDefaults: WriteCapacitySettings = { initial: 256, min: 16, max: 512, quickMs: 400, slowMs: 1_000 }

/** What a slow write leaves of the limit: the less, the slower it was. */
const leftAfter = (tookMs: number, slowMs: number): number => Math.max(0.5, Math.min(0.85, slowMs / tookMs))
const heldMs = 60_000

interface Held {
  workspaceId: string
  weight: number
  enteredAtMs: number
}

export function writeCapacity(settings: WriteCapacitySettings = writeCapacityDefaults): WriteCapacity {
  let limit = settings.initial
  let loweredAtMs = Number.NEGATIVE_INFINITY
  let total = 0
  const held = new Set<Held>()
  const byWorkspace = new Map<string, number>()

  const count = (workspaceId: string, weight: number) => {
    total += weight
    const own = (byWorkspace.get(workspaceId) ?? 0) + weight
    if (own > 0) byWorkspace.set(workspaceId, own)
    else byWorkspace.delete(workspaceId)
  }

  const free = (place: Held) => {
    if (held.delete(place)) count(place.workspaceId, -place.weight)
  }

  const forgetLost = (nowMs: number) => {
    // In the order in which they came.
    for (const place of held) {
      if (nowMs - place.enteredAtMs < heldMs) return
      free(place)
    }
  }

  const isRoomFor = (workspaceId: string, weight: number): boolean => {
    // A heavy one is let in while it is alone: it could never be otherwise.
    if (total === 0 || total + weight <= limit) return true
    const own = byWorkspace.get(workspaceId) ?? 0
    const workspaces = byWorkspace.size + (own === 0 ? 1 : 0)
    // Whatever one holds beyond its share, and however far the limit has come down since, keeps nobody else out.
    return own + weight <= Math.max(1, limit / workspaces) && total + weight <= 2 * settings.max
  }

  const learn = (tookMs: number, nowMs: number) => {
    if (tookMs <= settings.quickMs) {
      // By one for each round of as many as there may be, and only where so many are wanted.
      if (total >= limit / 2) limit = Math.min(settings.max, limit + 1 / limit)
    } else if (tookMs > settings.slowMs && nowMs - loweredAtMs >= settings.slowMs / 2) {
      loweredAtMs = nowMs
      limit = Math.max(settings.min, limit * leftAfter(tookMs, settings.slowMs))
    }
  }

  return {
    get limit() {
      return Math.floor(limit)
    },
    enter(workspaceId, weight, nowMs) {
      if (total + weight > limit) forgetLost(nowMs)
      if (!isRoomFor(workspaceId, weight)) return null
      const place: Held = { workspaceId, weight, enteredAtMs: nowMs }
      held.add(place)
      count(workspaceId, weight)
      return {
        leave(endedMs, tookMs) {
          if (tookMs !== undefined && held.has(place)) learn(tookMs, endedMs)
          free(place)
        },
      }
    },
  }
}

const commandBytes = 16 * 1024
/** Half of the least that the limit may be: it always finds room in the end. */
const heaviest = 8

/** By what it brings: a batch is many commands. A body without a length may be anything. */
export function weightOf({ body, headers }: Pick<Request, 'body' | 'headers'>): number {
  if (body === null) return 1
  const length = headers.get('content-length')
  const bytes = length === null ? Number.NaN : Number(length)
  return Number.isFinite(bytes) ? Math.max(1, Math.min(heaviest, Math.ceil(bytes / commandBytes))) : heaviest
}

const overloaded = failure('server/overloaded', 'More is being written than can be taken in time. Nothing was done. Try again later.', {
  retryAfterSeconds: 1,
})

/**
 * A step of every route that writes: behind the one that says whose request it is, which costs next to nothing, and before
 * all that asks others (limits, who somebody is now). A refusal here takes no token of the rate limit.
 */
export function roomForWrites(route: RouteDeclaration, writes: WriteCapacity, { services }: EdgeParts): MiddlewareHandler<EdgeEnv>[] {
  if (route.action !== 'write' || ('takesBytes' in route && route.takesBytes)) return []
  const step: MiddlewareHandler<EdgeEnv> = async (c, next) => {
    const exchange = c.get('exchange')
    const workspaceId = exchange.identified?.caller.workspaceId
    if (workspaceId === undefined) return next()
    const weight = weightOf(c.req.raw)
    const place = writes.enter(workspaceId, weight, services.now())
    if (!place) return refuse(c, overloaded, services.now())
    try {
      return await next()
    } finally {
      // What the handler took: not how long the sender did. Only of the app, whose handlers wait for nothing on purpose, as
      // publishing does; and of one command.
      place.leave(services.now(), route.api === 'app' && weight === 1 ? exchange.handlerMs : undefined)
    }
  }
  return [step]
}
