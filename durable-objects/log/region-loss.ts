// How an object notices that a region has lost data, and tells of it.
//
// A cursor is only ever moved over items that the region was seen to hold, and nothing in a log is ever deleted. A fence
// may go back (a late write can win the replication), an item cannot: one that is not there any more is lost.
//
// The notice is a mark in the object's own storage first. The alarm carries it to R2, again until R2 has taken it: this
// object will not see the loss a second time, since its cursor tells the truth from now on.

import type { RegionFailure, RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import type { LogRef } from '../../domain/log/types.ts'
import { ok, type Result } from '../../domain/result.ts'
import type { Agenda } from './agenda.ts'
import type { LogPorts } from './ports.ts'
import type { LogTables } from './tables.ts'

/** So many packings behind the fence are looked at: enough to tell, and one page of keys. */
const lookedAt = 100

/** True where the region lacks one of the packings behind `shown` that its cursor says it holds. */
export async function hasLost(log: LogRef, region: RegionLog, tables: LogTables, shown: number): Promise<Result<boolean, RegionFailure>> {
  const known = tables.bordersBetween(shown, tables.cursor(region.region), lookedAt)
  const inKeyOrder = [...known].sort((a, b) => a.writer - b.writer || a.first - b.first)
  const [first, last] = [inKeyOrder[0], inKeyOrder.at(-1)]
  if (!first || !last) return ok(false)
  const behind = { writer: first.writer, from: first.first - 1 }
  const listed = await region.listItems(log, behind, { writer: last.writer, from: last.first })
  if (!listed.ok) return listed
  const there = new Set(listed.value.map(({ writer, from }) => `${writer}#${from}`))
  return ok(known.some(({ writer, first }) => !there.has(`${writer}#${first}`)))
}

export function markLoss(ports: LogPorts, tables: LogTables, agenda: Agenda, region: string): void {
  tables.setMeta(`lost:${region}`, ports.now())
  agenda.wakeBy(ports.now())
  ports.report({ event: 'log/region_lost_data', region })
}

export async function tellLosses(ports: LogPorts, tables: LogTables, agenda: Agenda): Promise<void> {
  for (const { region } of ports.regions) {
    const sinceMs = tables.meta(`lost:${region}`)
    if (sinceMs === 0) continue
    const told = (await ports.noteLoss?.(region, sinceMs)) ?? true
    if (!told) agenda.wakeBy(ports.now() + ports.limits.resendAfterMs)
    else if (tables.meta(`lost:${region}`) === sinceMs) tables.setMeta(`lost:${region}`, 0)
  }
}
