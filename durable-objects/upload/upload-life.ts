// How long an upload lives, and what is done about it when it is over: pure.
//
// Guarantees: one that is over is swept until the sweep has said that nothing of it is left, and only then forgotten; never
// before its URL has expired, nor within a day of being done, so that the URL says what became of it.

import type { Leftovers, UploadState } from './rpc.ts'

const minuteMs = 60 * 1000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** From its beginning: R2 gives up a multipart upload that is not complete after seven days. */
export const partsLiveMs = 7 * dayMs
/** A single PUT that began in time is left alone for this long: 5 GiB at 2 Mbit/s. */
export const singlePutMs = 6 * hourMs
/** How long an upload that is done is remembered at least, for a client that did not get its answer. */
const rememberedMs = dayMs
/** The first look after an upload is over. Those that follow wait twice as long each, up to an hour. */
const firstSweepMs = minuteMs
const laterSweepsMs = hourMs

export interface KeptUpload extends UploadState {
  /** Begun in R2 and not known to be gone. */
  blobIds: string[]
  tries: number
  /** Of each part that is being written, the attempt that began last. */
  writing: Record<number, string>
  /** When bytes were last about to be written. */
  touchedAtMs: number
  /** When the media was made, or the upload ended. */
  overAtMs: number | null
  /** How often a sweep was asked for since. */
  sweeps: number
  isSwept: boolean
}

/** Null: never begun, or forgotten. */
export type Kept = KeptUpload | null

/** Of most uploads nothing is left but what the media was made of: no sweep need look. tus may have left tails. */
export const leavesNothing = ({ status, mode, blobIds, media }: KeptUpload): boolean =>
  (mode === 'single' || (mode === 'multipart' && status === 'done')) && blobIds.every((blobId) => blobId === media?.blobId)

export function leftoversOf(kept: Kept, nowMs: number): Leftovers {
  if (kept === null) return { blobIds: [], multipart: null, isOver: true, kept: null }
  const { blobIds, multipart, media } = kept
  return { blobIds, multipart, isOver: isOver(kept, nowMs), kept: media?.blobId ?? null }
}

/** What was begun since the sweep looked is looked at again. */
export function markSwept(kept: Kept, blobIds: string[], nowMs: number): Kept {
  if (kept === null || !isOver(kept, nowMs)) return kept
  const left = kept.blobIds.filter((blobId) => !blobIds.includes(blobId))
  return { ...kept, blobIds: left, isSwept: left.length === 0 }
}

/** A single PUT that began in time may end after its URL has expired. */
const endsAtMs = ({ mode, expiresAtMs, touchedAtMs }: KeptUpload): number =>
  mode === 'single' ? Math.max(expiresAtMs, touchedAtMs + singlePutMs) : expiresAtMs

export const isOver = (kept: KeptUpload, nowMs: number): boolean => kept.overAtMs !== null || nowMs >= endsAtMs(kept)

export const over = (kept: KeptUpload, nowMs: number): KeptUpload => ({
  ...kept,
  overAtMs: nowMs,
  sweeps: 0,
  isSwept: leavesNothing(kept),
})

/** Until then the URL says what became of it. */
function forgetAtMs({ status, grant, overAtMs, expiresAtMs }: KeptUpload): number {
  const overSince = overAtMs ?? expiresAtMs
  return Math.max(grant.expiresAtMs, status === 'done' ? overSince + rememberedMs : 0)
}

export interface Due {
  kept: Kept
  /** Something of it may be left in R2: a sweep is asked to look. */
  isSweepDue: boolean
}

/** What the alarm has to do now; `kept` null: everything may be forgotten. */
export function wake(kept: Kept, nowMs: number): Due {
  if (kept === null) return { kept, isSweepDue: false }
  if (!isOver(kept, nowMs)) return { kept, isSweepDue: false }
  const ended = kept.overAtMs === null ? over({ ...kept, status: 'ended' }, nowMs) : kept
  if (ended.isSwept) return { kept: nowMs >= forgetAtMs(ended) ? null : ended, isSweepDue: false }
  return { kept: { ...ended, sweeps: ended.sweeps + 1 }, isSweepDue: true }
}

/** When the alarm is to go off. Asked after every change, `wake` included. */
export function nextAlarmMs(kept: KeptUpload, nowMs: number): number {
  if (kept.overAtMs === null) return endsAtMs(kept)
  if (kept.isSwept) return Math.max(nowMs, forgetAtMs(kept))
  // Before the first sweep `sweeps` is 0: a minute after it is over, and then from the last one on.
  return kept.sweeps === 0 ? kept.overAtMs + firstSweepMs : nowMs + Math.min(laterSweepsMs, firstSweepMs * 2 ** (kept.sweeps - 1))
}
