// What becomes of one upload: pure, every function from what is kept to what is to be kept (the same value where nothing
// changed).
//
// Guarantees: a blob is written down before its bytes are, and stays written down until it is known to be gone or named; of
// what is checked the first stays, so however often an upload is finished, one command makes one media; bytes that a command
// may name are never given up by an abort; nothing comes to an upload that is over. One that was never begun keeps nothing.
// Trade-off: whoever has the URL can use its tries up.

import { failure } from '../../domain/failures.ts'
import type { UploadGrant } from '../../domain/media/grant.ts'
import type { StoredMedia } from '../../domain/media/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { CheckedBytes, Multipart, PartAttempt, ReceivedPart, UploadMode, UploadState } from './rpc.ts'
import { isOver, type Kept, type KeptUpload, leavesNothing, over, partsLiveMs } from './upload-life.ts'

export const singlePutTries = 20

interface Step<T = UploadState> {
  kept: Kept
  result: Result<T>
}

export function openUpload(kept: Kept, asked: { grant: UploadGrant; mode: UploadMode; multipart: Multipart | null }, nowMs: number): Step {
  const { grant, mode, multipart } = asked
  if (kept !== null) return mode === 'single' || kept.mode !== mode ? admitUpload(kept, mode, nowMs) : readUpload(kept, nowMs)
  if (nowMs >= grant.expiresAtMs) return refused(kept, failure('auth/expired_token', 'This upload URL has expired.'))
  const begun: KeptUpload = {
    grant,
    mode,
    status: 'open',
    multipart,
    parts: [],
    offset: 0,
    hasTail: false,
    checked: null,
    expiresAtMs: mode === 'single' ? grant.expiresAtMs : nowMs + partsLiveMs,
    media: null,
    blobIds: multipart ? [multipart.blobId] : [],
    tries: 1,
    writing: {},
    touchedAtMs: nowMs,
    overAtMs: null,
    sweeps: 0,
    isSwept: false,
  }
  return { kept: begun, result: ok(shown(begun)) }
}

export function admitUpload(kept: Kept, mode: UploadMode, nowMs: number): Step {
  if (kept === null) return refused(kept, neverBegun)
  if (kept.mode !== mode) return refused(kept, failure('resource/conflict', `This upload was begun as ${named[kept.mode]}.`))
  const read = readUpload(kept, nowMs)
  // What is checked need not come again: its media is made, or is to be made.
  if (!read.result.ok || kept.status === 'done' || kept.status === 'checked') return read
  if (nowMs >= kept.expiresAtMs) return refused(kept, failure('auth/expired_token', 'This upload URL has expired.'))
  if (kept.tries >= mostTries(kept))
    return refused(kept, failure('rate_limit/exceeded', 'Too much was sent to this upload URL.', { retryAfterSeconds: 3600 }))
  return changed({ ...kept, tries: kept.tries + 1, touchedAtMs: nowMs })
}

export function readUpload(kept: Kept, nowMs: number): Step {
  if (kept === null) return refused(kept, neverBegun)
  return isOver(kept, nowMs) && kept.status !== 'done' ? refused(kept, gone) : { kept, result: ok(shown(kept)) }
}

const named: Record<UploadMode, string> = { single: 'a single PUT', multipart: 'a multipart upload', tus: 'a tus upload' }

/** Every part may be sent ten times, and a phone may send little at a time. */
const mostTries = ({ mode, grant: { size }, multipart }: KeptUpload): number => {
  if (mode === 'single' || !multipart) return singlePutTries
  if (mode === 'multipart') return 100 + 10 * Math.ceil(size / multipart.partSize)
  return 1000 + Math.ceil(size / (16 * 1024))
}

/** `kept` where more may still come to it. */
function live(kept: Kept, nowMs: number): Result<KeptUpload> {
  if (kept === null) return fail(neverBegun)
  return isOver(kept, nowMs) ? fail(gone) : ok(kept)
}

export function noteBlob(kept: Kept, blobId: string, nowMs: number): Step<void> {
  const found = live(kept, nowMs)
  if (!found.ok) return { kept, result: found }
  const blobIds = [...found.value.blobIds.filter((other) => other !== blobId), blobId]
  return { kept: { ...found.value, blobIds, touchedAtMs: nowMs }, result: ok(undefined) }
}

export function forgetBlob(kept: Kept, blobId: string, nowMs: number): Kept {
  if (kept === null) return null
  const left: KeptUpload = { ...kept, blobIds: kept.blobIds.filter((other) => other !== blobId) }
  if (kept.overAtMs !== null) return leavesNothing(left) ? { ...left, isSwept: true } : left
  const isMadeOf = kept.checked?.blobId === blobId || kept.multipart?.blobId === blobId
  if (!isMadeOf) return left
  return left.multipart ? over({ ...left, status: 'ended', checked: null }, nowMs) : { ...left, status: 'open', checked: null }
}

