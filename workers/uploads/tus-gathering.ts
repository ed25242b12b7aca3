// One PATCH of a tus upload: what it has received, gathered into whole parts, and how far that is safe.
//
//   a part is full      put the part          ->  advance the offset  ->  delete the tail it began with
//   the PATCH ends      put the tail anew     ->  advance the offset  ->  delete the tail it began with
//
// Dying between two steps leaves the offset as it was, and an object that the next step writes again or the sweep deletes.

import { failure } from '../../domain/failures.ts'
import type { UploadState } from '../../durable-objects/upload/rpc.ts'
import { tailKey } from '../../r2/keys.ts'
import { endInParts } from './begin.ts'
import { readSpan } from './blob-reads.ts'
import { checkContent, headBytes } from './content-check.ts'
import { forgiven } from './finish.ts'
import { type Opened, storeFailed } from './opened.ts'
import { tooLong } from './receive.ts'
import { need, Refusal } from './tus-refusal.ts'

/** What a PATCH holds until it has ended: a part, or as much of one as will come. `declared`: how long its body says that it is. */
export function gatheredBytes({ offset, multipart, grant }: UploadState, declared: number | null): number {
  const partSize = multipart?.partSize ?? 0
  const filled = offset % partSize
  const whole = Math.min(partSize, grant.size - (offset - filled))
  return declared === null ? whole : Math.min(whole, filled + Math.max(1, declared))
}

export class Gathering {
  readonly #opened: Opened
  readonly #state: UploadState
  readonly #partSize: number
  /** The part that is being filled. */
  readonly #buffer: Uint8Array
  #partStart: number
  #filled: number
  #tail: string | null
  #isLookedAt: boolean
  /** Bytes that are safe. */
  offset: number

  /** With what an earlier PATCH has left of this part; `bytes` of memory, at least what will come of it. */
  static async begin(opened: Opened, state: UploadState, bytes: number): Promise<Gathering> {
    const { multipart, offset, hasTail } = state
    if (!multipart?.r2UploadId) throw new Error('a tus upload has no parts')
    const gathering = new Gathering(opened, state, multipart.partSize, bytes)
    if (!hasTail) return gathering
    const { workspaceId, uploadId } = opened.grant
    const key = tailKey(workspaceId, uploadId, offset)
    const length = offset % multipart.partSize
    try {
      gathering.#buffer.set(await readSpan(opened.services.blobs, key, { offset: 0, length }))
    } catch (thrown) {
      throw new Refusal(storeFailed(opened, thrown))
    }
    gathering.#tail = key
    return gathering
  }

  private constructor(opened: Opened, state: UploadState, partSize: number, bytes: number) {
    const { offset } = state
    this.#opened = opened
    this.#state = state
    this.#partSize = partSize
    this.#filled = offset % partSize
    this.#partStart = offset - this.#filled
    this.#buffer = new Uint8Array(bytes)
    this.#tail = null
    this.#isLookedAt = this.#partStart > 0
    this.offset = offset
  }

  async take(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const room = Math.min(this.#roomInPart(), this.#buffer.byteLength) - this.#filled
      if (room === 0) throw new Refusal(tooLong(this.#state.grant.size))
      const taken = rest.subarray(0, room)
      this.#buffer.set(taken, this.#filled)
      this.#filled += taken.byteLength
      rest = rest.subarray(taken.byteLength)
      await this.#look()
      if (this.#filled === this.#roomInPart()) await this.#putPart()
    }
  }

  /** What is not a whole part yet. */
  async keep(): Promise<void> {
    const to = this.#partStart + this.#filled
    if (to === this.offset) return
    const { services, grant } = this.#opened
    const key = tailKey(grant.workspaceId, grant.uploadId, to)
    await this.#stored(() => services.blobs.put(key, this.#buffer.subarray(0, this.#filled), { contentType: 'application/octet-stream' }))
    await this.#advance(to, [], key)
  }

  #roomInPart(): number {
    return Math.min(this.#partSize, this.#state.grant.size - this.#partStart)
  }

  /** As soon as there is enough to be looked at: a wrong file is refused at its beginning. */
  async #look(): Promise<void> {
    const { contentType, size } = this.#opened.grant
    const enough = Math.min(size, headBytes)
    if (this.#isLookedAt || this.#filled < enough) return
    this.#isLookedAt = true
    const wrong = await checkContent(contentType, this.#buffer.subarray(0, enough), size)
    if (!wrong) return
    need(await endInParts(this.#opened, this.#state))
    throw new Refusal(wrong)
  }

  async #putPart(): Promise<void> {
    const { services, keyOf } = this.#opened
    const { multipart } = this.#state
    const partNumber = this.#partStart / this.#partSize + 1
    const bytes = this.#buffer.subarray(0, this.#filled)
    const key = keyOf(multipart?.blobId ?? '')
    const { etag } = await this.#stored(() => services.blobs.putPart(key, multipart?.r2UploadId ?? '', partNumber, bytes))
    const to = this.#partStart + this.#filled
    await this.#advance(to, [{ partNumber, etag, size: this.#filled }], null)
    this.#partStart = to
    this.#filled = 0
  }

  async #stored<T>(store: () => Promise<T>): Promise<T> {
    try {
      return await store()
    } catch (thrown) {
      throw new Refusal(storeFailed(this.#opened, thrown))
    }
  }

  async #advance(to: number, parts: UploadState['parts'], tail: string | null): Promise<void> {
    const { upload, services } = this.#opened
    if (!(await upload.advance(this.offset, to, parts, tail !== null))) throw new Refusal(overtaken)
    this.offset = to
    const before = this.#tail
    this.#tail = tail
    if (before !== null && before !== tail) await forgiven(this.#opened, () => services.blobs.delete([before]))
  }
}

const overtaken = failure('resource/conflict', 'Another request has written to this upload meanwhile. Ask where it stands.')
