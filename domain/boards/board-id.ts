// A board's id follows from its series and period alone, so that whoever meets an event of a period can name its board
// without asking. The first period's board has the series' own id: what an admin created is what they find.

import { createHash } from 'node:crypto'
import { firstPeriod } from '../timeframe/periods.ts'
import type { Series } from './types.ts'

/** As long as every other id of the platform: 126 bits of the hash. */
const idLength = 21

export function boardId(series: Series, periodId: string): string {
  if (series.timeframeType === 'PERMANENT' || firstPeriod(series)?.periodId === periodId) return series.seriesId
  return createHash('sha256').update(`${series.seriesId}|${periodId}`).digest('base64url').slice(0, idLength)
}
