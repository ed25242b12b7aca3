// Media that are there without having been uploaded: a row of the index and bytes in R2. And the Worker that delivers them,
// over its own door or with ports of a test's in place of its own.

import { env, exports } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import type { Maker } from '../../../domain/identity.ts'
import type { BlobReader } from '../../../domain/media/blobs.ts'
import type { StoredMedia } from '../../../domain/media/types.ts'
import { ok } from '../../../domain/result.ts'
import { blobKey } from '../../../r2/keys.ts'
import { laurelApp } from '../../../workers/app-of.ts'
import { edgePartsOf } from '../../../workers/composition.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import { newMediaMemory } from '../../../workers/media/media-memory.ts'
import type { Services } from '../../../workers/services.ts'

const bindings = env as unknown as Env
export const parts: EdgeParts = edgePartsOf(bindings)
export const { services } = parts

export interface Placed extends StoredMedia {
  workspaceId: string
  path: string
}

/** A person of the app whom another issuer vouches for, as links are made by. */
export const reader: Maker = { subject: 'somebody', context: 'app', platform: 'web', role: 'member', scopes: [] }
/** For links of workspaces that are not there. */
const anyMaker = { mayStill: async () => ok(undefined) }

let sequence = 0

/** Of a workspace that need not exist. `null` bytes: the record has it and R2 does not. */
export async function place(bytes: Uint8Array | null, over: Partial<StoredMedia> & { workspaceId?: string } = {}): Promise<Placed> {
  const { workspaceId = nanoid(10), ...given } = over
  const mediaId = given.mediaId ?? nanoid()
  const blobId = given.blobId ?? nanoid()
  const digest = await crypto.subtle.digest('SHA-256', (bytes ?? new Uint8Array()) as BufferSource)
  const media: StoredMedia = {
    mediaId,
    fileName: `${mediaId}.mp4`,
    originalFileName: 'film.mp4',
    contentType: 'video/mp4',
    fileType: 'video',
    scope: 'workspace',
    visibility: 'public',
    size: bytes?.length ?? 0,
    sha256: Buffer.from(digest).toString('base64url'),
    blobId,
    translations: [],
    tags: [],
    createdAtMs: Date.UTC(2026, 0, 1),
    updatedAtMs: Date.UTC(2026, 0, 1),
    ...given,
  }
  if (bytes) await services.blobs.put(blobKey(workspaceId, blobId), bytes, { contentType: media.contentType })
  await index(workspaceId, media)
  return { ...media, workspaceId, path: `/media/${workspaceId}/${mediaId}` }
}

export async function index(workspaceId: string, media: StoredMedia): Promise<void> {
  sequence += 1
  await services.index.putMedia([{ workspaceId, mediaId: media.mediaId, at: { incarnation: 1, sequence }, media }])
}

export async function unindex({ workspaceId, mediaId }: Placed): Promise<void> {
  sequence += 1
  await services.index.putMedia([{ workspaceId, mediaId, at: { incarnation: 1, sequence }, media: null }])
}

export interface Delivered {
  status: number
  headers: Headers
  bytes: Uint8Array
}

export interface Asking {
  method?: string
  headers?: Record<string, string>
}

type Fetch = (request: Request) => Response | Promise<Response>

async function askOf(fetch: Fetch, path: string, { method = 'GET', headers = {} }: Asking): Promise<Delivered> {
  const response = await fetch(new Request(`http://laurel.test${path}`, { method, headers }))
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) }
}

/** The Worker itself. */
export const ask = (path: string, asking: Asking = {}): Promise<Delivered> =>
  askOf((request) => exports.default.fetch(request), path, asking)

/** `over` are services in place of the Worker's own, which it is given. Nothing is remembered from other tests. */
export function deliveryWorld(over: (services: Services) => Partial<Services> = () => ({}), edge: Partial<EdgeParts> = {}) {
  const lines: string[] = []
  const own: Services = Object.assign(Object.create(services), { mediaMemory: newMediaMemory() })
  const given: Services = Object.assign(Object.create(own), over(own))
  const { app } = laurelApp({ ...parts, services: given, makers: anyMaker, log: (line) => lines.push(line), ...edge })
  const going: Promise<unknown>[] = []
  const context = { waitUntil: (work: Promise<unknown>) => void going.push(work), passThroughOnException: () => {}, props: {} }
  const fetch: Fetch = (request) => app.fetch(request, bindings, context as unknown as ExecutionContext)
  /** What was to go on when the answers had gone is done. */
  const settled = async () => {
    while (going.length > 0) await going.shift()
  }
  return { services: given, lines, fetch, settled, ask: (path: string, asking: Asking = {}) => askOf(fetch, path, asking) }
}

export interface ReadCount {
  key: string
  bytes: number
  /** Absent: nobody has read to the end yet. */
  end?: 'read' | 'cancelled'
}

/** An origin that counts what it is read. `sizeOf`: of what is read whole. */
export function countingOrigin(origin: BlobReader, sizeOf: (key: string) => number): { origin: BlobReader; reads: ReadCount[] } {
  const reads: ReadCount[] = []
  return {
    reads,
    origin: {
      async read(key, span) {
        const count: ReadCount = { key, bytes: span?.length ?? sizeOf(key) }
        reads.push(count)
        const read = await origin.read(key, span)
        return read.ok ? { ok: true, value: noted(read.value, count) } : read
      },
    },
  }
}

function noted(stream: ReadableStream<Uint8Array>, count: ReadCount): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read()
      if (!done) return controller.enqueue(value)
      count.end = 'read'
      controller.close()
    },
    cancel(reason) {
      count.end = 'cancelled'
      return reader.cancel(reason)
    },
  })
}

/** A film of any size that is held nowhere: each byte is made from its offset. */
export const endlessOrigin = (sizeOf: (key: string) => number): BlobReader => ({
  async read(key, { offset, length } = { offset: 0, length: sizeOf(key) }) {
    let at = offset
    const value = new ReadableStream<Uint8Array>({
      pull(controller) {
        const bytes = bytesFrom(at, Math.min(65_536, offset + length - at))
        at += bytes.length
        controller.enqueue(bytes)
        if (at >= offset + length) controller.close()
      },
    })
    return { ok: true, value }
  },
})

/** Bytes that say where they are, without being held. */
export const byteAt = (offset: number): number => (offset * 31 + (offset >>> 8) * 17 + (offset >>> 16) * 7) & 255

export function bytesFrom(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 1) bytes[i] = byteAt(offset + i)
  return bytes
}
