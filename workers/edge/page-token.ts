// Opaque page tokens: where a list goes on, signed (HMAC-SHA-256) together with the workspace, the user, the route and
// the query it belongs to. A token that was changed, or is used anywhere else, is a 400; nothing in it is secret, and
// nothing is trusted before the signature holds. `limit` may change from page to page.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { sealFor } from './seal.ts'

export interface PageScope {
  workspaceId: string
  userId: string | undefined
  /** Method and path as they came, without the query. */
  path: string
  /** The query without `limit` and `nextToken`. */
  query: Record<string, unknown>
}

export interface PageTokens {
  seal(scope: PageScope, after: string): string
  open(scope: PageScope, token: string): Result<string>
}

export function pageTokens(key: string): PageTokens {
  const seal = sealFor(key, 'page/1')
  const signed = (scope: PageScope, payload: string) => [scope.workspaceId, scope.userId ?? null, scope.path, scope.query, payload]
  const refused = () => {
    const detail = 'This nextToken does not belong to this list.'
    return fail(failure('validation/invalid_input', detail, { errors: [{ parameter: 'nextToken', detail }] }))
  }
  return {
    seal(scope, after) {
      const payload = Buffer.from(after).toString('base64url')
      return `${payload}.${seal.sign(signed(scope, payload))}`
    },
    open(scope, token) {
      const [, payload = '', signature = ''] = /^([\w-]{1,1024})\.([\w-]{43})$/.exec(token) ?? []
      if (payload === '' || !seal.holds(signed(scope, payload), signature)) return refused()
      return ok(Buffer.from(payload, 'base64url').toString())
    },
  }
}
