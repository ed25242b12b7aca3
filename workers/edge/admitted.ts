// Who was let in a moment ago: what a token comes to (its caller, the buckets it draws on, what policies said) is worked out
// once and holds for as long as the workspace is remembered unchanged, two seconds, and never past the token's expiry. So a
// caller who is busy on this isolate is known by two look-ups, and nothing is awaited.
//
// Trade-off: tokens stand in memory here as they were sent, two thousand at most, until others take their places; the
// verifier's own memory, which is larger and believed for longer, knows hashes only. A hash of each request's token would cost as much as the other steps together
// (docs/performance.md).

import type { Context } from '../../domain/identity.ts'
import { ok, type Result } from '../../domain/result.ts'
import { identify } from './auth/caller.ts'
import type { Identified } from './auth/identified.ts'
import { limitDemands } from './limits/demands.ts'
import type { LimitDemand } from './limits/limiter.ts'
import type { EdgeParts } from './parts.ts'
import type { PolicyDecision } from './policy/decider.ts'

export interface Admitted {
  identified: Identified
  demands: LimitDemand[]
  /** By what was asked, which each route asks with one value of its own. */
  decisions: Map<object, PolicyDecision>
}

type Remembered = { ok: true; value: Admitted }

export type Admit = (headers: Headers, api: Context) => Result<Admitted> | Promise<Result<Admitted>>

export function rememberingAdmissions(parts: Pick<EdgeParts, 'services' | 'verifier'>, capacity = 2000): Admit {
  const { services } = parts
  const remembered = new Map<string, Remembered>()

  async function prove(headers: Headers, api: Context, authorization: string | null, isItself: boolean): Promise<Result<Admitted>> {
    const identified = await identify(headers, api, parts)
    if (!identified.ok) return identified
    const { caller, access } = identified.value
    const result = ok({ identified: identified.value, demands: limitDemands(caller, access), decisions: new Map() })
    // Whoever acts for somebody is another caller with each name.
    if (authorization !== null && isItself) remember(authorization, result)
    return result
  }

  function remember(authorization: string, result: Remembered): void {
    remembered.delete(authorization)
    remembered.set(authorization, result)
    const [oldest] = remembered.keys()
    if (remembered.size > capacity && oldest !== undefined) remembered.delete(oldest)
  }

  return (headers, api) => {
    const authorization = headers.get('authorization')
    const isItself = headers.get('x-user-id') === null
    const known = authorization !== null && isItself ? remembered.get(authorization) : undefined
    if (known && services.now() < known.value.identified.expiresAtMs) {
      const { caller, ruleSet, access } = known.value.identified
      const workspace = caller.context === api ? services.workspaceEdge(caller.workspaceId) : undefined
      // The very values that it was worked out from: another throttle, client or rule would be another value.
      const isUnchanged = workspace !== undefined && 'ok' in workspace && workspace.ok && workspace.value.access === access
      if (isUnchanged && workspace.value.ruleSet === ruleSet) return known
    }
    return prove(headers, api, authorization, isItself)
  }
}
