// The routes of /oauth2 and /.well-known on ports of the tests' own: one workspace with one client.

import { hashOfSecret, newClientId } from '../../../domain/access/client.ts'
import type { ClientSecret, OAuthClient } from '../../../domain/access/types.ts'
import { failure } from '../../../domain/failures.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { WorkspaceRpc } from '../../../durable-objects/workspace/rpc.ts'
import { newSigningKey } from '../../../scripts/local/keys.ts'
import { createEdge } from '../../../workers/edge/edge.ts'
import { rootApp } from '../../../workers/edge/root.ts'
import { oauthApi, type RefreshGrant } from '../../../workers/oauth/api.ts'
import { type IdentitySettings, identitiesFrom } from '../../../workers/oauth/identities.ts'
import { wellKnownApi } from '../../../workers/oauth/well-known.ts'
import { access, nowMs, parts, ruleSet, workspaceId } from '../edge/world.ts'

export const issuer = 'https://laurel.test'
export const secret = 'ls_the-secret-of-the-client'
export const clientId = newClientId(workspaceId, 'V1StGXR8_Z5jdHi6B-myT')
const signingKeys = JSON.stringify([{ jwk: await newSigningKey(), signsFromMs: 0 }])

export const secretOf = (text: string, more: Partial<ClientSecret> = {}): ClientSecret => ({
  secretId: text,
  hash: hashOfSecret(text),
  createdAtMs: nowMs,
  ...more,
})

export const client: OAuthClient = {
  clientId,
  name: 'Backend',
  role: 'editor',
  scopes: ['app/read', 'app/write', 'dashboard/read'],
  secrets: [secretOf(secret)],
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
}

export const settings: IdentitySettings = {
  stage: 'local',
  issuer,
  signingKeys,
  tokenKey: 'a key that is long enough',
  passThroughUrl: '',
  redisUrl: '',
  redisToken: undefined,
}

export interface TokenReply {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer is held against expectations, not against a type
  json: any
}

interface Given {
  client?: OAuthClient
  settings?: Partial<IdentitySettings>
  refreshGrant?: RefreshGrant
  clock?: { nowMs: number }
  fetch?: typeof fetch
}

export function oauthWorld({
  client: known = client,
  settings: more,
  refreshGrant,
  clock = { nowMs },
  fetch: fetcher = fetch,
}: Given = {}) {
  /** The objects that were asked, and for what. */
  const asked: string[] = []
  const accessEntry = (async (id: string, kind: string, entry: string) => {
    asked.push(`${id} ${kind} ${entry}`)
    return id === workspaceId && entry === known.clientId ? ok(known) : fail(failure('resource/not_found', `There is no such ${kind}.`))
  }) as unknown as WorkspaceRpc['accessEntry']
  const given = parts({ workspace: { accessEntry }, clock, services: { workspaceEdge: async () => ok({ ruleSet, access }) } })
  let random = 0
  const randomBytes = (count: number) => new Uint8Array(count).fill(++random)
  const ports = { now: () => clock.nowMs, newId: given.services.newId, randomBytes, fetch: fetcher, log: given.log }
  const identities = identitiesFrom({ ...settings, ...more }, ports)
  const edge = createEdge({ ...given, identities })
  const root = rootApp(edge)
  const noRefresh: RefreshGrant = async () => {
    throw new Error('the refresh grant was not expected')
  }
  root.route('/oauth2', oauthApi(edge, refreshGrant ?? noRefresh))
  root.route('/.well-known', wellKnownApi(edge))
  const send = (path: string, init?: RequestInit): Promise<Response> => Promise.resolve(root.request(`${issuer}${path}`, init))

  /** `form` as it is sent; headers beside its own. */
  async function token(form: Record<string, string> | string, headers: Record<string, string> = {}): Promise<TokenReply> {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString()
    const response = await send('/oauth2/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    })
    return { status: response.status, headers: response.headers, json: await response.json() }
  }
  return { identities, asked, send, token, lines: given.lines, clock }
}

const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)

export const basic = (id = clientId, itsSecret = secret) => ({
  authorization: `Basic ${Buffer.from(`${formEncoded(id)}:${formEncoded(itsSecret)}`).toString('base64')}`,
})
