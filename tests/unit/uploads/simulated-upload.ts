// One object of an upload, on a simulated clock: what it keeps and says, without the platform under it.

import type { UploadGrant } from '../../../domain/media/grant.ts'
import type { StoredMedia } from '../../../domain/media/types.ts'
import type { Multipart, UploadMode } from '../../../durable-objects/upload/rpc.ts'
import { type Kept, leftoversOf, markSwept, nextAlarmMs, wake } from '../../../durable-objects/upload/upload-life.ts'
import {
  admitUpload,
  advance,
  beginPart,
  endUpload,
  forgetBlob,
  markAssembled,
  markChecked,
  markDone,
  noteBlob,
  notePart,
  openUpload,
  readUpload,
} from '../../../durable-objects/upload/upload-state.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour
export const startMs = Date.UTC(2026, 10, 20)

export const grant: UploadGrant = {
  uploadId: 'upload',
  workspaceId: 'workspace1',
  accountId: 'account001',
  mediaId: 'media',
  originalFileName: 'a.txt',
  contentType: 'text/plain',
  fileType: 'document',
  scope: 'workspace',
  visibility: 'public',
  size: 20 * 1024 ** 2,
  expiresAtMs: startMs + hour,
  by: { subject: 'somebody', platform: 'web', context: 'dashboard', role: 'editor', scopes: [] },
}
export const multipart: Multipart = { blobId: 'blob', r2UploadId: 'r2', partSize: 8 * 1024 ** 2 }
const mediaOf = (blobId: string) => ({ mediaId: 'media', blobId }) as StoredMedia

/** One object, with its clock. */
export function object(at = startMs) {
  let kept: Kept = null
  let nowMs = at
  const step = <T>(after: { kept: Kept; result: T }): T => {
    kept = after.kept
    return after.result
  }
  return {
    get kept() {
      return kept
    },
    get nowMs() {
      return nowMs
    },
    wait(ms: number) {
      nowMs += ms
    },
    open: (mode: UploadMode = 'single', parts: Multipart | null = mode === 'single' ? null : multipart) =>
      step(openUpload(kept, { grant, mode, multipart: parts }, nowMs)),
    admit: (mode: UploadMode = 'single') => step(admitUpload(kept, mode, nowMs)),
    state: () => step(readUpload(kept, nowMs)),
    noteBlob: (blobId: string) => step(noteBlob(kept, blobId, nowMs)),
    forgetBlob(blobId: string) {
      kept = forgetBlob(kept, blobId, nowMs)
    },
    notePart: (partNumber: number, etag = `e${partNumber}`) => {
      step(beginPart(kept, { partNumber, attempt: etag }, nowMs))
      return step(notePart(kept, { partNumber, etag, size: 1 }, etag, nowMs))
    },
    advance(from: number, to: number, hasTail = false) {
      const { kept: after, isAdvanced } = advance(kept, { from, to, parts: [], hasTail }, nowMs)
      kept = after
      return isAdvanced
    },
    assembled: () => step(markAssembled(kept, nowMs)),
    checked: (blobId: string) => step(markChecked(kept, { blobId, sha256: `hash of ${blobId}` }, nowMs)),
    done(blobId: string) {
      kept = markDone(kept, mediaOf(blobId), nowMs)
    },
    end: () => step(endUpload(kept, nowMs)),
    leftovers: () => leftoversOf(kept, nowMs),
    swept(blobIds: string[]) {
      kept = markSwept(kept, blobIds, nowMs)
    },
    /** Until the alarm goes off, and what it does. */
    sleep(): boolean {
      if (kept === null) throw new Error('nothing is there to sleep')
      nowMs = Math.max(nowMs, nextAlarmMs(kept, nowMs))
      const due = wake(kept, nowMs)
      kept = due.kept
      return due.isSweepDue
    },
  }
}

export const code = (result: { ok: boolean; error?: { code: string } }) => (result.ok ? 'ok' : result.error?.code)
