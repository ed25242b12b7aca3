// STAGE=local allows what is for one machine only: mail that is printed, keys of issuers over plain http, and the key that every
// cognito-local has. So it goes with a record on that machine alone: a Worker that was published with local settings reaches
// no record and serves nobody, and one with a real record does not start as a local one.

import { parseRegions } from '../aws-core/regions/from-config.ts'

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Throws where `stage` (STAGE) is local and one of `regions` (REGIONS) is not on loopback. What is wrong with REGIONS itself, `regionLogs` says. */
export function refuseLocalElsewhere(stage: string, regions: string): void {
  const parsed = parseRegions(regions)
  if (stage !== 'local' || !parsed.ok) return
  const away = parsed.value.find(({ endpoint }) => endpoint === undefined || !loopback.has(new URL(endpoint).hostname))
  if (away)
    throw new Error(`STAGE=local is for regions on this machine, and ${away.region} is not: deploy with --env staging or --env production`)
}
