// Every resource that is declared. Another one is added here and nowhere else.

import type { ResourceType } from '../workspace/types.ts'
import { activity } from './activity.ts'
import type { ResourceDeclaration } from './declaration.ts'
import { rewardRule } from './reward-rule.ts'
import { runtimeLeaderboardConfiguration } from './runtime-leaderboard-configuration.ts'
import { virtualCurrency } from './virtual-currency.ts'

const byType: Record<ResourceType, ResourceDeclaration> = {
  activity,
  'virtual-currency': virtualCurrency,
  'reward-rule': rewardRule,
  'runtime-leaderboard-configuration': runtimeLeaderboardConfiguration,
}

export const declarations: ResourceDeclaration[] = Object.values(byType)
export const declarationOf = (type: ResourceType): ResourceDeclaration => byType[type]
