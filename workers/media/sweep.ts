// The sweep of one workspace's media, a page at a time:
//
//   chores     purge what was deleted long ago;  look at the blobs that nothing names any more
//   blobs      look at everything that is old in the bucket: what an upload left behind is known to nobody
//   variants   the same, of what was made of blobs: a transformation may have ended after its image was deleted
//   uploads    delete what came of uploads that nobody can go on with
//
// Guarantees: bytes are only ever deleted after the workspace has decided that no media names them, and never will, and
// the record has it (the row `blob-delete`). A look marks an orphan; only a look a day later finds it due. An object
// younger than a day is not looked at: its upload may be under way. Whatever is done twice is done once.

import type { Trail } from '../../domain/identity.ts'
import { digestOf } from '../../domain/log/fold.ts'
import { type MediaCommand, orphanGraceMs, retentionMs } from '../../domain/media/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { CommandReply, CommandRequest } from '../../durable-objects/log/rpc.ts'
import type { StoredObject } from '../../r2/blob-store.ts'
import { blobIdIn, blobsPrefix, uploadsPrefix, workspaceVariantsPrefix } from '../../r2/keys.ts'
import type { Services } from '../services.ts'

export interface Swept {
  /** Media that are gone for good. */
  purged: number
  /** Blobs that were looked at and found unnamed. */
  orphans: number
  /** Blobs whose bytes are deleted now. */
  released: number
  /** What came of uploads that were given up. */
  leftovers: number
  /** Where to go on; null: the sweep is through. */
  next: string | null
}

type Counts = Omit<Swept, 'next'>

const nothing: Counts = { purged: 0, orphans: 0, released: 0, leftovers: 0 }
const choresRounds = 5
const releasedAtOnce = 200
/** A repeat of a page within this time finds its commands decided. */
const claimMs = 5 * 60_000

const stages = ['blobs', 'variants', 'uploads'] as const
type Stage = (typeof stages)[number]

const prefixOf: Record<Stage, (workspaceId: string) => string> = {
  blobs: blobsPrefix,
  variants: workspaceVariantsPrefix,
  uploads: uploadsPrefix,
}

/** By the platform itself. */
export const sweepTrail = (requestId: string): Trail => ({ subject: 'workspace', platform: 'system', requestId, operation: 'media/sweep' })

/** `from` is the `next` of the page before, null to begin. Errors: those of the workspace; throws what R2 throws. */
export async function sweepMedia(services: Services, workspaceId: string, from: string | null, trail: Trail): Promise<Result<Swept>> {
  const sweep = { services, workspaceId, trail }
  if (from === null || from === 'chores') {
    const done = await doChores(sweep)
    return done.ok ? ok({ ...done.value.counts, next: done.value.isThrough ? 'blobs' : 'chores' }) : done
  }
  const stage = stages.find((one) => from === one || from.startsWith(`${one}:`))
  if (!stage) throw new Error('no stage of a sweep')
  const page = await services.blobs.list(prefixOf[stage](workspaceId), from === stage ? undefined : from.slice(stage.length + 1))
  const counts = stage === 'uploads' ? await deleteLeftovers(sweep, page.objects) : await lookAt(sweep, page.objects)
  if (!counts.ok) return counts
  return ok({ ...counts.value, next: page.cursor === undefined ? (stages[stages.indexOf(stage) + 1] ?? null) : `${stage}:${page.cursor}` })
}

interface Sweep {
  services: Services
  workspaceId: string
  trail: Trail
}

async function doChores(sweep: Sweep): Promise<Result<{ counts: Counts; isThrough: boolean }>> {
  const { services, workspaceId } = sweep
  let counts = nothing
  for (let round = 0; round < choresRounds; round++) {
    const nowMs = services.now()
    const chores = await services.workspace(workspaceId).mediaChores(workspaceId, nowMs)
    if (!chores.ok) return chores
    const { expired, unnamed } = chores.value
    // A command each, so that each has its own record in the audit trail.
    const purged = await decide(
      sweep,
      expired.map((mediaId) => ({ kind: 'media.purge', mediaIds: [mediaId] })),
    )
    if (!purged.ok) return purged
    const looked = await look(sweep, unnamed, nowMs)
    if (!looked.ok) return looked
    const done = { ...looked.value, purged: purged.value.length }
    counts = sum(counts, done)
    // What has moved nothing would move nothing again: the workspace's clock may be behind, or somebody was faster.
    if (done.purged + done.orphans + done.released === 0) return ok({ counts, isThrough: true })
  }
  return ok({ counts, isThrough: false })
}

/** Objects of blobs, or of their variants. */
function lookAt(sweep: Sweep, objects: StoredObject[]): Promise<Result<Counts>> {
  const nowMs = sweep.services.now()
  const ids = objects
    .filter(({ uploadedAtMs }) => uploadedAtMs + orphanGraceMs <= nowMs)
    .map(({ key }) => blobIdIn(sweep.workspaceId, key))
    .filter((blobId) => blobId !== null)
  return look(sweep, [...new Set(ids)], nowMs)
}

async function look(sweep: Sweep, blobIds: string[], nowMs: number): Promise<Result<Counts>> {
  if (blobIds.length === 0) return ok(nothing)
  const { services, workspaceId } = sweep
  const standings = await services.workspace(workspaceId).lookAtBlobs(workspaceId, blobIds, nowMs)
  if (!standings.ok) return standings
  const due = blobIds.filter((_, i) => standings.value[i] === 'due')
  const commands: MediaCommand[] = []
  for (let i = 0; i < due.length; i += releasedAtOnce) commands.push({ kind: 'blob.release', blobIds: due.slice(i, i + releasedAtOnce) })
  const released = await decide(sweep, commands)
  if (!released.ok) return released
  const orphans = standings.value.filter((standing) => standing !== 'named').length
  return ok({ ...nothing, orphans, released: released.value.length })
}

/** Nobody can go on with an upload that nothing came of for so long, whatever became of its object. */
async function deleteLeftovers({ services }: Sweep, objects: StoredObject[]): Promise<Result<Counts>> {
  const old = objects.filter(({ uploadedAtMs }) => uploadedAtMs + retentionMs <= services.now()).map(({ key }) => key)
  if (old.length > 0) await services.blobs.delete(old)
  return ok({ ...nothing, leftovers: old.length })
}

/** The ids that the commands purged or released. */
export async function decide({ services, workspaceId, trail }: Sweep, commands: MediaCommand[]): Promise<Result<string[]>> {
  if (commands.length === 0) return ok([])
  const requests = commands.map((command) => sweepRequest(command, trail, services.now()))
  const replies = await services.workspace(workspaceId).execute(workspaceId, requests)
  const done: string[] = []
  for (const reply of replies) {
    if (!reply.ok) return fail(reply.error)
    done.push(...idsIn(reply))
  }
  return ok(done)
}

function sweepRequest(command: MediaCommand, trail: Trail, nowMs: number): CommandRequest<MediaCommand> {
  const fingerprint = digestOf(JSON.stringify(command))
  return { command, trail, idempotency: { key: `media/sweep:${fingerprint}`, fingerprint, expiresAtMs: nowMs + claimMs, derived: true } }
}

function idsIn({ answer }: Extract<CommandReply, { ok: true }>): string[] {
  const { purged, released } = answer.body as { purged?: string[]; released?: string[] }
  return purged ?? released ?? []
}

const sum = (a: Counts, b: Counts): Counts => ({
  purged: a.purged + b.purged,
  orphans: a.orphans + b.orphans,
  released: a.released + b.released,
  leftovers: a.leftovers + b.leftovers,
})
