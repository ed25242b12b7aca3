// The port to one region's copy of the record, as a log's single writer needs it. dynamo-region-log.ts is the adapter.
// Every read is strongly consistent within its region; every answer says whether the outcome is known.

import type { LogRef, PackedItem, Position } from '../../domain/log/types.ts'
import type { Result } from '../../domain/result.ts'

export type RegionFailure =
  /** Not reached, refused, throttled, or its breaker is open: nothing was written. */
  | { code: 'region/unavailable'; region: string; detail: string }
  /** Sent, and no answer came (deadline, broken connection, 5xx): it may have landed, or may land yet. */
  | { code: 'region/unknown_outcome'; region: string; detail: string }
  /** The fence does not show `previous`. `fence` is what it shows, null where there is none. */
  | { code: 'region/fence_mismatch'; region: string; fence: Position | null }
  /** Another item with other bytes stands under this item's key. A bug or a second writer: never overwrite. */
  | { code: 'region/digest_mismatch'; region: string; detail: string }
  /** The region refuses the request itself (bad credentials, validation). Not retried blindly. */
  | { code: 'region/refused'; region: string; detail: string }

export type ItemKey = { writer: number; from: number; to: number; digest: string }

export interface RegionLog {
  readonly region: string
  /** Log item and fence, both or neither. Success also when exactly this item already stands there and the fence is at or past it. */
  /** `expected` is what the fence must show: `item.previous` unless given. Null: there must be no fence. */
  append(log: LogRef, item: PackedItem, expected?: Position | null): Promise<Result<void, RegionFailure>>
  /** The log item alone, for a hole below the fence. Success also when exactly this item already stands there. */
  fill(log: LogRef, item: PackedItem): Promise<Result<void, RegionFailure>>
  readFence(log: LogRef): Promise<Result<Position | null, RegionFailure>>
  /** Keys of the log's items, in key order, without bodies; only those behind `after` when it is given. */
  listItems(log: LogRef, after?: { writer: number; from: number }): Promise<Result<ItemKey[], RegionFailure>>
  readItems(log: LogRef): Promise<Result<PackedItem[], RegionFailure>>
  /** A cheap signed call; how long it took in ms. */
  ping(): Promise<Result<{ tookMs: number }, RegionFailure>>
}
