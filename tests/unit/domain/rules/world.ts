// A user's state in memory, moved on by effects alone, as the Player's storage is.

import type { Balance, EventFacts, LedgerLine, PlayerEffects, PlayerView, UserProfile } from '../../../../domain/player/types.ts'
import type { RewardRule, RuleSet } from '../../../../domain/rules/types.ts'
import type { Session } from '../../../../domain/sessions/types.ts'

export const nowMs = Date.parse('2026-09-15T12:00:00Z')

export const profile: UserProfile = {
  userId: 'user-0000000000000001',
  principalId: 'principal-00000000001',
  accountId: 'account-01',
  workspaceId: 'workspace1',
  timezone: 'Europe/Berlin',
  principal: { sub: 'sub', email: 'a@example.org' },
  createdAtMs: 1,
  updatedAtMs: 1,
}

export const ruleOf = (rest: Partial<RewardRule> = {}): RewardRule => ({
  rewardRuleId: 'rule',
  ruleType: 'INSTANCE',
  matchEntity: 'Activity',
  matchEntityId: 'run',
  matchCondition: true,
  applicationMode: 'ALWAYS',
  rewards: [rewardOf(10)],
  ...rest,
})

export const rewardOf = (expression: unknown, rest: Partial<RewardRule['rewards'][number]> = {}): RewardRule['rewards'][number] => ({
  rewardType: 'VIRTUAL_CURRENCY',
  virtualCurrencyId: 'points',
  redemptionMode: 'AUTO',
  expression,
  ...rest,
})

export const ruleSetOf = (rewardRules: RewardRule[], rest: Partial<RuleSet> = {}): RuleSet => ({
  number: 1,
  workspaceId: profile.workspaceId,
  accountId: profile.accountId,
  settings: { strict: false, derivedIdempotency: true },
  activities: ['run', 'walk'],
  currencies: {
    points: { virtualCurrencyId: 'points', scale: 2 },
    gems: { virtualCurrencyId: 'gems', scale: 0, minAllowedBalance: 0, maxAllowedBalance: 5 },
  },
  rewardRules,
  series: [],
  ...rest,
})

export class World implements PlayerView {
  user: UserProfile | null = profile
  gone = false
  readonly balances = new Map<string, Balance>()
  readonly lines: LedgerLine[] = []
  readonly events = new Map<string, EventFacts>()
  readonly signedIn = new Map<string, Session>()
  private ids = 0

  readonly newId = (): string => `id-${++this.ids}`
  profile = () => this.user
  deleted = () => this.gone
  balance = (virtualCurrencyId: string) => this.balances.get(virtualCurrencyId) ?? null
  previousEvent = (activityId: string) => this.events.get(activityId) ?? null
  sessions = () => [...this.signedIn.values()]

  apply(effects: PlayerEffects): void {
    if (effects.profile) this.user = effects.profile
    if (effects.deleted) this.gone = true
    if (effects.event) this.events.set(effects.event.activityId, effects.event)
    this.lines.push(...(effects.lines ?? []))
    for (const balance of effects.balances ?? []) this.balances.set(balance.virtualCurrencyId, balance)
    for (const { sessionId, value } of effects.sessions ?? [])
      value === null ? this.signedIn.delete(sessionId) : this.signedIn.set(sessionId, value)
  }
}
