// Every acknowledged event is in its user's ledger exactly once, and nothing is there that was not sent. The ledger is read
// over the public API, and shares nothing with `verify`.

import { inFlight } from '../../scripts/import/in-flight.ts'
import { send } from '../workspace.ts'

export interface Counted {
  acknowledged: number
  counted: number
  /** Acknowledged, and not in the ledger. */
  missing: number
  /** Beyond the first of each. */
  doubled: number
  /** Counted although the caller was told otherwise, or nothing: what a 503 or a broken connection may leave. */
  untold: number
}

interface Page {
  items: { additionalData: { activityLogId: string } }[]
  nextToken?: string | null
}

/** `token` is a machine's. */
export async function countEvents(
  baseUrl: string,
  token: string,
  users: readonly string[],
  acknowledged: ReadonlySet<string>,
): Promise<Counted> {
  const seen = new Set<string>()
  let doubled = 0
  await inFlight(users, 4, async (user) => {
    for (let nextToken: string | null = ''; nextToken !== null; ) {
      const more: string = nextToken && `&nextToken=${encodeURIComponent(nextToken)}`
      const url = `${baseUrl}/app/v1/virtual-transactions?limit=100&order=asc${more}`
      const page = (await send('GET', url, token, undefined, { 'x-user-id': user })) as Page
      for (const { additionalData } of page.items) {
        if (seen.has(additionalData.activityLogId)) doubled++
        seen.add(additionalData.activityLogId)
      }
      nextToken = page.nextToken ?? null
    }
  })
  let missing = 0
  for (const id of acknowledged) if (!seen.has(id)) missing++
  return { acknowledged: acknowledged.size, counted: seen.size, missing, doubled, untold: seen.size - (acknowledged.size - missing) }
}
