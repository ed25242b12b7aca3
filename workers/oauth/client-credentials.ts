// Tokens for machines (RFC 6749 section 4.4). The client's id says which workspace's object to ask; whatever is wrong with
// the credentials, the same object is asked once, the same two comparisons are made, and the answer is the same.

import { hasSecret, workspaceOfClient } from '../../domain/access/client.ts'
import { grantedScopes } from '../../domain/access/client-scopes.ts'
import type { OAuthClient } from '../../domain/access/types.ts'
import type { Failure } from '../../domain/failures.ts'
import { ok, type Result } from '../../domain/result.ts'
import { tokenTtlSeconds } from '../edge/auth/keyring.ts'
import type { TokenSigner } from '../edge/auth/token-signer.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall } from '../edge/route.ts'
import type { Form, ShownClient } from './client-authentication.ts'
import { invalidClient, type Refusal, refusal } from './refusal.ts'
import type { TokenAnswer } from './token-answer.ts'

/** `refused` is for the client to read (RFC 6749); any other failure is ours. */
export type Granted = Result<TokenAnswer> | { ok: false; refused: Refusal }

export async function clientCredentials(
  { services }: Edge,
  signer: TokenSigner,
  call: OpenCall,
  shown: ShownClient,
  form: Form,
): Promise<Granted> {
  const found = await findClient(services, shown.clientId)
  if (!found.ok) return found
  const client = found.value
  if (!hasSecret(client, shown.secret, call.nowMs) || client === null) return { ok: false, refused: invalidClient().error }
  const granted = grantedScopes(client.scopes, { scope: form.scope, context: form.context })
  if (granted === null) return { ok: false, refused: refusal('invalid_scope', 'This client may not have these scopes.').error }
  const workspaceId = workspaceOfClient(client.clientId) as string
  const workspace = await services.workspaceEdge(workspaceId)
  if (!workspace.ok) return workspace
  const { ruleSet, access } = workspace.value
  // A page has no business with a machine's secret; if it has one all the same, then only a page of the workspace's own.
  const admitted = call.admitOrigin(access)
  if (!admitted.ok) return admitted
  const scope = granted.scopes.join(' ')
  const { accountId } = ruleSet
  const { clientId, role } = client
  const { context } = granted
  const access_token = await signer.sign({
    sub: clientId,
    client_id: clientId,
    workspaceId,
    accountId,
    context,
    platform: 'm2m',
    role,
    scope,
  })
  return ok({ access_token, token_type: 'Bearer', expires_in: tokenTtlSeconds, scope })
}

/** Null where there is no such client, or no such workspace. */
async function findClient(services: Edge['services'], clientId: string): Promise<Result<OAuthClient | null, Failure>> {
  const workspaceId = workspaceOfClient(clientId)
  if (workspaceId === null) return ok(null)
  const entry = await services.workspace(workspaceId).accessEntry(workspaceId, 'client', clientId)
  return !entry.ok && entry.error.code === 'resource/not_found' ? ok(null) : entry
}
