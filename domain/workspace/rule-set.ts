// A rule set, built: a pure function of the workspace's state, and the same bytes whatever order the state is kept in
// (everything is sorted), so a rebuilt set equals the one that commits were decided with.

import type { Currency, Reward, RewardRule, RuleSet } from '../rules/types.ts'
import type { ResourceType, StoredResource, WorkspaceView } from './types.ts'

/** Throws when there is no workspace: only a workspace's own commits publish rule sets. */
export function buildRuleSet(view: WorkspaceView, number: number): RuleSet {
  const workspace = view.workspace()
  if (workspace === null) throw new Error('a rule set was asked for before the workspace was created')
  return {
    number,
    workspaceId: workspace.workspaceId,
    accountId: workspace.accountId,
    settings: workspace.settings,
    activities: published(view, 'activity').map(({ id }) => id),
    // fromEntries defines own members, so no id can reach a prototype.
    currencies: Object.fromEntries(published(view, 'virtual-currency').map((resource) => [resource.id, currencyOf(resource)])),
    rewardRules: published(view, 'reward-rule').sort(byFirstPublished).map(rewardRuleOf),
    series: view.series().sort((a, b) => byText(a.seriesId, b.seriesId)),
  }
}

type Published = StoredResource & { published: Record<string, unknown> }

const published = (view: WorkspaceView, type: ResourceType): Published[] =>
  view
    .resources(type)
    .filter((resource): resource is Published => resource.stage === 'PUBLISHED' && resource.published !== undefined)
    .sort((a, b) => byText(a.id, b.id))

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const byFirstPublished = (a: Published, b: Published): number =>
  (a.firstPublishedAtMs ?? 0) - (b.firstPublishedAtMs ?? 0) || byText(a.id, b.id)

function currencyOf({ id, published: { scale, minAllowedBalance, maxAllowedBalance } }: Published): Currency {
  return {
    virtualCurrencyId: id,
    scale: scale as number,
    ...(minAllowedBalance !== undefined && { minAllowedBalance: minAllowedBalance as number }),
    ...(maxAllowedBalance !== undefined && { maxAllowedBalance: maxAllowedBalance as number }),
  }
}

function rewardRuleOf({ id, published: body }: Published): RewardRule {
  const rule = body as unknown as Omit<RewardRule, 'rewardRuleId'>
  return {
    rewardRuleId: id,
    ruleType: rule.ruleType,
    matchEntity: rule.matchEntity,
    ...(rule.matchEntityId !== undefined && { matchEntityId: rule.matchEntityId }),
    matchCondition: rule.matchCondition,
    applicationMode: rule.applicationMode,
    rewards: rule.rewards.map(rewardOf),
  }
}

const rewardOf = ({ virtualCurrencyId, redemptionMode, expression }: Reward): Reward => ({
  rewardType: 'VIRTUAL_CURRENCY',
  virtualCurrencyId,
  redemptionMode,
  expression,
})
