// POST /oauth2/token (RFC 6749 section 3.2). Machines come with client credentials, which are checked here, or passed on
// where TOKEN_PASS_THROUGH says so; people's applications come with refresh tokens.

import { Hono } from 'hono'
import { z } from 'zod'
import type { Failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall, Reply } from '../edge/route.ts'
import { clientAuthentication, type Form } from './client-authentication.ts'
import { clientCredentials } from './client-credentials.ts'
import { neverStored, type Refusal, refusal, refuse } from './refusal.ts'
import type { TokenAnswer } from './token-answer.ts'

/** The refresh grant (RFC 6749 section 6), written where sessions are. */
export type RefreshGrant = (edge: Edge, call: OpenCall, form: Form) => Promise<Result<TokenAnswer>>

/** RFC 6749 section 3.2: parameters that are not known are ignored. All are optional here, so that what is missing is told as the RFC has it. */
const tokenForm = z.object({
  grant_type: z.string().optional(),
  scope: z.string().optional(),
  context: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  refresh_token: z.string().optional(),
})

export function oauthApi(edge: Edge, refreshGrant: RefreshGrant): Hono {
  const app = new Hono()
  const token = { method: 'POST', path: '/token', operationId: 'oauth2/token', accepts: 'form', body: tokenForm } as const
  edge.open(app, { api: 'oauth2', ...token, cors: 'workspace', limitedBy: 'token' }, (call) => {
    const form: Form = call.body
    switch (form.grant_type) {
      case 'client_credentials':
        return forMachines(edge, call, form)
      case 'refresh_token':
        return forPeople(edge, call, form, refreshGrant)
      case undefined:
        return refusing(call, refusal('invalid_request', 'The parameter grant_type is missing.').error)
      default:
        return refusing(call, unsupported)
    }
  })
  return app
}

const unsupported = refusal('unsupported_grant_type', 'The grant is client_credentials or refresh_token.').error

const refusing = async (call: OpenCall, reason: Refusal): Promise<Result<Reply>> => refuse(call, reason)

async function forMachines(edge: Edge, call: OpenCall, form: Form): Promise<Result<Reply>> {
  const shown = clientAuthentication(call.headers, form)
  if (!shown.ok) return refuse(call, shown.error)
  const { signer, passThrough } = edge.identities
  if (passThrough) {
    const passed = await passThrough.ask(shown.value, form.scope)
    if (!passed.ok) return passed
    const { status, body } = passed.value
    if (body.error === 'invalid_client') return refuse(call, { error: 'invalid_client', description: described(body) })
    return ok({ status, body, headers: neverStored })
  }
  if (!signer) return refuse(call, unsupported)
  const granted = await clientCredentials(edge, signer, call, shown.value, form)
  if (granted.ok) return answered(granted.value)
  return 'refused' in granted ? refuse(call, granted.refused) : granted
}

async function forPeople(edge: Edge, call: OpenCall, form: Form, refreshGrant: RefreshGrant): Promise<Result<Reply>> {
  if (form.refresh_token === undefined) return refuse(call, refusal('invalid_request', 'The parameter refresh_token is missing.').error)
  const granted = await refreshGrant(edge, call, form)
  if (granted.ok) return answered(granted.value)
  const reason = refusalOf(granted.error)
  return reason ? refuse(call, reason) : fail(granted.error)
}

/** What OAuth has a name for; null for what is ours to say (a limit, an outage, a foreign page). */
function refusalOf({ code, detail }: Failure): Refusal | null {
  if (code === 'auth/invalid_token' || code === 'auth/expired_token') return { error: 'invalid_grant', description: detail }
  return code === 'validation/invalid_input' ? { error: 'invalid_request', description: detail } : null
}

const answered = (answer: TokenAnswer): Result<Reply> => ok({ status: 200, body: answer, headers: neverStored })

const described = ({ error_description: said }: Record<string, unknown>): string =>
  typeof said === 'string' ? said : 'The client is not known, or its secret is wrong.'