/** What R2 had of this part may be other bytes from now on, whether anybody hears of it or not: it is missing until it is noted. */
export function beginPart(kept: Kept, { partNumber, attempt }: PartAttempt, nowMs: number): Step {
  const found = open(kept, nowMs)
  if (!found.ok) return { kept, result: found }
  const { parts, writing } = found.value
  const others = parts.filter((part) => part.partNumber !== partNumber)
  return changed({ ...found.value, parts: others, writing: { ...writing, [partNumber]: attempt }, touchedAtMs: nowMs })
}

/** Of two attempts at once nobody knows whose bytes R2 has: once the older has ended, neither counts. */
export function notePart(kept: Kept, part: ReceivedPart, attempt: string, nowMs: number): Step {
  const found = open(kept, nowMs)
  if (!found.ok) return { kept, result: found }
  const { [part.partNumber]: latest, ...writing } = found.value.writing
  const others = found.value.parts.filter(({ partNumber }) => partNumber !== part.partNumber)
  if (latest !== attempt) return { kept: { ...found.value, parts: others, writing, touchedAtMs: nowMs }, result: fail(sentTwice) }
  return changed({ ...found.value, parts: withParts(others, [part]), writing, touchedAtMs: nowMs })
}

/** `live`, with parts still to come. */
function open(kept: Kept, nowMs: number): Result<KeptUpload> {
  const found = live(kept, nowMs)
  return found.ok && found.value.status !== 'open' ? fail(together) : found
}

const together = failure('resource/conflict', 'The parts of this upload are put together already.')
const sentTwice = failure('resource/conflict', 'This part was sent twice at once. Send it again.')

export function advance(
  kept: Kept,
  { from, to, parts, hasTail }: { from: number; to: number; parts: ReceivedPart[]; hasTail: boolean },
  nowMs: number,
): { kept: Kept; isAdvanced: boolean } {
  const found = live(kept, nowMs)
  if (!found.ok || found.value.status !== 'open' || found.value.offset !== from) return { kept, isAdvanced: false }
  const next: KeptUpload = { ...found.value, offset: to, parts: withParts(found.value.parts, parts), hasTail, touchedAtMs: nowMs }
  return { kept: next, isAdvanced: true }
}

/** A part that is sent again takes the place of the one before. */
function withParts(parts: ReceivedPart[], more: ReceivedPart[]): ReceivedPart[] {
  const all = new Map([...parts, ...more].map((part) => [part.partNumber, part]))
  return [...all.values()].sort((a, b) => a.partNumber - b.partNumber)
}

export function markAssembled(kept: Kept, nowMs: number): Step {
  const found = live(kept, nowMs)
  if (!found.ok) return { kept, result: found }
  return found.value.status === 'open' ? changed({ ...found.value, status: 'assembled' }) : { kept, result: ok(shown(found.value)) }
}

export function markChecked(kept: Kept, checked: CheckedBytes, nowMs: number): Step {
  const read = readUpload(kept, nowMs)
  if (kept === null || !read.result.ok || kept.status === 'done' || kept.status === 'checked') return read
  return changed({ ...kept, status: 'checked', checked })
}

/** Whatever was thought of it meanwhile: the workspace has the media. */
export const markDone = (kept: Kept, media: StoredMedia, nowMs: number): Kept =>
  kept === null || kept.status === 'done' ? kept : over({ ...kept, status: 'done', media }, nowMs)

export function endUpload(kept: Kept, nowMs: number): Step<void> {
  if (kept === null || kept.status === 'ended') return { kept, result: ok(undefined) }
  if (kept.status === 'done' || kept.status === 'checked')
    return { kept, result: fail(failure('resource/conflict', 'This upload is complete: its media is made, or is being made.')) }
  return { kept: over({ ...kept, status: 'ended' }, nowMs), result: ok(undefined) }
}

/** Without the keeper's own affairs: plain data that crosses a call. */
const shown = ({ grant, mode, status, multipart, parts, offset, hasTail, checked, expiresAtMs, media }: KeptUpload): UploadState => ({
  grant,
  mode,
  status,
  multipart,
  parts,
  offset,
  hasTail,
  checked,
  expiresAtMs,
  media,
})

const changed = (kept: KeptUpload): Step => ({ kept, result: ok(shown(kept)) })
const refused = (kept: Kept, reason: ReturnType<typeof failure>) => ({ kept, result: fail(reason) })

const neverBegun = failure('resource/not_found', 'Nothing was begun at this upload URL.')
const gone = failure('resource/gone', 'This upload is over. Ask for another upload URL.')
