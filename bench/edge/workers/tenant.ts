// The one workspace of the benchmark, as the edge would have read it of the Workspace object and now remembers it. Plain
// data: the load generator signs tokens for it, and the Workers answer them.

import type { WorkspaceAccess } from '../../../domain/access/types.ts'
import type { EffectiveLimits } from '../../../domain/limits/types.ts'
import type { RuleSet } from '../../../domain/rules/types.ts'

export const issuer = 'https://bench.invalid'
export const workspaceId = 'benchspace'
export const accountId = 'benchaccnt'

export const ruleSet: RuleSet = {
  number: 1,
  workspaceId,
  accountId,
  settings: { strict: false, derivedIdempotency: true },
  activities: [],
  currencies: {},
  rewardRules: [],
  series: [],
}

/** `limits` is what the variant raises or leaves as the plan has it. */
export const accessWith = (limits: EffectiveLimits): WorkspaceAccess => ({
  workspaceId,
  version: 1,
  limits,
  clients: [],
  throttles: [],
  forbids: [],
  origins: [],
  provisioning: 'open',
})
