// Makes every region's copy of a log whole again from what the others and this object hold, while the log goes on being
// written. An operator asks for it after a region has lost data: until then this object believes what it knew of it.
//
//   for each page of keys, in key order, of what is confirmed:
//     K = our own packings, and the keys that each region holds
//     one key, two digests            -> a conflict: named, and never overwritten
//     a region lacks a key of K       -> filled, from our copy or from a region that has it
//   behind the last page, for each region:
//     its fence shows less than what was just found whole -> moved there, from exactly what was read
//     then the drain looks for itself: what is decided meanwhile is sent as ever
//
// Why it is safe beside the live writer, which is this object too:
// - items have one content for ever, so it does not matter who puts them first, or twice;
// - a fence is moved by the writer's own append, on condition that it still shows what was read, and never to a place
//   whose items were not all found or put there. Whoever moved it meanwhile wins, and the drain finds out;
// - only what some region had confirmed is filled from our copy: the rest is the drain's.
// Memory: one page of keys, one item's bytes.

import type { ItemKey, ItemPlace, RegionFailure, RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import { comparePositions, logPath } from '../../domain/log/position.ts'
import { origin, type PackedItem } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Drain } from './drain.ts'
import { ownPage } from './own-page.ts'
import type { LogPorts } from './ports.ts'
import type { LogTables } from './tables.ts'

/** Up to and with this item everything was compared, in this life of the object. */
export interface RefillPlace extends ItemPlace {
  life: number
  /** Copies differed on a page before: no fence is moved over that. */
  conflicted?: true
}

export interface RefilledPage {
  compared: number
  /** Items put, by region. */
  filled: Record<string, number>
  /** Of them, what the region was known to hold. */
  lost: Record<string, number>
  /** Items that differ between two copies, in words. */
  conflicts: string[]
  /** Null behind the last page. */
  next: RefillPlace | null
}

export interface RefillParts {
  ports: LogPorts
  tables: LogTables
  drain: Drain
}

/** Two regions may each lack all of a page, and an object has a thousand calls to make in an invocation. */
export const refillPageSize = 200

type Copy = { region: RegionLog; keys: Map<string, ItemKey> }

export async function refillPage(parts: RefillParts, from: RefillPlace | null, size = refillPageSize): Promise<Result<RefilledPage>> {
  const { ports, tables, drain } = parts
  const life = tables.meta('incarnation')
  const after = from?.life === life ? { writer: from.writer, from: from.from } : undefined
  const confirmed = drain.confirmed
  const { rows, through } = ownPage(tables, after, confirmed, size)
  const own = new Map(
    rows.map(({ writer, first, last, digest }): [string, ItemKey] => {
      const key = { writer, from: first, to: last, digest }
      return [nameOf(key), key]
    }),
  )
  const copies: Copy[] = []
  for (const region of inBackground(ports)) {
    const listed = await region.listItems(ports.log, after, through)
    if (!listed.ok) return unavailable(listed.error)
    copies.push({ region, keys: new Map(listed.value.map((key) => [nameOf(key), key])) })
  }
  const page: RefilledPage = { compared: 0, filled: {}, lost: {}, conflicts: [], next: null }
  for (const key of everyKey(own, copies)) {
    if (tables.meta('incarnation') !== life) return newLife()
    page.compared += 1
    const done = await refillItem(parts, key, own, copies, page)
    if (!done.ok) return done
  }
  if (tables.meta('incarnation') !== life) return newLife()
  const conflicted = page.conflicts.length > 0 || (after !== undefined && from?.conflicted === true)
  if (through) page.next = { life, ...through, ...(conflicted && { conflicted }) }
  else if (!conflicted) {
    const brought = await bringFences(parts, confirmed)
    if (!brought.ok) return brought
  }
  const filled = Object.values(page.filled).reduce((sum, one) => sum + one, 0)
  if (filled > 0 || page.conflicts.length > 0)
    ports.report({ event: 'log/refilled', filled: page.filled, lost: page.lost, conflicts: page.conflicts.length })
  return ok(page)
}

function everyKey(own: Map<string, ItemKey>, copies: Copy[]): ItemKey[] {
  const every = new Map([...copies.flatMap(({ keys }) => [...keys]), ...own])
  return [...every.values()].sort((a, b) => a.writer - b.writer || a.from - b.from)
}

