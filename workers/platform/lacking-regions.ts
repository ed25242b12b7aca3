// What health says of regions that have lost data: commands are served, and one more loss would be final. `degraded` in
// place of `ready`, and `lacksData` at the region, until a refill has finished clean.
//
// Nobody needs a token to ask for health, so R2 is asked once in a while, not once a question.

import type { Services } from '../services.ts'

export const rememberedMs = 5_000
const deadlineMs = 1_000

type Asked = Pick<Services, 'now' | 'pause' | 'regionStandings'> & { regions: readonly { region: string }[] }

/** Names of the regions that are known to lack data, as of at most five seconds ago. What cannot be read now is said as it was. */
export function lackingRegions(services: Asked): () => Promise<ReadonlySet<string>> {
  let known: ReadonlySet<string> = new Set()
  let askAfterMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (services.now() < askAfterMs) return known
    askAfterMs = services.now() + rememberedMs
    const asking = Promise.all(
      services.regions.map(async ({ region }) => {
        const read = await services.regionStandings.read(region)
        const lacks = read.ok ? read.value.lacksSinceMs !== null : known.has(region)
        return lacks ? [region] : []
      }),
    )
    const late = services.pause(deadlineMs).then(() => null)
    const answered = await Promise.race([asking, late]).catch(() => null)
    if (answered) known = new Set(answered.flat())
    return known
  }
}

export function sayingWhatLacks<Part extends { name: string }>(
  body: { status: string; parts: Part[] },
  lacking: ReadonlySet<string>,
): { status: string; parts: (Part & { lacksData?: true })[] } {
  if (lacking.size === 0) return body
  return {
    status: body.status === 'ready' ? 'degraded' : body.status,
    parts: body.parts.map((part) => (lacking.has(part.name) ? { ...part, lacksData: true as const } : part)),
  }
}
