// Who writes to an upload now: one at a time, for as long as they say so. Pure.

import type { Hold } from './rpc.ts'

export interface Holding {
  holder: string | null
  untilMs: number
  /** Somebody else has asked since. */
  isWanted: boolean
}

export const noHold: Holding = { holder: null, untilMs: 0, isWanted: false }

/** The holder holds on; another gets it once its time has run out, and is noted until then. */
export function takeHold(holding: Holding, holder: string, forMs: number, nowMs: number): { holding: Holding; hold: Hold } {
  if (holding.holder === holder)
    return { holding: { ...holding, untilMs: nowMs + forMs }, hold: { isHeld: true, isWanted: holding.isWanted } }
  if (holding.holder !== null && nowMs < holding.untilMs)
    return { holding: { ...holding, isWanted: true }, hold: { isHeld: false, isWanted: true } }
  return { holding: { holder, untilMs: nowMs + forMs, isWanted: false }, hold: { isHeld: true, isWanted: false } }
}

export const releaseHold = (holding: Holding, holder: string): Holding => (holding.holder === holder ? noHold : holding)
