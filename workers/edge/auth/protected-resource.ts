// The APIs as protected resources (RFC 9728): what each is called, what a client needs to know to get a token for it, and where
// that is published. Pure. The metadata of `https://host/app/v1` is at `https://host/.well-known/oauth-protected-resource/app/v1`
// (section 3.1); that of the host without a path is about all of it, media among it. Nothing of any tenant: issuers that
// ISSUERS lists are not told, whoever has one knows it.

import type { Context, Scope } from '../../../domain/identity.ts'
import { apiAudience } from './audience.ts'

export const resourceMetadataPath = '/oauth-protected-resource'

const contexts: readonly Context[] = ['app', 'dashboard']
const actions = ['read', 'write'] as const

/** Section 2. Without `context`: of the whole host. */
export function resourceMetadata(origin: string, context?: Context) {
  const scopes = (context === undefined ? contexts : [context]).flatMap((api) => actions.map((action): Scope => `${api}/${action}`))
  return {
    resource: context === undefined ? origin : apiAudience(origin, context),
    authorization_servers: [origin],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    ...(context !== undefined && { resource_documentation: `${apiAudience(origin, context)}/openapi.json` }),
  }
}

/** For the challenge of a 401 at this path; undefined where no token of these would help, or there is no own origin. */
export function resourceMetadataUrl(origin: string, path: string): string | undefined {
  if (origin === '') return undefined
  const base = `${origin}/.well-known${resourceMetadataPath}`
  const context = contexts.find((api) => path.startsWith(`/${api}/v1/`))
  if (context !== undefined) return `${base}/${context}/v1`
  return path.startsWith('/media/') ? base : undefined
}
