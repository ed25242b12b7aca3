// Cross-origin requests (the Fetch standard). Who may call is the workspace's to say, and only the token tells which
// workspace that is. A preflight carries no token, so it is answered alike for every origin and promises nothing; the
// request itself is refused, before anything is read or done, where its origin is not on the workspace's list. No cookie is
// ever used, so a page can do nothing that its token could not do from anywhere.
//
// What is told without a workspace (a refused token, an unknown path) is no workspace's data: any page may read it, so that
// an app sees a 401 for an expired token and not a network error.

import type { WorkspaceAccess } from '../../domain/access/types.ts'
import { type Failure, failure } from '../../domain/failures.ts'

const requestHeaders =
  'authorization, content-type, x-idempotency-key, idempotency-key, x-user-id, x-request-id, traceparent, tracestate, ' +
  'if-none-match, if-match, if-modified-since, if-unmodified-since, if-range, range, content-digest, x-amz-checksum-sha256, ' +
  'tus-resumable, upload-length, upload-offset, upload-metadata, upload-defer-length, x-http-method-override'
const exposedHeaders =
  'accept-ranges, content-range, content-length, content-disposition, etag, last-modified, location, ' +
  'tus-resumable, tus-version, tus-extension, tus-max-size, upload-offset, upload-length, upload-expires, ' +
  'x-request-id, x-durability, x-idempotency-key, x-idempotency-cache-hit, ratelimit, ratelimit-policy, retry-after, www-authenticate, traceresponse'
/** The most that Chromium keeps. */
const preflightLivesSeconds = 7200

/** Undefined for a request that is no page's, or one of our own origin's. */
export function foreignOrigin(headers: Headers, own: string): string | undefined {
  const origin = headers.get('origin')
  return origin === null || origin === own ? undefined : origin
}

export const mayRead = (origin: string, access: WorkspaceAccess): boolean => access.origins.includes(origin)

/** Null where the page may go on. */
export const originFailure = (origin: string | undefined, access: WorkspaceAccess): Failure | null =>
  origin === undefined || mayRead(origin, access)
    ? null
    : failure('auth/origin_not_allowed', 'Pages of this origin may not call this workspace.')

/** The answer to `OPTIONS` with `Access-Control-Request-Method`, where pages may call the path at all. */
export const preflightFields = (allowed: string[]): Record<string, string> => ({
  'access-control-allow-origin': '*',
  'access-control-allow-methods': allowed.join(', '),
  'access-control-allow-headers': requestHeaders,
  'access-control-max-age': String(preflightLivesSeconds),
})

/** On every answer to a page of another origin. `access` is the workspace's that the request was about. */
export function stampCors(headers: Headers, origin: string, access: WorkspaceAccess | undefined, isOpen: boolean): void {
  if (!/(^|,)\s*origin\s*(,|$)/i.test(headers.get('vary') ?? '')) headers.append('vary', 'origin')
  if (access === undefined ? !isOpen : !mayRead(origin, access)) return
  headers.set('access-control-allow-origin', access === undefined ? '*' : origin)
  headers.set('access-control-expose-headers', exposedHeaders)
}
