// The steps of the edge one by one, in the real code and in their order, with nothing around them: each variant does what
// the one before it does, and one step more. STEPS says how far it goes.

import type { EffectiveLimits } from '../../../domain/limits/types.ts'
import { ok } from '../../../domain/result.ts'
import { objectStub } from '../../../durable-objects/addresses.ts'
import type { RateLimiterRpc } from '../../../durable-objects/rate-limiter/rpc.ts'
import { rememberingAdmissions } from '../../../workers/edge/admitted.ts'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'
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
  const admit = rememberingAdmissions(
    { verifier, services: { now, workspaceEdge: () => known } } as unknown as EdgeParts,
    Number(env.REMEMBER_TOKENS),
  )
  const policies = cedarDecider({ loadCedar: cedarModule, report })
  const limits = rateLimiter({
    now,
    newId: () => crypto.randomUUID(),
    object: (name) => retrying(() => objectStub<RateLimiterRpc>(env.RATE_LIMITER, name, ''), retryPorts),
    report,
  })
  const depth = stepsUpTo.indexOf(env.STEPS)

  return async ({ headers }) => {
    const proving = admit(headers, 'app')
    const admitted = proving instanceof Promise ? await proving : proving
    if (!admitted.ok) return new Response(admitted.error.code, { status: 401 })
    if (depth === 0) return answer()
    const { identified, demands, decisions } = admitted.value
    const decided = decisions.get(asked) ?? policies.decide({ caller: identified.caller, ...asked, access })
    const decision = decided instanceof Promise ? await decided : decided
    decisions.set(asked, decision)
    if (!decision.allowed) return new Response(decision.reason, { status: 403 })
    if (depth === 1) return answer()
    const taken = limits.take(demands)
    const outcome = taken instanceof Promise ? await taken : taken
    return outcome.allowed ? answer() : new Response(null, { status: 429 })
  }
}
