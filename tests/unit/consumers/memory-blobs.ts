// The bucket and its copy in memory, as far as the consumers use them; what they do not use throws.

import type { BlobCopies } from '../../../domain/media/blobs.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { BlobStore } from '../../../r2/blob-store.ts'

interface Held {
  bytes: string
  uploadedAtMs: number
}

const streamOf = (text: string) => new Blob([text]).stream() as ReadableStream<Uint8Array>

/** `pageSize`: how many objects a list names at once. */
export function memoryBlobs(pageSize = 2) {
  const held = new Map<string, Held>()
  const aborted: string[] = []
  const store: Pick<BlobStore, 'read' | 'head' | 'delete' | 'list' | 'abortMultipart'> = {
    async read(key) {
      const found = held.get(key)
      return found ? ok(streamOf(found.bytes)) : fail({ code: 'blob/not_found', detail: 'no such object' })
    },
    async head(key) {
      const found = held.get(key)
      return found ? { size: found.bytes.length, contentType: 'text/plain' } : null
    },
    async delete(keys) {
      for (const key of keys) held.delete(key)
    },
    /** The cursor is the last key named, so deleting what was named does not disturb the next page. */
    async list(prefix, cursor = '') {
      const keys = [...held.keys()].filter((key) => key.startsWith(prefix) && key > cursor).sort()
      const page = keys.slice(0, pageSize)
      const objects = page.map((key) => ({ key, size: held.get(key)?.bytes.length ?? 0, uploadedAtMs: held.get(key)?.uploadedAtMs ?? 0 }))
      return { objects, ...(keys.length > pageSize && { cursor: page.at(-1) }) }
    },
    async abortMultipart(key, uploadId) {
      aborted.push(`${key} ${uploadId}`)
    },
  }
  return {
    store: store as BlobStore,
    aborted,
    put: (key: string, bytes = 'bytes', uploadedAtMs = 0) => void held.set(key, { bytes, uploadedAtMs }),
    keys: () => [...held.keys()].sort(),
  }
}

export function memoryCopies() {
  const held = new Map<string, { bytes: string; size: number; sha256: string; contentType: string }>()
  const copies: BlobCopies = {
    read: async () => fail({ code: 'blob/unavailable', detail: 'not read here' }),
    has: async (key) => ok(held.has(key)),
    put: async (key, bytes, facts) => {
      held.set(key, { bytes: await new Response(bytes).text(), ...facts })
      return ok(undefined)
    },
    delete: async (key) => {
      held.delete(key)
      return ok(undefined)
    },
  }
  return { copies, held }
}
