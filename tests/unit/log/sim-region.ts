// One region of a simulated global table, with the schedule in the test's hands: what is down, whose reply is lost,
// which write lands late, in which order copies travel. Conditions hold in the region that takes the call; copies win
// by stamp, item by item, like the real thing.

import type { ItemPlace, RegionFailure, RegionLog } from '../../../aws-core/dynamodb/region-log.ts'
import { samePosition } from '../../../domain/log/position.ts'
import { type LogRef, origin, type PackedItem, type Position } from '../../../domain/log/types.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'

type Fault = 'reply_lost' | 'lands_late' | 'never_lands' | 'twice'
type Cell = { stamp: number; item?: PackedItem; fence?: Position }
type Copy = { key: string; cell: Cell }

export class SimRegion implements RegionLog {
  readonly region: string
  state: 'up' | 'down' | 'frozen' = 'up'
  /** Faults for the next appends, first one first. */
  readonly faults: Fault[] = []
  readonly #cells = new Map<string, Cell>()
  readonly #late: (() => void)[] = []
  readonly #unsent: Copy[] = []
  readonly #stamp: () => number
  other: SimRegion | undefined
  /** Stands in the way of every append until it settles: what decides meanwhile is the test's to say. */
  holding: Promise<void> | undefined

  constructor(region: string, stamp: () => number) {
    this.region = region
    this.#stamp = stamp
  }

  async append(_log: LogRef, item: PackedItem, expected: Position | null = item.previous): Promise<Result<void, RegionFailure>> {
    await (this.holding ?? Promise.resolve())
    if (this.state === 'down') return this.#unavailable()
    const fault = this.faults.shift()
    if (this.state === 'frozen' || fault === 'lands_late') {
      // A frozen region drops what hangs in it; a slow one lands it when the test says so.
      if (this.state !== 'frozen') this.#late.push(() => this.#transact(item, expected))
      return this.#unknown('deadline')
    }
    if (fault === 'never_lands') return this.#unknown('connection lost')
    const outcome = this.#transact(item, expected)
    if (fault === 'twice') this.#transact(item, expected)
    return fault === 'reply_lost' ? this.#unknown('connection lost') : outcome
  }

  async fill(_log: LogRef, item: PackedItem): Promise<Result<void, RegionFailure>> {
    await Promise.resolve()
    if (this.state !== 'up') return this.#unavailable()
    const standing = this.#cells.get(itemKey(item))?.item
    if (standing && standing.digest !== item.digest)
      return fail({ code: 'region/digest_mismatch', region: this.region, detail: itemKey(item) })
    this.#write(itemKey(item), { item })
    return ok(undefined)
  }

  async readFence(): Promise<Result<Position | null, RegionFailure>> {
    await Promise.resolve()
    return this.state === 'up' ? ok(this.fence()) : this.#unavailable()
  }

  async listItems(log: LogRef, after?: ItemPlace, through?: ItemPlace) {
    const items = await this.readItems(log, after, through)
    return items.ok ? ok(items.value.map(({ writer, from, to, digest }) => ({ writer, from, to, digest }))) : items
  }

  async readItems(_log: LogRef, after?: ItemPlace, through?: ItemPlace): Promise<Result<PackedItem[], RegionFailure>> {
    await Promise.resolve()
    if (this.state !== 'up') return this.#unavailable()
    return ok(this.items().filter((item) => (!after || order(item, after) > 0) && (!through || order(item, through) <= 0)))
  }

  async ping(): Promise<Result<{ tookMs: number }, RegionFailure>> {
    return this.state === 'up' ? ok({ tookMs: 0 }) : this.#unavailable()
  }

  fence = (): Position | null => this.#cells.get('FENCE')?.fence ?? null
  items = (): PackedItem[] =>
    [...this.#cells.values()].flatMap(({ item }) => (item ? [item] : [])).sort((a, b) => a.writer - b.writer || a.from - b.from)
  unsent = (): number => this.#unsent.length
  late = (): number => this.#late.length

  /** What the region holds now; the answer sets it back to that. Stamps go back too, and what was to be sent is forgotten. */
  copy(): () => void {
    const cells = new Map(this.#cells)
    return () => {
      this.#cells.clear()
      for (const [key, cell] of cells) this.#cells.set(key, cell)
      this.#unsent.length = 0
    }
  }

  /** Every item for which `isLost`, and the fence too where nothing is said. */
  lose(isLost?: (item: PackedItem) => boolean): void {
    for (const [key, { item }] of this.#cells) if (item ? (isLost?.(item) ?? true) : !isLost) this.#cells.delete(key)
    this.#unsent.length = 0
  }

  /** Other bytes under an item's key: what a refill must never do. */
  forge(from: number, digest: string): void {
    for (const cell of this.#cells.values()) if (cell.item?.from === from) cell.item = { ...cell.item, digest }
  }

  /** The write that was given up lands now, if its conditions still hold. */
  landLate(): void {
    this.#late.shift()?.()
  }

  /** Sends the copy at `index` (modulo what waits): any order. Nothing travels from or to a region that is not up. */
  sendCopy(index: number): void {
    if (this.#unsent.length === 0 || this.state !== 'up' || this.other?.state !== 'up') return
    const [copy] = this.#unsent.splice(index % this.#unsent.length, 1)
    if (copy) this.other.#receive(copy)
  }

  #receive({ key, cell }: Copy): void {
    if ((this.#cells.get(key)?.stamp ?? -1) < cell.stamp) this.#cells.set(key, cell)
  }

  #transact(item: PackedItem, expected: Position | null): Result<void, RegionFailure> {
    const standing = this.#cells.get(itemKey(item))?.item
    if (standing && standing.digest !== item.digest)
      return fail({ code: 'region/digest_mismatch', region: this.region, detail: itemKey(item) })
    const fence = this.fence()
    const matches = samePosition(fence ?? origin, expected ?? origin)
    if (!matches) {
      const past =
        fence &&
        (fence.incarnation > item.head.incarnation || (fence.incarnation === item.head.incarnation && fence.sequence >= item.head.sequence))
      return past && standing ? ok(undefined) : fail({ code: 'region/fence_mismatch', region: this.region, fence })
    }
    this.#write(itemKey(item), { item })
    this.#write('FENCE', { fence: item.head })
    return ok(undefined)
  }

  #write(key: string, value: { item?: PackedItem; fence?: Position }): void {
    const cell = { stamp: this.#stamp(), ...value }
    this.#cells.set(key, cell)
    this.#unsent.push({ key, cell })
  }

  #unavailable = () => fail({ code: 'region/unavailable' as const, region: this.region, detail: this.state })
  #unknown = (detail: string) => fail({ code: 'region/unknown_outcome' as const, region: this.region, detail })
}

const order = (a: ItemPlace, b: ItemPlace) => a.writer - b.writer || a.from - b.from
const itemKey = (item: PackedItem) => `${item.writer}#${item.from}`
