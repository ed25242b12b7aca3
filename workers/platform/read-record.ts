// One log as the regions hold it, for comparing: both copies, whether they are the same, and what they fold to.

import type { RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import { foldLog } from '../../domain/log/fold.ts'
import type { Commit, LogRef, PackedItem, Position } from '../../domain/log/types.ts'
import { origin } from '../../domain/log/types.ts'

export interface RecordedLog {
  commits: Commit[]
  head: Position
  /** What is wrong with the record itself, in words. */
  differences: string[]
  /** No region could be read, so nothing can be said of what the record has. */
  isUnread: boolean
}

export async function readRecord(regions: RegionLog[], log: LogRef): Promise<RecordedLog> {
  const differences: string[] = []
  const copies: { region: string; items: PackedItem[] }[] = []
  for (const { region, result } of await Promise.all(
    // Nobody waits for it as a command is waited for: it goes behind those.
    regions.map(async (one) => ({ region: one.region, result: await (one.background ?? one).readItems(log) })),
  )) {
    if (result.ok) copies.push({ region, items: result.value })
    else differences.push(`${region} cannot be read: ${result.error.code}`)
  }
  const [first, ...others] = copies
  for (const other of others) if (first) differences.push(...compareCopies(first, other))
  if (copies.length === 0) return { commits: [], head: origin, differences, isUnread: true }
  const folded = foldLog(copies.flatMap(({ items }) => items))
  if (!folded.ok)
    return { commits: [], head: origin, differences: [...differences, `${folded.error.code}: ${folded.error.detail}`], isUnread: false }
  return { commits: folded.value.commits, head: folded.value.head, differences, isUnread: false }
}

interface Copy {
  region: string
  items: PackedItem[]
}

function compareCopies(a: Copy, b: Copy): string[] {
  const keyed = ({ items }: Copy) => new Map(items.map((item) => [`item ${item.writer}#${item.from}-${item.to}`, item.digest]))
  const inA = keyed(a)
  const inB = keyed(b)
  const differences: string[] = []
  for (const name of new Set([...inA.keys(), ...inB.keys()])) {
    if (!inA.has(name)) differences.push(`${name} is missing in ${a.region}`)
    else if (!inB.has(name)) differences.push(`${name} is missing in ${b.region}`)
    else if (inA.get(name) !== inB.get(name)) differences.push(`${name} differs between ${a.region} and ${b.region}`)
  }
  return differences
}
