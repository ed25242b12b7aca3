// Sessions, roles and imports of people, and the routes where they sign in (cases.ts says what this is). A session is made
// in the user's own object: nobody reads mail here.

import { nanoid } from 'nanoid'
import type { Services } from '../../../workers/services.ts'
import type { Case } from './case.ts'

interface Marked {
  marker: string
  userId: string
}

const sessionOf = ({ marker }: Marked) => `session-${marker}`

/** The user is signed in on one device. */
export async function furnishSession({ player }: Services, its: Marked): Promise<void> {
  const ref = { workspaceId: its.marker, userId: its.userId }
  const purpose = { context: 'app', platform: 'web' } as const
  const command = { kind: 'session.create', sessionId: sessionOf(its), tokenHash: '0'.repeat(64), ...purpose } as const
  const trail = { subject: 'furniture', platform: 'system', requestId: 'furniture' } as const
  const [reply] = await player(ref).execute(ref, 0, [{ command, trail, eventId: `furniture-${nanoid()}` }])
  if (!reply?.ok) throw new Error(`no session: ${JSON.stringify(reply)}`)
}

export const appSessionCases: Record<string, Case> = {
  'GET /app/v1/users/me/sessions': { status: 200 },
  'DELETE /app/v1/users/me/sessions/:sessionId': { status: 200, params: (its) => ({ sessionId: sessionOf(its) }) },
  'DELETE /app/v1/users/me/sessions': { status: 200 },
}

const ofUser = ({ userId }: Marked) => ({ userId })

export const peopleCases: Record<string, Case> = {
  'GET /dashboard/v1/users/:userId/sessions': { status: 200, least: 'manager', params: ofUser },
  'DELETE /dashboard/v1/users/:userId/sessions': { status: 200, least: 'manager', params: ofUser },
  'GET /dashboard/v1/users/:userId/role': { status: 200, least: 'admin', params: ofUser },
  'PUT /dashboard/v1/users/:userId/role': { status: 200, least: 'admin', params: ofUser, body: () => ({ role: 'member' }) },
}

/** Text, sent as text/csv. */
export const userImportBody = (): string =>
  `email,nickname\nnew-${nanoid()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, 'x')}@example.org,Ada\n`

/** For anyone, and of no tenant; what they refuse is in tests/workers/sign-in.test.ts. */
export const openSignInRoutes = ['POST /auth/v1/email-codes', 'POST /auth/v1/email-codes/verify', 'POST /oauth2/revoke']
