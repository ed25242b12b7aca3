// One upload. Thin: upload-state.ts decides; this keeps what it decides, tells the sweep when it is over, and forgets it.

import { DurableObject } from 'cloudflare:workers'
import type { UploadGrant } from '../../domain/media/grant.ts'
import type { StoredMedia } from '../../domain/media/types.ts'
import type { OutboxMessage } from '../../domain/outbox.ts'
import type { Result } from '../../domain/result.ts'
import { describeError, eventLogLine } from '../../domain/telemetry/request-log.ts'
import { noHold, releaseHold, takeHold } from './hold.ts'
import type { CheckedBytes, Hold, Leftovers, Multipart, PartAttempt, ReceivedPart, UploadMode, UploadRpc, UploadState } from './rpc.ts'
import { type Kept, leftoversOf, markSwept, nextAlarmMs, wake } from './upload-life.ts'
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
} from './upload-state.ts'

const key = 'upload'

/** Nothing is awaited between reading and writing, so each call is one step, however many come at once. */
export class Upload extends DurableObject<Env> implements UploadRpc {
  #hold = noHold
  #alarmAtMs: number | undefined

  async open(grant: UploadGrant, mode: UploadMode, multipart: Multipart | null): Promise<Result<UploadState>> {
    return this.#step((kept, nowMs) => openUpload(kept, { grant, mode, multipart }, nowMs))
  }

  async state(): Promise<Result<UploadState>> {
    return this.#step(readUpload)
  }

  async admit(mode: UploadMode): Promise<Result<UploadState>> {
    return this.#step((kept, nowMs) => admitUpload(kept, mode, nowMs))
  }

  async noteBlob(blobId: string): Promise<Result<void>> {
    return this.#step((kept, nowMs) => noteBlob(kept, blobId, nowMs))
  }

  async forgetBlob(blobId: string): Promise<void> {
    this.#change((kept, nowMs) => forgetBlob(kept, blobId, nowMs))
  }

  async beginPart(part: PartAttempt): Promise<Result<UploadState>> {
    return this.#step((kept, nowMs) => beginPart(kept, part, nowMs))
  }

  async notePart(part: ReceivedPart, attempt: string): Promise<Result<UploadState>> {
    return this.#step((kept, nowMs) => notePart(kept, part, attempt, nowMs))
  }

  async advance(from: number, to: number, parts: ReceivedPart[], hasTail: boolean): Promise<boolean> {
    const nowMs = Date.now()
    const before = this.#kept()
    const { kept, isAdvanced } = advance(before, { from, to, parts, hasTail }, nowMs)
    this.#keep(before, kept, nowMs)
    return isAdvanced
  }

  async hold(holder: string, forMs: number): Promise<Hold> {
    const { holding, hold } = takeHold(this.#hold, holder, forMs, Date.now())
    this.#hold = holding
    return hold
  }

  async release(holder: string): Promise<void> {
    this.#hold = releaseHold(this.#hold, holder)
  }

  async assembled(): Promise<Result<UploadState>> {
    return this.#step(markAssembled)
  }

  async checked(bytes: CheckedBytes): Promise<Result<UploadState>> {
    return this.#step((kept, nowMs) => markChecked(kept, bytes, nowMs))
  }

  async done(media: StoredMedia): Promise<void> {
    this.#change((kept, nowMs) => markDone(kept, media, nowMs))
  }

  async end(): Promise<Result<void>> {
    return this.#step(endUpload)
  }

  async leftovers(): Promise<Leftovers> {
    return leftoversOf(this.#kept(), Date.now())
  }

  async swept(blobIds: string[]): Promise<void> {
    this.#change((kept, nowMs) => markSwept(kept, blobIds, nowMs))
  }

  /** Never throws: the platform gives up on an alarm that has failed six times, and what is left in R2 would be nobody's. */
  override async alarm(): Promise<void> {
    const nowMs = Date.now()
    const before = this.#kept()
    const { kept, isSweepDue } = wake(before, nowMs)
    if (kept === null) {
      this.#alarmAtMs = undefined
      return this.ctx.storage.deleteAll()
    }
    if (kept !== before) this.ctx.storage.kv.put(key, kept)
    // Before anything is sent: a queue that refuses is asked again.
    this.#wakeAt(nextAlarmMs(kept, nowMs))
    if (isSweepDue) await this.#askForSweep(kept.grant)
  }

  async #askForSweep({ workspaceId, uploadId }: UploadGrant): Promise<void> {
    const row = { id: `upload:${uploadId}`, sequence: 0, body: { kind: 'upload-sweep', uploadId } } as const
    const message: OutboxMessage = { version: 1, workspaceId, source: { kind: 'workspace' }, rows: [row] }
    try {
      await this.env.OUTBOX.send(message)
    } catch (thrown) {
      console.log(eventLogLine({ atMs: Date.now(), event: 'upload/send_failed', workspaceId, error: describeError(thrown) }))
    }
  }

  #step<T>(decide: (kept: Kept, nowMs: number) => { kept: Kept; result: Result<T> }): Result<T> {
    const nowMs = Date.now()
    const before = this.#kept()
    const { kept, result } = decide(before, nowMs)
    this.#keep(before, kept, nowMs)
    return result
  }

  #change(decide: (kept: Kept, nowMs: number) => Kept): void {
    const nowMs = Date.now()
    const before = this.#kept()
    this.#keep(before, decide(before, nowMs), nowMs)
  }

  #kept(): Kept {
    return this.ctx.storage.kv.get<Kept>(key) ?? null
  }

  /** What was never begun leaves nothing behind. */
  #keep(before: Kept, kept: Kept, nowMs: number): void {
    if (kept === null || kept === before) return
    this.ctx.storage.kv.put(key, kept)
    const alarmAtMs = nextAlarmMs(kept, nowMs)
    if (alarmAtMs !== this.#alarmAtMs) this.#wakeAt(alarmAtMs)
  }

  #wakeAt(atMs: number): void {
    this.#alarmAtMs = atMs
    // Not awaited on purpose: without an await in between it is part of the same write.
    void this.ctx.storage.setAlarm(atMs)
  }
}
