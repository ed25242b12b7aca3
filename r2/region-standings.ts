// Where the standing of each region is kept: in R2, which is none of the regions, so it is there when they are not. One
// object a region; each change is a conditional put on what was read, so none undoes another.
//
// Key: regions/{region}   JSON RegionStanding

import { type RegionStanding, unknownStanding } from '../domain/log/region-standing.ts'
import { fail, ok, type Result } from '../domain/result.ts'

export interface StandingFailure {
  code: 'standing/unavailable'
  detail: string
}

export interface RegionStandings {
  read(region: string): Promise<Result<RegionStanding, StandingFailure>>
  /** `step` says what follows from what stands there; null: nothing is put. The value is what stands there afterwards. */
  change(region: string, step: (standing: RegionStanding) => RegionStanding | null): Promise<Result<RegionStanding, StandingFailure>>
}

const attempts = 5

export function r2RegionStandings(bucket: R2Bucket): RegionStandings {
  async function stored(region: string): Promise<{ standing: RegionStanding; etag: string | null }> {
    const object = await bucket.get(`regions/${region}`)
    if (!object) return { standing: unknownStanding, etag: null }
    return { standing: { ...unknownStanding, ...(await object.json<Partial<RegionStanding>>()) }, etag: object.etag }
  }

  return {
    read: (region) => guarded(async () => (await stored(region)).standing),
    change: (region, step) =>
      guarded(async () => {
        for (let attempt = 1; attempt <= attempts; attempt++) {
          const { standing, etag } = await stored(region)
          const next = step(standing)
          if (!next) return standing
          const onlyIf = etag === null ? { etagDoesNotMatch: '*' } : { etagMatches: etag }
          if (await bucket.put(`regions/${region}`, JSON.stringify(next), { onlyIf })) return next
        }
        throw new Error('others change it all the time')
      }),
  }
}

async function guarded<T>(run: () => Promise<T>): Promise<Result<T, StandingFailure>> {
  try {
    return ok(await run())
  } catch (error) {
    return fail({ code: 'standing/unavailable', detail: error instanceof Error ? error.message : String(error) })
  }
}
