// A session as people and their admins see it. Pure.

import type { SessionFacts } from '../../domain/sessions/types.ts'

export const showSession = ({ sessionId, context, platform, createdAtMs, refreshedAtMs, expiresAtMs }: SessionFacts) => ({
  sessionId,
  context,
  platform,
  createdAt: new Date(createdAtMs).toISOString(),
  lastUsedAt: new Date(refreshedAtMs).toISOString(),
  expiresAt: new Date(expiresAtMs).toISOString(),
})
