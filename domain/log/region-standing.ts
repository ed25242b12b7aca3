// What is known of a region as a whole: whether it lacks data that it had, and how far a refill has come. Pure steps
// over a plain value; r2/region-standings.ts keeps it, one small object a region, whatever happens how often.
//
// A loss that is noticed while a refill runs may be another than the one it mends, so a pass ends it only if nothing was
// noticed since the pass began.

export interface RegionStanding {
  /** Since when it is known that data are missing; null: nothing is known to be. */
  lacksSinceMs: number | null
  /** A loss was noticed since the running pass of a refill began. */
  noticed: boolean
  /** The newest mark that the region is known to have taken (region-marks.ts); 0 for none. */
  markMs: number
  refill: RefillPass | null
}

/** One way through all logs. What a caller hands back to go on, and what a killed refill is taken up from. */
export interface RefillPass {
  startedMs: number
  /** Logs up to this one, in their order, are done or in `open`; empty: none. */
  after: string
  /** Logs too long for one call, each with the place that its object gave. */
  open: { log: string; place: unknown }[]
  logs: number
  compared: number
  filled: number
  failed: number
  conflicts: number
}

export const unknownStanding: RegionStanding = { lacksSinceMs: null, noticed: false, markMs: 0, refill: null }

/** Null where it says so already. */
export const lossNoticed = (standing: RegionStanding, sinceMs: number): RegionStanding | null =>
  standing.lacksSinceMs !== null && standing.noticed ? null : { ...standing, lacksSinceMs: standing.lacksSinceMs ?? sinceMs, noticed: true }

/** The refill itself has found what lacks: the running pass fills it, and no other is needed for it. */
export const lossFound = (standing: RegionStanding, nowMs: number): RegionStanding | null =>
  standing.lacksSinceMs === null ? { ...standing, lacksSinceMs: nowMs } : null

export function passBegun(standing: RegionStanding, nowMs: number): RegionStanding & { refill: RefillPass } {
  const counts = { logs: 0, compared: 0, filled: 0, failed: 0, conflicts: 0 }
  return { ...standing, noticed: false, refill: { startedMs: nowMs, after: '', open: [], ...counts } }
}

/** Null where another pass has begun since: it has the checkpoint now. */
export const passAdvanced = (standing: RegionStanding, pass: RefillPass): RegionStanding | null =>
  standing.refill?.startedMs === pass.startedMs ? { ...standing, refill: pass } : null

/** All logs were gone through. Only a clean pass, during which nobody noticed a loss, says that the region is whole. */
export function passEnded(standing: RegionStanding, pass: RefillPass): RegionStanding | null {
  if (standing.refill?.startedMs !== pass.startedMs) return null
  const isWhole = pass.failed === 0 && pass.conflicts === 0 && !standing.noticed
  return { ...standing, refill: null, ...(isWhole && { lacksSinceMs: null }) }
}
