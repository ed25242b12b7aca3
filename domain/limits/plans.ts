// What each plan allows, and what a workspace's settings make of it. Per person and per machine every plan is the same:
// what is sold is how much the whole workspace may ask for.

import type { EffectiveLimits, Limit, LimitSettings, SuspectRule } from './types.ts'

export type Plan = 'STANDARD' | 'PREMIUM' | 'ENTERPRISE'

/** Each person, and each machine. */
const principal: Limit = { quota: 200, windowSeconds: 10 }

/**
 * A client that is refused and waits as it is told meets a few refusals a minute; a thousand say that it does not listen.
 * It is then held to a tenth of its limit for ten minutes.
 */
const suspect: SuspectRule = { refusals: 1000, withinSeconds: 60, limit: { quota: 20, windowSeconds: 10 }, forSeconds: 600 }

const plans: Record<Plan, EffectiveLimits> = {
  STANDARD: { principal, machine: principal, workspace: { quota: 5_000, windowSeconds: 10 }, suspect },
  PREMIUM: { principal, machine: principal, workspace: { quota: 20_000, windowSeconds: 10 }, suspect },
  ENTERPRISE: { principal, machine: principal, workspace: { quota: 100_000, windowSeconds: 10 }, suspect },
}

/** The plan's values where the settings say nothing. A `suspect` of null is something said: nobody is throttled by rule. */
export function effectiveLimits(plan: Plan, settings: LimitSettings): EffectiveLimits {
  const base = plans[plan]
  return {
    principal: settings.principal ?? base.principal,
    machine: settings.machine ?? base.machine,
    workspace: settings.workspace ?? base.workspace,
    suspect: settings.suspect === undefined ? base.suspect : settings.suspect,
  }
}
