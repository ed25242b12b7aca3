// Finds out where a region's copy of a log stands, and fills the holes below its fence.
//
//   F = the fence, read strongly;   P = keys of the items behind the cursor
//   F beyond our last commit               -> superseded: stop, and read the record anew
//   F on our chain                         -> base = the last packing border at or before F
//   F off our chain (a dead life's write)  -> base = the last border up to which P has everything
//   packings up to base that P lacks       -> filled: a replica may show a fence before its commits
//   the cursor becomes base; sending goes on from there, and its first append expects F
//
// The fence can go back: a late write of an old fence wins the replication when its stamp is newer. Then base is behind
// the cursor and packings that are there are sent again: the same bytes, so nothing changes but the fence. Where they are
// not there any more, the region has lost data (region-loss.ts): what lies behind its fence is sent, holes below it are
// filled by a refill (refill-regions.ts).

import type { RegionFailure, RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import { comparePositions, samePosition } from '../../domain/log/position.ts'
import { type LogRef, origin, type Position } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { hasLost } from './region-loss.ts'
import type { LogTables } from './tables.ts'

/** What the region's fence shows (null: none), where that is not the head of the packing at the cursor. */
export interface Standing {
  fence: Position | null
}

export type SyncFailure = RegionFailure | { code: 'region/superseded'; region: string; fence: Position }

export async function syncRegion(
  log: LogRef,
  region: RegionLog,
  tables: LogTables,
): Promise<Result<{ cursor: number; filled: number; standing: Standing | null; lost: boolean }, SyncFailure>> {
  const fence = await region.readFence(log)
  if (!fence.ok) return fence
  if (fence.value && isBeyond(fence.value, tables)) {
    return fail({ code: 'region/superseded', region: region.region, fence: fence.value })
  }
  const cursor = tables.cursor(region.region)
  const known = tables.borderAt(cursor)
  const listed = await region.listItems(log, known && { writer: known.writer, from: known.first })
  if (!listed.ok) return listed
  const present = new Set(listed.value.map(({ writer, from, digest }) => `${writer}#${from}#${digest}`))
  const ahead = tables.bordersAfter(cursor)
  const isPresent = (border: { writer: number; first: number; digest: string }) =>
    present.has(`${border.writer}#${border.first}#${border.digest}`)

  const shown = fence.value ?? origin
  let base = baseFor(shown, tables)
  if (base === null) {
    // Off our chain. The last packing of all is sent once more, so that the fence is moved even when nothing is missing.
    const firstMissing = ahead.find((border) => !isPresent(border)) ?? ahead.at(-1) ?? known
    base = firstMissing ? firstMissing.first - 1 : 0
  }
  const lost = base < cursor ? await hasLost(log, region, tables, base) : ok(false)
  if (!lost.ok) return lost
  let filled = 0
  for (const border of ahead) {
    if (border.last > base || isPresent(border)) continue
    const item = tables.item(border.first)
    if (!item) continue
    const put = await region.fill(log, item)
    if (!put.ok) return put
    filled += 1
  }
  const standing = samePosition(tables.positionAt(base), shown) ? null : { fence: fence.value }
  return ok({ cursor: base, filled, standing, lost: lost.value })
}

/**
 * Beyond our last commit, in the order in which a log is read: written by a later life, or by this one before its storage
 * was set back, where going on would be a second history; or by a dead one, late, where whoever reads the record finds
 * it on the chain. (A single commit of our own outweighs every dead life's: then it is only off the chain.)
 */
function isBeyond(fence: Position, tables: LogTables): boolean {
  return comparePositions(fence, tables.positionAt(tables.lastSequence())) > 0
}

/** The last packing border at or before a fence that is on our chain; null for one that is not. */
function baseFor(shown: Position, tables: LogTables): number | null {
  if (shown.sequence === 0) return 0
  if (shown.sequence > tables.lastSequence() || !samePosition(tables.positionAt(shown.sequence), shown)) return null
  const next = tables.itemAfter(shown.sequence)
  if (next) return next.from - 1
  return tables.lastPacked()
}