async function refillItem(parts: RefillParts, key: ItemKey, own: Map<string, ItemKey>, copies: Copy[], page: RefilledPage) {
  const { ports, tables } = parts
  const name = nameOf(key)
  const holders = copies.filter(({ keys }) => keys.has(name))
  const digests = new Set(holders.map(({ keys }) => keys.get(name)?.digest))
  if (own.has(name)) digests.add(own.get(name)?.digest)
  if (digests.size > 1) {
    page.conflicts.push(`${logPath(ports.log)}: item ${name} is not the same everywhere`)
    return ok(undefined)
  }
  let item: PackedItem | null = null
  for (const { region, keys } of copies) {
    if (keys.has(name)) continue
    if (!item) {
      const read = await readItem(parts, key, own.has(name), holders)
      if (!read.ok) return unavailable(read.error)
      item = read.value
    }
    // Only where the item went away between the list and the read: the next run finds out.
    if (!item) return fail(failure('record/unavailable', `Item ${name} was listed and cannot be read.`))
    // Said before it is put: the cursor may move meanwhile.
    if (own.has(name) && key.to <= tables.cursor(region.region)) add(page.lost, region.region)
    const filled = await region.fill(ports.log, item)
    if (filled.ok) add(page.filled, region.region)
    else if (filled.error.code === 'region/digest_mismatch')
      page.conflicts.push(`${logPath(ports.log)}: item ${name} is not the same everywhere`)
    else return unavailable(filled.error)
  }
  return ok(undefined)
}

/** From our own storage where it is ours, else from a region that has it: what a dead life left is in no object. */
async function readItem({ ports, tables }: RefillParts, key: ItemKey, isOwn: boolean, holders: Copy[]) {
  const item = isOwn ? tables.item(key.from) : null
  if (item?.digest === key.digest) return ok(item)
  const holder = holders[0]
  if (!holder) return ok(null)
  const read = await holder.region.readItems(ports.log, { writer: key.writer, from: key.from - 1 }, key)
  if (!read.ok) return read
  return ok(read.value.find((one) => nameOf(one) === nameOf(key)) ?? null)
}

/** Every item up to `confirmed` was found or put in every region. */
async function bringFences(parts: RefillParts, confirmed: number): Promise<Result<void>> {
  const brought = await bringEach(parts, confirmed)
  // Repairs were planned over an alarm that may be nearer and is not known here: it fires now, and plans what is left.
  parts.drain.wake()
  return brought
}

async function bringEach({ ports, tables, drain }: RefillParts, confirmed: number): Promise<Result<void>> {
  const life = tables.meta('incarnation')
  const last = tables.lastBorder(confirmed)
  for (const region of inBackground(ports)) {
    if (last) {
      const fence = await region.readFence(ports.log)
      if (!fence.ok) return unavailable(fence.error)
      if (tables.meta('incarnation') !== life) return newLife()
      // What the region was known to hold it holds again; where more was known since, that stands.
      tables.setCursor(region.region, Math.max(tables.cursor(region.region), last.last))
      const item = tables.item(last.first)
      if (item && comparePositions(fence.value ?? origin, item.head) < 0) {
        const moved = await region.append(ports.log, item, fence.value)
        // Its copy may reach the other region behind a newer fence: both are looked at once more.
        drain.agenda.repairLater()
        if (!moved.ok && moved.error.code !== 'region/fence_mismatch') return unavailable(moved.error)
      }
    }
    if (tables.meta('incarnation') !== life || !(await drain.bring(region))) return notBrought(region, drain)
  }
  return ok(undefined)
}

const nameOf = ({ writer, from }: ItemPlace) => `${writer}#${from}`
const add = (counts: Record<string, number>, name: string) => {
  counts[name] = (counts[name] ?? 0) + 1
}

const again = (detail: string): { ok: false; error: Failure } => fail(failure('record/unavailable', detail, { retryAfterSeconds: 1 }))
const unavailable = (error: RegionFailure) => again(`${error.region}: ${error.code}`)
const newLife = () => again('The log began a new life meanwhile.')
const notBrought = (region: RegionLog, drain: Drain) =>
  drain.superseded ? newLife() : again(`${region.region} did not take what waits for it.`)

/** Nobody waits for a refill as a command is waited for: it goes behind those. */
const inBackground = ({ regions }: Pick<LogPorts, 'regions'>): RegionLog[] => regions.map((region) => region.background ?? region)
