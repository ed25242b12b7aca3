// What a start says of regions that have lost data: found out just now, or known before and not mended yet.

import type { PlatformApi } from './operator.ts'

/** Lines for the user; none where all is well. Never throws: a platform that serves has started. */
export async function lookAtRegions(api: PlatformApi): Promise<string[]> {
  try {
    await api.post('/regions/watch')
    const { items } = await api.get<{ items: { region: string; lacksDataSince: string | null }[] }>('/regions')
    return items
      .filter(({ lacksDataSince }) => lacksDataSince !== null)
      .map(
        ({ region, lacksDataSince }) =>
          `${region} lacks data that it had (known since ${lacksDataSince}): npm run region -- refill ${region}`,
      )
  } catch (error) {
    return [`whether a region has lost data could not be found out: ${error instanceof Error ? error.message : error}`]
  }
}
