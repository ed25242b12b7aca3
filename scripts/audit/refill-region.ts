// Fills a region from the others, a page of logs a call, until the platform says that it is whole. The platform keeps the
// place: a refill that was killed goes on where it was when it is run again.

import type { PlatformApi } from './operator.ts'

interface Answer {
  done: boolean
  lacksData: boolean
  pass: { logs: number; compared: number; filled: number; failed: number; conflicts: number }
  filled: Record<string, number>
  conflicts: string[]
  failed: string[]
}

/** A loss that is noticed while a pass runs asks for another; a region that loses data again and again needs more than this. */
const passes = 5

/** True once the region is known to be whole. `say` hears of each page that changed anything, and of what could not be filled. */
export async function refillRegion(api: PlatformApi, region: string, say: (line: string) => void): Promise<boolean> {
  const path = `/regions/${encodeURIComponent(region)}/refill`
  for (let pass = 1; pass <= passes; ) {
    const answer = await api.post<Answer>(path)
    const { done, lacksData, filled, conflicts, failed } = answer
    for (const line of [...conflicts, ...failed]) say(line)
    const where = Object.entries(filled).map(([name, items]) => `${items} items put into ${name}`)
    if (where.length > 0 && !done) say(`${sumOf(answer)}; just now ${where.join(', ')}`)
    if (!done) continue
    const isClean = answer.pass.failed === 0 && answer.pass.conflicts === 0
    say(`refill ${region}: ${sumOf(answer)}${isClean ? '' : `, ${answer.pass.conflicts} items differ, ${answer.pass.failed} logs failed`}`)
    if (!isClean) return false
    if (!lacksData) return true
    say('A loss was noticed meanwhile: once more from the start.')
    pass += 1
  }
  return false
}

const sumOf = ({ pass }: Answer) => `${pass.logs} logs, ${pass.compared} items compared, ${pass.filled} filled`
