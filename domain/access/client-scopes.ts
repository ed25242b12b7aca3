// What a token of a client may carry. Pure. A token is for one API (its context), and keeps only scopes of that one: a
// client of both asks twice.

import type { Context, Scope } from '../identity.ts'

export interface ScopeRequest {
  /** As the request spells it (RFC 6749 section 3.3); all that the client has unless given. */
  scope?: string | undefined
  context?: string | undefined
}

/**
 * Null where a scope is unknown, not the client's, or none is left. The context is the one asked for; else the dashboard
 * where every scope is the dashboard's, and the app in all other cases. Scopes of the other API are left out, and the answer
 * says which were kept, as the RFC allows.
 */
export function grantedScopes(allowed: readonly Scope[], { scope, context }: ScopeRequest): { context: Context; scopes: Scope[] } | null {
  const wanted = scope === undefined ? [...allowed] : scope.split(' ').filter((one) => one !== '')
  if (!wanted.every((one) => (allowed as readonly string[]).includes(one))) return null
  const of = context ?? (wanted.length > 0 && wanted.every((one) => one.startsWith('dashboard/')) ? 'dashboard' : 'app')
  if (of !== 'app' && of !== 'dashboard') return null
  const scopes = allowed.filter((one) => wanted.includes(one) && one.startsWith(`${of}/`))
  return scopes.length === 0 ? null : { context: of, scopes }
}
