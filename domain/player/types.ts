// A user's own state, the commands that change it and the effects that commits carry.

import type { Amount } from '../ledger/amount.ts'
import type { Session, SessionChange, SessionCommand } from '../sessions/types.ts'

export interface UserProfile {
  userId: string
  principalId: string
  accountId: string
  workspaceId: string
  externalId?: string
  nickname?: string
  profileImage?: string
  lang?: string
  timezone?: string
  /** The person behind the user; served by /users/me/principal only. */
  principal: { sub: string; email: string; firstName?: string; lastName?: string }
  createdAtMs: number
  updatedAtMs: number
}

export type ProfilePatch = Partial<Pick<UserProfile, 'externalId' | 'nickname' | 'profileImage' | 'lang' | 'timezone'>>

export interface ActivityLogCommand {
  kind: 'activity.log'
  activityLogId: string
  activityId: string
  outcome?: 'SUCCESS' | 'FAILURE'
  value: number
  tags?: string[]
  additionalData?: Record<string, unknown>
  /** When it happened, by the client; a backdated event counts in the period it happened in. */
  completedAtMs: number
}

export type PlayerCommand =
  /** Sent by the Workspace object alone, after it has claimed the id. */
  | { kind: 'user.create'; profile: UserProfile }
  | { kind: 'user.update'; patch: ProfilePatch }
  | { kind: 'user.delete' }
  | ActivityLogCommand
  | SessionCommand

/** One entry of the append-only ledger: a VirtualTransaction as it is first written. */
export interface LedgerLine {
  virtualTransactionId: string
  virtualTransactionGroupId: string
  virtualCurrencyId: string
  /** Always positive; `direction` gives the sign. */
  amount: Amount
  direction: 'CREDIT' | 'DEBIT'
  state: 'PENDING' | 'COMPLETED'
  redemptionMode: 'AUTO' | 'MANUAL'
  initiatorType: 'USER' | 'REWARD_RULE' | 'STREAK_RULE' | 'SYSTEM' | 'ADMIN'
  initiator: string
  counterpartType: 'USER' | 'SYSTEM'
  counterpart: string
  additionalData?: Record<string, unknown>
  expiresAtMs?: number
  /** When the event behind it happened: decides the board period. */
  occurredAtMs: number
  /** The user's zone when it was decided; boards with USER timezone count by it. */
  timezone: string
  createdAtMs: number
}

export interface Balance {
  virtualCurrencyId: string
  /** Counts pending transactions. */
  amount: Amount
  /** Only completed ones. */
  availableAmount: Amount
  createdAtMs: number
  updatedAtMs: number
}

/** A reward that was due and not paid, and why: kept in the commit, awards nothing. */
export interface RewardRefusal {
  rewardRuleId: string
  rewardIndex: number
  reason:
    | 'expression/not_a_number'
    | 'expression/failed'
    | 'expression/too_costly'
    | 'event/over_budget'
    | 'amount/out_of_range'
    | 'balance/above_maximum'
    | 'balance/below_minimum'
    | 'currency/unknown'
}

/** The event as `previousEvent` shows it to the next one of its activity. */
export type EventFacts = {
  activityLogId: string
  activityId: string
  userId: string
  value: number
  outcome?: 'SUCCESS' | 'FAILURE'
  tags: string[]
  additionalData: Record<string, unknown>
  completedAt: string
}

/** The values one commit changes: absolute, so applying a commit needs no decision. */
export interface PlayerEffects {
  profile?: UserProfile
  deleted?: true
  event?: EventFacts
  lines?: LedgerLine[]
  balances?: Balance[]
  refusals?: RewardRefusal[]
  /** How many more refusals there were than a commit keeps. */
  refusalsLeftOut?: number
  sessions?: SessionChange[]
}

/** What the pure rules may ask of the current state. Synchronous: a decision has no await inside. */
export interface PlayerView {
  profile(): UserProfile | null
  deleted(): boolean
  balance(virtualCurrencyId: string): Balance | null
  previousEvent(activityId: string): EventFacts | null
  /** Expired ones may be among them. */
  sessions(): Session[]
}
