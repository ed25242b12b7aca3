// A tus upload as a multipart upload of R2. What a PATCH brings is gathered into parts of one size; what is behind the last
// whole part lies in an object of its own until the next PATCH goes on with it. So however a file is cut by clients and
// broken connections, R2 sees equal parts, at most one of them is in memory, and the offset tells what is safe.
//
// That memory is shared out among workspaces: a PATCH waits for its turn, or is told to come again; and one of which nothing has
// come for a while ends, keeping what it has received.

import { DataStore, Metadata, Upload } from '@tus/server'
import { failure } from '../../domain/failures.ts'
import { partsLiveMs } from '../../durable-objects/upload/upload-life.ts'
import { type Turn, takeTurn } from '../edge/limits/turn.ts'
import { beginInParts, endInParts, inMode } from './begin.ts'
import { type Opened, orExpired } from './opened.ts'
import { tusPartSize } from './parts.ts'
import { Gathering, gatheredBytes } from './tus-gathering.ts'
import { need, Refusal } from './tus-refusal.ts'
import { Stalled, untilIdle } from './until-idle.ts'

/** A stalled client that comes back begins where it stopped. */
const idleMs = 30_000
/** What holds longer and says nothing was cancelled. */
const patience = { waitMs: 20_000, heldMs: 2 * idleMs }

const stalled = failure(
  'request/too_slow',
  'Nothing came for a while. What came before is kept: ask where it stands, and go on from there.',
)

/** Null where it is not said. */
const declaredLength = (headers: Headers): number | null => {
  const length = headers.get('content-length')
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null
}

export class TusStore extends DataStore {
  readonly #opened: Opened
  #writing: Promise<unknown> = Promise.resolve()

  constructor(opened: Opened) {
    super()
    this.#opened = opened
    this.extensions = ['creation', 'creation-with-upload', 'termination', 'expiration']
  }

  /** What is being written down, for the lock to wait for. Never rejects. */
  settled = (): Promise<unknown> => this.#writing

  override getExpiration(): number {
    return partsLiveMs
  }

  override async create(upload: Upload): Promise<Upload> {
    const { grant, call } = this.#opened
    const metadata = call.headers.get('upload-metadata') ?? undefined
    need(await beginInParts(this.#opened, 'tus', { partSize: tusPartSize(grant.size), ...(metadata && { metadata }) }))
    return upload
  }

  override async getUpload(id: string): Promise<Upload> {
    const { grant, offset, expiresAtMs, multipart } = need(await this.#state())
    return new Upload({
      id,
      size: grant.size,
      offset,
      creation_date: new Date(expiresAtMs - partsLiveMs).toISOString(),
      ...(multipart?.metadata !== undefined && { metadata: Metadata.parse(multipart.metadata) }),
    })
  }

  override async remove(): Promise<void> {
    need(await endInParts(this.#opened, need(await this.#state())))
  }

  override write(stream: AsyncIterable<Uint8Array>, _id: string, offset: number): Promise<number> {
    const writing = this.#write(stream, offset)
    this.#writing = writing.catch(() => {})
    return writing
  }

  async #state() {
    return orExpired(this.#opened, inMode('tus', await this.#opened.upload.state()))
  }

  async #write(stream: AsyncIterable<Uint8Array>, offset: number): Promise<number> {
    const state = need(await this.#state())
    // Only a repeated creation that carries bytes meets more than it brings: its client is told where to go on.
    if (state.offset !== offset || state.status !== 'open' || offset === state.grant.size) return state.offset
    const { services, grant, call } = this.#opened
    const weight = gatheredBytes(state, declaredLength(call.headers))
    const turn = need(await takeTurn(services.mediaMemory.shares.gathering, { key: grant.workspaceId, weight }, patience, services))
    try {
      return await this.#gather(stream, offset, weight, turn)
    } finally {
      turn.end()
    }
  }

  async #gather(stream: AsyncIterable<Uint8Array>, offset: number, bytes: number, turn: Turn): Promise<number> {
    const admitted = need(await this.#opened.upload.admit('tus'))
    if (admitted.offset !== offset) return admitted.offset
    const gathering = await Gathering.begin(this.#opened, admitted, bytes)
    let cut: { thrown: unknown } | undefined
    try {
      for await (const chunk of untilIdle(stream, idleMs)) {
        await gathering.take(chunk)
        // What has run out is another's by now.
        if (!turn.renew()) throw new Stalled('the turn is over')
      }
    } catch (thrown) {
      if (thrown instanceof Refusal) throw thrown
      cut = { thrown: thrown instanceof Stalled ? new Refusal(stalled) : thrown }
    }
    await gathering.keep()
    // Nobody may be there to hear it; what came is kept.
    if (cut) throw cut.thrown
    return gathering.offset
  }
}
