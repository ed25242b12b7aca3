// What a log is given from outside: regions, R2, time, chance, the alarm and the queue. In workerd ports.ts's values
// come from Env (see environment.ts); under the property test they come from a simulated world.

import type { RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import type { LogRef } from '../../domain/log/types.ts'
import type { OutboxRow } from '../../domain/outbox.ts'
import type { PendingStore } from '../../r2/pending-store.ts'
import type { Sql } from './sql.ts'

export interface LogPorts {
  log: LogRef
  sql: Sql
  /** The home region first. */
  regions: RegionLog[]
  pending: PendingStore
  now: () => number
  newId: () => string
  random: () => number
  after: (ms: number) => Promise<void>
  setAlarm: (atMs: number) => void
  send: (rows: OutboxRow[]) => Promise<void>
  report: (event: LogEvent) => void
  /** Notes for operators that a region has lost data; false where that could not be kept. A log that nobody watches has none. */
  noteLoss?: (region: string, sinceMs: number) => Promise<boolean>
  /** Told of each commit in the course of its command; a log that nobody traces has none. */
  tracing?: { decided(sequence: number): void }
  limits: LogLimits
}

export interface LogLimits {
  /** How long an answer waits for the record before R2 is asked. */
  answerDeadlineMs: number
  /** How long a signed request may still land after it was given up (SigV4: 15 minutes, and some skew). */
  repairAfterMs: number
  /** An outbox row without a receipt is sent again after this. */
  resendAfterMs: number
  /** First wait before the drain is tried again when no region answered; doubles up to a minute. */
  retryAfterMs: number
}

export const productionLimits: LogLimits = {
  answerDeadlineMs: 4_000,
  repairAfterMs: 16 * 60_000,
  resendAfterMs: 30_000,
  retryAfterMs: 1_000,
}

export type LogEvent =
  | { event: 'log/rehydrated'; incarnation: number; sequence: number; voided: number }
  | { event: 'log/rehydration_refused'; detail: string }
  | { event: 'log/superseded'; detail: string }
  | { event: 'log/region_trouble'; region: string; code: string; detail: string }
  | { event: 'log/region_synced'; region: string; filled: number; cursor: number }
  /** The region lacks items that it was seen to hold. */
  | { event: 'log/region_lost_data'; region: string }
  | { event: 'log/refilled'; filled: Record<string, number>; lost: Record<string, number>; conflicts: number }
  | { event: 'log/kept_at_edge'; from: number; to: number }
  | { event: 'log/edge_refused'; detail: string }
  | { event: 'log/send_failed'; detail: string }
  /** Something threw that should not: a bug, or storage that is going away. What was under way is tried again. */
  | { event: 'log/stumbled'; detail: string }
