// The steps of the edge one by one, in the real code and in their order, with nothing around them: each variant does what
// the one before it does, and one step more. STEPS says how far it goes.

import type { EffectiveLimits } from '../../../domain/limits/types.ts'
import { ok } from '../../../domain/result.ts'
import { objectStub } from '../../../durable-objects/addresses.ts'
import type { RateLimiterRpc } from '../../../durable-objects/rate-limiter/rpc.ts'
import { identify } from '../../../workers/edge/auth/caller.ts'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'
import { limitDemands } from '../../../workers/edge/limits/demands.ts'
import { rateLimiter } from '../../../workers/edge/limits/limiter.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import { cedarDecider } from '../../../workers/edge/policy/cedar-decider.ts'
import { cedarModule } from '../../../workers/edge/policy/cedar-module.ts'
import { retrying } from '../../../workers/retry.ts'
import { accessWith, ruleSet } from './tenant.ts'

export const stepsUpTo = ['token', 'policy', 'limit'] as const

export interface StepsEnv {
  STEPS: (typeof stepsUpTo)[number]
  ISSUERS: string
  /** How many proved tokens are remembered. */
  REMEMBER_TOKENS: string
  LIMITS: string
  RATE_LIMITER: DurableObjectNamespace
}

const now = (): number => Date.now()
const report = (event: unknown): void => console.log(JSON.stringify(event))
const retryPorts = { random: Math.random, sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) }
const asked = { api: 'app', action: 'read', operation: 'bench/nothing', kind: 'bench' } as const
const answer = (): Response => new Response('ok')

export function serve(env: StepsEnv): (request: Request) => Promise<Response> {
  const access = accessWith(JSON.parse(env.LIMITS) as EffectiveLimits)
  const known = ok({ ruleSet, access })
  const issuers = parseIssuers(env.ISSUERS)
  const fetchJwks = () => Promise.reject(new Error('the keys are given'))
  const verifier = tokenVerifier({ issuers, now, fetchJwks, rememberTokens: Number(env.REMEMBER_TOKENS) })
  const proving = { verifier, services: { workspaceEdge: () => known } } as unknown as EdgeParts
  const policies = cedarDecider({ loadCedar: cedarModule, report })
  const limits = rateLimiter({
    now,
    newId: () => crypto.randomUUID(),
    object: (name) => retrying(() => objectStub<RateLimiterRpc>(env.RATE_LIMITER, name, ''), retryPorts),
    report,
  })
  const depth = stepsUpTo.indexOf(env.STEPS)

  return async ({ headers }) => {
    const identified = await identify(headers, 'app', proving)
    if (!identified.ok) return new Response(identified.error.code, { status: 401 })
    if (depth === 0) return answer()
    const { caller } = identified.value
    const decided = policies.decide({ caller, ...asked, access })
    const decision = decided instanceof Promise ? await decided : decided
    if (!decision.allowed) return new Response(decision.reason, { status: 403 })
    if (depth === 1) return answer()
    const taken = limits.take(limitDemands(caller, access))
    const outcome = taken instanceof Promise ? await taken : taken
    return outcome.allowed ? answer() : new Response(null, { status: 429 })
  }
}
