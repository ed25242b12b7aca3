// Looks whether each region still shows the mark it has taken, and puts the next one. A region that shows an older one,
// or none, has lost data: it is noted, for health and for whoever reads it.
//
// The order matters: what R2 knows is read before the region is, and only what the region has acknowledged is told to
// R2, so that a mark on its way is never taken for a loss. And a loss is noted before the new mark hides it.

import { lossNoticed } from '../../domain/log/region-standing.ts'
import type { Services } from '../services.ts'

export interface Watched {
  region: string
  /** Null: the region or R2 did not answer. */
  lost: boolean | null
}

export const watchRegions = (services: Pick<Services, 'now' | 'regionMarks' | 'regionStandings'>): Promise<Watched[]> =>
  Promise.all(
    services.regionMarks.map(async ({ region, read, write }): Promise<Watched> => {
      const { regionStandings } = services
      const known = await regionStandings.read(region)
      if (!known.ok) return { region, lost: null }
      const shown = await read()
      if (shown === null) return { region, lost: null }
      const lost = shown < known.value.markMs
      if (lost) {
        const noted = await regionStandings.change(region, (standing) => lossNoticed(standing, services.now()))
        if (!noted.ok) return { region, lost: null }
      }
      const markMs = services.now()
      if (await write(markMs))
        await regionStandings.change(region, (standing) => (standing.markMs >= markMs ? null : { ...standing, markMs }))
      return { region, lost }
    }),
  )
