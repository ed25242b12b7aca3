// What the index holds rows of, as verify and rebuild name it in their paths.

import { z } from 'zod'
import type { IndexKind } from '../../d1/index-store.ts'

/** Each kind has its line: a new one does not compile before it can be verified and rebuilt. */
const kinds: Record<IndexKind, IndexKind> = {
  user: 'user',
  activity: 'activity',
  'virtual-currency': 'virtual-currency',
  'reward-rule': 'reward-rule',
  'runtime-leaderboard-configuration': 'runtime-leaderboard-configuration',
  board: 'board',
  media: 'media',
  'audit-record': 'audit-record',
}

export const indexKind = z.enum(kinds)
