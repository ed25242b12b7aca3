// Sessions, roles and imports of people, and the routes where they sign in (cases.ts says what this is). A session is made
// in the user's own object: nobody reads mail here.

import { nanoid } from 'nanoid'
import type { Case } from './case.ts'
import { type Marked, sessionOf } from './furnish-session.ts'

export const appSessionCases: Record<string, Case> = {
  'GET /app/v1/users/me/sessions': { status: 200 },
  'DELETE /app/v1/users/me/sessions/:sessionId': { status: 200, params: (its) => ({ sessionId: sessionOf(its) }) },
  'DELETE /app/v1/users/me/sessions': { status: 200 },
}

/** Text, sent as text/csv. */
const userImportBody = (): string =>
  `email,nickname\nnew-${nanoid()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, 'x')}@example.org,Ada\n`

const ofUser = ({ userId }: Marked) => ({ userId })

export const peopleCases: Record<string, Case> = {
  'GET /dashboard/v1/users/:userId/sessions': { status: 200, least: 'manager', params: ofUser },
  'DELETE /dashboard/v1/users/:userId/sessions': { status: 200, least: 'manager', params: ofUser },
  'GET /dashboard/v1/users/:userId/role': { status: 200, least: 'admin', params: ofUser },
  'POST /dashboard/v1/user-imports': { status: 200, least: 'admin', text: userImportBody },
  'PUT /dashboard/v1/users/:userId/role': { status: 200, least: 'admin', params: ofUser, body: () => ({ role: 'member' }) },
}

/** For anyone, and of no tenant; what they refuse is in tests/workers/sign-in.test.ts. */
export const openSignInRoutes = ['POST /auth/v1/email-codes', 'POST /auth/v1/email-codes/verify', 'POST /oauth2/revoke']
