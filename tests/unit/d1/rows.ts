// Rows as the index is given them.

import type { BoardRow } from '../../../d1/index-store.ts'
import type { UserProfile } from '../../../domain/player/types.ts'
import type { StoredResource } from '../../../domain/workspace/types.ts'

export const profile = (userId: string, updatedAtMs: number, workspaceId = 'workspace1'): UserProfile => ({
  userId,
  principalId: `p-${userId}`,
  accountId: 'account001',
  workspaceId,
  nickname: `name ${updatedAtMs}`,
  principal: { sub: userId, email: 'someone@example.org' },
  createdAtMs: 1,
  updatedAtMs,
})

export const resource = (id: string, updatedAtMs: number): StoredResource => ({
  type: 'activity',
  id,
  stage: 'DRAFT',
  body: { name: id, defaultLang: 'en' },
  translations: [{ lang: 'en', label: id }],
  createdAtMs: 1,
  updatedAtMs,
})

export const board = (boardId: string, rest: Partial<BoardRow> = {}): BoardRow => ({
  workspaceId: 'workspace1',
  boardId,
  seriesId: 'series',
  periodId: 'PERMANENT',
  runtimeLeaderboardConfigurationId: 'configuration',
  timeframeType: 'PERMANENT',
  timezoneType: 'FIXED',
  timezone: 'UTC',
  startsAtMs: 1000,
  createdAtMs: 10,
  updatedAtMs: 10,
  ...rest,
})
