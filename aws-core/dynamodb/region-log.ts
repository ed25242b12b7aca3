// The port to one region's copy of the record, as a log's single writer needs it. dynamo-region-log.ts is the adapter.
// Every read is strongly consistent within its region; every answer says whether the outcome is known.

import type { LogRef, PackedItem, Position } from '../../domain/log/types.ts'
import type { Result } from '../../domain/result.ts'

/** `isOurs`: this isolate itself queued or stood still meanwhile, so it says nothing about the region. */
export type RegionFailure =
  /** Not reached, refused, throttled, or its breaker is open: nothing was written. `retryAfterMs`: when to ask again. */
  | { code: 'region/unavailable'; region: string; detail: string; retryAfterMs?: number; isOurs?: true }
  /** Not sent: too much of this isolate waits for the region already. Says nothing about the region. */
  | { code: 'region/overloaded'; region: string; detail: string; retryAfterMs: number }
  /** Sent, and no answer came (deadline, broken connection, 5xx): it may have landed, or may land yet. */
  | { code: 'region/unknown_outcome'; region: string; detail: string; isOurs?: true }
  /** The fence does not show `previous`. `fence` is what it shows, null where there is none. */
  | { code: 'region/fence_mismatch'; region: string; fence: Position | null }
  /** Another item with other bytes stands under this item's key. A bug or a second writer: never overwrite. */
  | { code: 'region/digest_mismatch'; region: string; detail: string }
  /** The region refuses the request itself (bad credentials, validation). Not retried blindly. */
  | { code: 'region/refused'; region: string; detail: string }

/** Where an item stands among the log's items, in key order. */
export type ItemPlace = { writer: number; from: number }
export type ItemKey = ItemPlace & { to: number; digest: string }

export interface LogLoad {
  /** Nothing is let through to it now, or its last call failed. */
  isAway: boolean
  /** A command that was decided now would wait this long before it is sent, ms. */
  waitMs: number
  /** That is too long: nothing new should be decided. */
  isFull: boolean
  /** A call made through this very port, for which somebody waits, stands in line now. */
  isQueued: boolean
}

export interface RegionLog {
  readonly region: string
  /** Log item and fence, both or neither. Success also when exactly this item already stands there and the fence is at or past it. */
  /** `expected` is what the fence must show: `item.previous` unless given. Null: there must be no fence. */
  append(log: LogRef, item: PackedItem, expected?: Position | null): Promise<Result<void, RegionFailure>>
  /** The log item alone, for a hole below the fence. Success also when exactly this item already stands there. */
  fill(log: LogRef, item: PackedItem): Promise<Result<void, RegionFailure>>
  readFence(log: LogRef): Promise<Result<Position | null, RegionFailure>>
  /** Keys of the log's items, in key order, without bodies; where they are given, only those behind `after`, up to and with `through`. */
  listItems(log: LogRef, after?: ItemPlace, through?: ItemPlace): Promise<Result<ItemKey[], RegionFailure>>
  readItems(log: LogRef, after?: ItemPlace, through?: ItemPlace): Promise<Result<PackedItem[], RegionFailure>>
  /** A cheap signed call; how long it took in ms. It goes past breaker and queue, and counts for neither. */
  ping(): Promise<Result<{ tookMs: number }, RegionFailure>>
  /** The same region for work that nobody waits for: behind what somebody waits for. Absent where there is no such difference. */
  readonly background?: RegionLog
  /** What was begun in the background through this port is waited for now: it moves to the line of such calls. */
  hurry?(): void
  /** How busy this isolate is with the region, for this log's tenant. Absent where nothing is counted. */
  load?(log: LogRef): LogLoad
}
