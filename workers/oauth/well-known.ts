// What others must know to verify our tokens: the public keys, and where everything is (RFC 8414, and OpenID Connect
// Discovery for clients that look there); and what clients must know to get one for an API (RFC 9728). Nothing of any tenant. The keys may be kept for ten minutes, and a new one is
// published fifteen before it signs.

import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { keyringAt } from '../edge/auth/keyring.ts'
import { resourceMetadata, resourceMetadataPath } from '../edge/auth/protected-resource.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall, Reply } from '../edge/route.ts'

const keptSeconds = 600

/** RFC 8414 section 2. No authorization endpoint, so no response type but `none`; no ID tokens, and strict readers want to be told an algorithm all the same. */
export const metadataOf = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer}/.well-known/jwks.json`,
  token_endpoint: `${issuer}/oauth2/token`,
  revocation_endpoint: `${issuer}/oauth2/revoke`,
  grant_types_supported: ['client_credentials', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  scopes_supported: ['app/read', 'app/write', 'dashboard/read', 'dashboard/write'],
  response_types_supported: ['none'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
})

export function wellKnownApi(edge: Edge): Hono {
  const app = new Hono()
  const open = { api: 'well-known', method: 'GET', cors: 'any' } as const
  edge.open(app, { ...open, path: '/jwks.json', operationId: 'wellKnown/jwks' }, async (call) => {
    const { keyring } = edge.identities
    return keyring ? document(call, { keys: keyringAt(keyring, call.nowMs).published }) : nothing
  })
  const metadata = async (call: OpenCall) => {
    const { signer } = edge.identities
    return signer ? document(call, metadataOf(signer.issuer)) : nothing
  }
  edge.open(app, { ...open, path: '/openid-configuration', operationId: 'wellKnown/openidConfiguration' }, metadata)
  edge.open(app, { ...open, path: '/oauth-authorization-server', operationId: 'wellKnown/authorizationServer' }, metadata)
  for (const [path, operationId, context] of [
    [resourceMetadataPath, 'wellKnown/protectedResource', undefined],
    [`${resourceMetadataPath}/app/v1`, 'wellKnown/protectedResourceApp', 'app'],
    [`${resourceMetadataPath}/dashboard/v1`, 'wellKnown/protectedResourceDashboard', 'dashboard'],
  ] as const) {
    edge.open(app, { ...open, path, operationId }, async (call) => {
      const { signer } = edge.identities
      return signer ? document(call, resourceMetadata(signer.issuer, context)) : nothing
    })
  }
  return app
}

const nothing = fail(failure('resource/not_found', 'This platform signs no tokens of its own.'))

function document(call: OpenCall, body: object): Result<Reply> {
  const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`
  // Also to who sends no Origin: a shared cache may hand this answer to a page.
  const headers = { 'cache-control': `public, max-age=${keptSeconds}`, etag, 'access-control-allow-origin': '*' }
  const known = (call.headers.get('if-none-match') ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
  return ok(known.includes(etag) || known.includes('*') ? { status: 304, headers } : { status: 200, body, headers })
}
