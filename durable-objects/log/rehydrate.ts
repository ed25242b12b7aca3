// Opens a life of a log whose object holds nothing: a new log, or one whose storage was lost.
//
// Guarantees: a life's number is claimed in R2 before anything is decided in it, so no two lives share one; a lost log
// is refilled only from strong reads of every region together with pending/, and only when they make a gapless
// sequence. Otherwise `record/unavailable`: never a guess.
// The first life (number 1) needs no region: winning its claim proves that there was none before.

import { failure } from '../../domain/failures.ts'
import { foldLog } from '../../domain/log/fold.ts'
import type { Commit, PackedItem } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Entity } from './entity.ts'
import type { LogPorts } from './ports.ts'
import type { LogTables } from './tables.ts'

const missing = fail(failure('resource/not_found', 'There is no such entity.'))

/**
 * For an object whose storage is empty, and which is not to have any for being asked: ok where it is worth opening,
 * `resource/not_found` where there never was a life, `record/unavailable` where R2 does not say. Writes nothing anywhere.
 */
export async function everLived(ports: LogPorts): Promise<Result<void>> {
  const last = await ports.pending.lastLife(ports.log)
  if (!last.ok) return refuse(ports, `R2: ${last.error.detail}`)
  return last.value > 0 || (await anyFence(ports)) ? ok(undefined) : missing
}

/** Leaves the tables filled and `meta.incarnation` set, or untouched. */
export async function openLife<C, E>(ports: LogPorts, tables: LogTables, entity: Entity<C, E>, birth: boolean): Promise<Result<void>> {
  const last = await ports.pending.lastLife(ports.log)
  if (!last.ok) return refuse(ports, `R2: ${last.error.detail}`)
  if (last.value === 0 && birth) {
    const claimed = await ports.pending.claimLife(ports.log, 1)
    if (!claimed.ok) return refuse(ports, `R2: ${claimed.error.detail}`)
    if (claimed.value) {
      tables.setMeta('incarnation', 1)
      return ok(undefined)
    }
  }
  if (last.value === 0 && !birth && !(await anyFence(ports))) return missing
  return refill(ports, tables, entity, last.value, birth)
}

/**
 * R2 knows of no life, and every life claims its number there first: so there never was one, whichever region is down.
 * Regions that can be asked are asked all the same; one that shows a fence says that R2 has lost its memory.
 */
async function anyFence(ports: LogPorts): Promise<boolean> {
  const fences = await Promise.all(ports.regions.map((region) => region.readFence(ports.log)))
  return fences.some((fence) => fence.ok && fence.value !== null)
}

async function refill<C, E>(
  ports: LogPorts,
  tables: LogTables,
  entity: Entity<C, E>,
  lastLife: number,
  birth: boolean,
): Promise<Result<void>> {
  // pending/ first: what a region has confirmed since leaves it, and is then found in the regions.
  const pending = await ports.pending.read(ports.log)
  if (!pending.ok) return refuse(ports, `R2: ${pending.error.detail}`)
  const regions = await Promise.all(
    ports.regions.map(async (region) => ({ region: region.region, items: await region.readItems(ports.log) })),
  )
  const found: { region: string; items: PackedItem[] }[] = []
  for (const { region, items } of regions) {
    if (!items.ok) return refuse(ports, `${region}: ${items.error.code}`)
    found.push({ region, items: items.value })
  }
  const folded = foldLog([...found.flatMap(({ items }) => items), ...pending.value])
  if (!folded.ok) return refuse(ports, `${folded.error.code}: ${folded.error.detail}`)
  const { commits, head, voided } = folded.value
  if (commits.length === 0 && !birth) return missing

  const incarnation = await claimNext(ports, Math.max(lastLife, head.incarnation))
  if (!incarnation.ok) return incarnation
  ports.sql.transaction(() => {
    tables.clear()
    entity.clear()
    tables.setMeta('incarnation', incarnation.value)
    // What the life before had given up on may still land, and the note about it is lost with the rest.
    tables.setMeta('repair_at_ms', ports.now() + ports.limits.repairAfterMs)
    for (const commit of commits as Commit<C, E>[]) {
      tables.addCommit(commit, JSON.stringify(commit))
      entity.apply(commit)
    }
    const cover = coverWith(
      found.flatMap(({ items }) => items),
      commits,
    )
    for (const item of cover) tables.addItem(item.writer, item.from, item.to, item.digest)
    for (const { region, items } of found) tables.setCursor(region, reach(cover, items))
    // What a dead life left there beyond the end of the chain is no commit of this log, and says nothing of the next.
    const kept = Math.min(head.sequence, Math.max(0, ...pending.value.map(({ to }) => to)))
    if (kept > 0) {
      tables.setMeta('pending_through', kept)
      tables.setMeta('pending_tried', kept)
    }
    for (const { id, body } of entity.everything(head)) tables.enqueue(id, head.sequence, body ? JSON.stringify(body) : null)
  })
  ports.report({ event: 'log/rehydrated', incarnation: incarnation.value, sequence: head.sequence, voided })
  return ok(undefined)
}

/** Two objects cannot live at once, so a taken number means that the life before died between its claim and its first commit. */
async function claimNext(ports: LogPorts, last: number): Promise<Result<number>> {
  for (let incarnation = last + 1; incarnation <= last + 10; incarnation++) {
    const claimed = await ports.pending.claimLife(ports.log, incarnation)
    if (!claimed.ok) return refuse(ports, `R2: ${claimed.error.detail}`)
    if (claimed.value) return ok(incarnation)
  }
  return refuse(ports, 'ten lives in a row were taken')
}

/** Existing packings that lie on the chain in one unbroken row from the start; what they leave is packed anew. */
function coverWith(items: PackedItem[], commits: Commit[]): PackedItem[] {
  const fitting = items.filter(
    ({ from, to, body }) =>
      body ===
      `[${commits
        .slice(from - 1, to)
        .map((commit) => JSON.stringify(commit))
        .join(',')}]`,
  )
  const cover: PackedItem[] = []
  let next = 1
  for (;;) {
    const candidates = fitting.filter(({ from }) => from === next).sort((a, b) => b.to - a.to || a.writer - b.writer)
    const longest = candidates[0]
    if (!longest) return cover
    cover.push(longest)
    next = longest.to + 1
  }
}

/** How far a region's items hold the cover without a hole. */
function reach(cover: PackedItem[], items: PackedItem[]): number {
  const held = new Set(items.map(({ writer, from, digest }) => `${writer}#${from}#${digest}`))
  let through = 0
  for (const item of cover) {
    if (!held.has(`${item.writer}#${item.from}#${item.digest}`)) break
    through = item.to
  }
  return through
}

function refuse(ports: LogPorts, detail: string): { ok: false; error: ReturnType<typeof failure> } {
  ports.report({ event: 'log/rehydration_refused', detail })
  return fail(failure('record/unavailable', 'This record is being restored and cannot be served right now.', { retryAfterSeconds: 2 }))
}
