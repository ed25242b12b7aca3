// A user who is signed in on one device: the session is made in the user's own object, since nobody reads mail here.

import { nanoid } from 'nanoid'
import type { Services } from '../../../workers/services.ts'

export interface Marked {
  marker: string
  userId: string
}

export const sessionOf = ({ marker }: Marked) => `session-${marker}`

/** The user is signed in on one device. */
export async function furnishSession({ player }: Services, its: Marked): Promise<void> {
  const ref = { workspaceId: its.marker, userId: its.userId }
  const purpose = { context: 'app', platform: 'web' } as const
  const command = { kind: 'session.create', sessionId: sessionOf(its), tokenHash: '0'.repeat(64), ...purpose } as const
  const trail = { subject: 'furniture', platform: 'system', requestId: 'furniture' } as const
  const [reply] = await player(ref).execute(ref, 0, [{ command, trail, eventId: `furniture-${nanoid()}` }])
  if (!reply?.ok) throw new Error(`no session: ${JSON.stringify(reply)}`)
}
