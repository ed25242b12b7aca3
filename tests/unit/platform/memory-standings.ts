// R2's part in the watch over regions, in memory.

import { type RegionStanding, unknownStanding } from '../../../domain/log/region-standing.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { RegionStandings } from '../../../r2/region-standings.ts'

export interface MemoryStandings extends RegionStandings {
  up: boolean
  at(region: string): RegionStanding
}

export function memoryStandings(): MemoryStandings {
  const kept = new Map<string, RegionStanding>()
  const at = (region: string) => kept.get(region) ?? unknownStanding
  const down = fail({ code: 'standing/unavailable' as const, detail: 'down' })
  const it: MemoryStandings = {
    up: true,
    at,
    read: async (region) => (it.up ? ok(at(region)) : down),
    async change(region, step) {
      if (!it.up) return down
      kept.set(region, step(at(region)) ?? at(region))
      return ok(at(region))
    },
  }
  return it
}
