// Who may pass: the steps before anything is read. Tenants by workspace token, the operator by a key of its own.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { failure } from '../../domain/failures.ts'
import { identify } from './auth/caller.ts'
import { permits } from './auth/policy.ts'
import { type EdgeEnv, refuse } from './exchange.ts'
import { givenKey } from './idempotency.ts'
import type { EdgeParts } from './parts.ts'
import type { RouteDeclaration } from './route.ts'

export const guardTenant =
  (route: RouteDeclaration, { services, verifier }: EdgeParts): MiddlewareHandler<EdgeEnv> =>
  async (c, next) => {
    const exchange = c.get('exchange')
    const headers = c.req.raw.headers
    const identified = await identify(headers, route.api, verifier, services)
    exchange.authMs = services.now() - exchange.startedAtMs
    if (!identified.ok) return refuse(c, identified.error, services.now())
    exchange.identified = identified.value
    const { caller } = identified.value
    const refusal = permits(caller, route)
    if (refusal) return refuse(c, refusal, services.now())
    if (caller.userId === undefined && route.needsUser) return refuse(c, userNeeded, services.now())
    if (caller.platform === 'm2m' && caller.userId !== undefined && !route.needsUser) {
      // A machine names a user and the handler will not ask for them: that they exist here is checked now.
      const { workspaceId, userId } = caller
      const profile = await services.player({ workspaceId, userId }).profile({ workspaceId, userId })
      if (!profile.ok) return refuse(c, profile.error, services.now())
    }
    if (route.action === 'write') {
      const key = givenKey(headers)
      if (!key.ok) return refuse(c, key.error, services.now())
      exchange.idempotencyKey = key.value
    }
    return next()
  }

const missingUser = 'Name the user the call acts for.'
const userNeeded = failure('validation/invalid_input', missingUser, { errors: [{ parameter: 'x-user-id', detail: missingUser }] })

export const guardOperator =
  ({ operatorKey, services }: EdgeParts): MiddlewareHandler<EdgeEnv> =>
  (c, next) => {
    const given = /^Bearer +(\S+)$/i.exec(c.req.raw.headers.get('authorization') ?? '')?.[1] ?? ''
    // Hashes are of one length, so the comparison says nothing about the key's.
    const same = timingSafeEqual(hashed(given), hashed(operatorKey))
    if (!same || operatorKey === '')
      return Promise.resolve(refuse(c, failure('auth/invalid_token', "Send the operator's key."), services.now()))
    return next()
  }

const hashed = (text: string): Buffer => createHash('sha256').update(text).digest()
