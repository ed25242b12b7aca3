// A rule set is everything a decision needs to know of its workspace: published, immutable, numbered.

import type { Series } from '../boards/types.ts'
import type { LimitSettings } from '../limits/types.ts'

/** JsonLogic (https://jsonlogic.com) or a static value. */
export type Expression = unknown

export interface Reward {
  rewardType: 'VIRTUAL_CURRENCY'
  virtualCurrencyId: string
  redemptionMode: 'AUTO' | 'MANUAL'
  expression: Expression
}

export interface RewardRule {
  rewardRuleId: string
  ruleType: 'INSTANCE' | 'ENTITY' | 'TAG'
  matchEntity: string
  matchEntityId?: string
  matchCondition: Expression
  applicationMode: 'ALWAYS' | 'FALLBACK' | 'DISABLED'
  rewards: Reward[]
}

export interface Currency {
  virtualCurrencyId: string
  /** Decimal places, 0 to 6. */
  scale: number
  minAllowedBalance?: number
  maxAllowedBalance?: number
}

export interface WorkspaceSettings {
  /** True: no answer is given before the record has the commit (503 instead of x-durability: edge). */
  strict: boolean
  /** True: a POST without a key gets one from caller, path and body. */
  derivedIdempotency: boolean
  /** How long keys are kept; 24 hours and 5 minutes unless given. */
  idempotency?: { givenSeconds?: number; derivedSeconds?: number }
  /** What differs from the plan's limits. */
  limits?: LimitSettings
  /** Origins whose pages may call the API; none unless given. */
  origins?: string[]
  /** `preprovisioned`: nobody becomes a user by signing in. */
  provisioning?: 'open' | 'preprovisioned'
}

export interface RuleSet {
  number: number
  workspaceId: string
  accountId: string
  settings: WorkspaceSettings
  /** Ids of published activities. */
  activities: string[]
  currencies: Record<string, Currency>
  /** Published, in the order they were first published. */
  rewardRules: RewardRule[]
  series: Series[]
}
