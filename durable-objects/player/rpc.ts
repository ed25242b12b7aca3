// The Player object: one per user, the single writer of the user's log. Reached by idFromName(`${workspaceId}:${userId}`).

import type { AuditRecord } from '../../domain/audit/types.ts'
import type { ScorePush, Series } from '../../domain/boards/types.ts'
import type { Position } from '../../domain/log/types.ts'
import type { Balance, LedgerLine, PlayerCommand, UserProfile } from '../../domain/player/types.ts'
import type { Result } from '../../domain/result.ts'
import type { SessionFacts } from '../../domain/sessions/types.ts'
import type { AuditPage } from '../audit/audit-reads.ts'
import type { RefilledPage, RefillPlace } from '../log/refill-regions.ts'
import type { CommandReply, CommandRequest, LogStatus } from '../log/rpc.ts'

export interface PlayerRef {
  workspaceId: string
  userId: string
}

/** Reads answer `resource/not_found` for a user that never was or is deleted, `record/unavailable` when a lost object cannot be rehydrated now. */
export interface PlayerRpc {
  /** Decides all commands in order and answers when each is durable. One reply per command, in order. `ruleSet` is the number the caller knows. */
  execute(ref: PlayerRef, ruleSet: number, requests: CommandRequest<PlayerCommand>[]): Promise<CommandReply[]>
  profile(ref: PlayerRef): Promise<Result<UserProfile>>
  /** Also of a deleted user; `resource/not_found` for one that never was. */
  life(ref: PlayerRef): Promise<Result<'live' | 'deleted'>>
  balances(ref: PlayerRef, page: PlayerPage): Promise<Result<{ items: Balance[]; next: string | null }>>
  balance(ref: PlayerRef, virtualCurrencyId: string): Promise<Result<Balance>>
  transactions(ref: PlayerRef, page: PlayerPage): Promise<Result<{ items: LedgerLine[]; next: string | null }>>
  transaction(ref: PlayerRef, virtualTransactionId: string): Promise<Result<LedgerLine>>
  /** Where the user is signed in, the newest first. */
  sessions(ref: PlayerRef): Promise<Result<SessionFacts[]>>
  /** One commit of the user's log, told whole; a deleted user's too. */
  auditRecord(ref: PlayerRef, at: Position): Promise<Result<AuditRecord>>
  /** Every commit of the user's log; a deleted user's too. */
  auditRecords(ref: PlayerRef, page: PlayerPage): Promise<Result<AuditPage>>
  /** Queues this user's totals on every board of the series. Idempotent. */
  pushSeries(ref: PlayerRef, series: Series): Promise<Result<void>>
  /** The user's absolute total on each board of these series that the user is on, as of what the record has. A deleted user's are removals. */
  scores(ref: PlayerRef, series: Series[]): Promise<Result<BoardScore[]>>
  /** Queues the user's index row and totals on every board of the rule set again. */
  republish(ref: PlayerRef): Promise<Result<void>>
  /** A consumer has applied these outbox rows. */
  confirm(ref: PlayerRef, rows: OutboxReceipt[]): Promise<void>
  /** The object's own state, for verify to hold against the record. */
  inspect(ref: PlayerRef): Promise<Result<PlayerInspection>>
  /** Runs what the alarm would run now: drain, outbox, repair. */
  settle(ref: PlayerRef): Promise<LogStatus>
  /** One page of making every region's copy of the log whole; null for the first. A deleted user's too. */
  refill(ref: PlayerRef, from: RefillPlace | null): Promise<Result<RefilledPage>>
}

export interface BoardScore {
  seriesId: string
  periodId: string
  push: ScorePush
}

/** `after` is the opaque `next` of the page before. */
export interface PlayerPage {
  limit: number
  after?: string
  order: 'asc' | 'desc'
}

export interface OutboxReceipt {
  id: string
  /** The version that was applied: a row that has moved on since stays. */
  sequence: number
}

export interface PlayerInspection {
  status: LogStatus
  profile: UserProfile | null
  deleted: boolean
  balances: Balance[]
  /** Sum of the ledger by currency, and how many lines and events there are. */
  ledger: Record<string, number>
  lines: number
  events: number
  /** Of every commit and of every ledger line that the object holds, in order: what sums cannot tell. */
  digests: { commits: string; lines: string }
}
