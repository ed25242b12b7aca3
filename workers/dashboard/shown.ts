// What every resource of a workspace shows of where it belongs.

import type { Edge } from '../edge/edge.ts'
import type { Call } from '../edge/route.ts'

export interface Home {
  accountId: string
  workspaceId: string
  /** The region the platform prefers, as the contract's `sourceRegion`. */
  sourceRegion: string
}

export function homeOf({ services }: Edge, { caller }: Call): Home {
  const [preferred] = services.regions
  if (preferred === undefined) throw new Error('no region is configured')
  return { accountId: caller.accountId, workspaceId: caller.workspaceId, sourceRegion: preferred.region }
}

export const iso = (ms: number): string => new Date(ms).toISOString()

export const timesOf = ({ createdAtMs, updatedAtMs }: { createdAtMs: number; updatedAtMs: number }) => ({
  createdAt: iso(createdAtMs),
  updatedAt: iso(updatedAtMs),
})
