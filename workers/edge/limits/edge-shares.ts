// What requests share out in an isolate, whatever they are about: the memory of bodies that are held whole, and exports.
// docs/limits.md lists them.

import type { MiddlewareHandler } from 'hono'
import { FairShare } from '../../../domain/limits/fair-share.ts'
import { ok } from '../../../domain/result.ts'
import type { EdgeEnv, Exchange } from '../exchange.ts'
import { type Turn, type TurnPorts, takeTurn } from './turn.ts'

const mib = 1024 ** 2

export interface EdgeShares {
  /** Bytes of bodies, from before they are read until their requests are answered. */
  bodies: FairShare
  /** Exports that are under way: each holds a page. */
  exports: FairShare
}

export const newEdgeShares = (): EdgeShares => ({
  // Three of the largest, two of them of one workspace. Whoever waits is not read yet, and holds nothing.
  bodies: new FairShare({ capacity: 18 * mib, perKey: 12 * mib, waitingPerKey: 48 * mib, waiting: 192 * mib }),
  exports: new FairShare({ capacity: 8, perKey: 3, waitingPerKey: 3, waiting: 12 }),
})

/** Less than a request has until it must be answered. */
const bodyPatience = { waitMs: 10_000, heldMs: 35_000 }
/** A reader may be slow; one that is gone for longer than this begins again. */
export const exportPatience = { waitMs: 5000, heldMs: 5 * 60_000 }

/**
 * Room for a body is asked for when it turns out to be large (body.ts), not when a request says that it will: who sends nothing
 * keeps no room from anybody. One that does not say how long it is may be as long as any (`limitBytes`).
 */
export function bodyTurn(share: FairShare, limitBytes: number, ports: TurnPorts): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const exchange = c.get('exchange')
    const weight = weightOf(c.req.raw, limitBytes)
    // The router may run a step twice (edge.ts).
    if (weight === 0 || exchange.bodyRoom) return next()
    let turn: Turn | undefined
    exchange.bodyRoom = async () => {
      if (turn) return ok(undefined)
      const taken = await takeTurn(share, { key: keyOf(exchange), weight }, bodyPatience, ports)
      if (taken.ok) turn = taken.value
      return taken.ok ? ok(undefined) : taken
    }
    try {
      await next()
    } finally {
      turn?.end()
    }
  }
}

/** Whoever nobody knows yet is one among those of their address. */
const keyOf = ({ identified, address }: Exchange): string => identified?.caller.workspaceId ?? `address:${address}`

function weightOf({ body, headers }: Request, limitBytes: number): number {
  if (body === null) return 0
  const declared = headers.get('content-length')
  return declared !== null && /^\d{1,15}$/.test(declared) ? Math.min(Number(declared), limitBytes) : limitBytes
}
