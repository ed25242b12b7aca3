// The bucket, as media use it: whole reads and spans, single puts, multipart uploads, lists. Thin: what R2 says of a bad
// checksum or of bytes that end too soon becomes a value, and so does an R2 that does not answer.

import type { BlobFailure, BlobReader, Span } from '../domain/media/blobs.ts'
import { fail, ok, type Result } from '../domain/result.ts'

export interface BlobFacts {
  contentType: string
  /** Hex; R2 refuses bytes that hash to another. */
  sha256?: string
}

export interface UploadedPart {
  partNumber: number
  etag: string
}

export interface StoredObject {
  key: string
  size: number
  uploadedAtMs: number
}

export interface BlobStore extends BlobReader {
  /** Throws what R2 throws, a mismatch of the checksum included; then nothing is stored. */
  put(key: string, bytes: ReadableStream<Uint8Array> | Uint8Array, facts: BlobFacts): Promise<{ etag: string; size: number }>
  /** False where there is one already: it stays. */
  putNew(key: string, bytes: Uint8Array, facts: BlobFacts): Promise<boolean>
  /** `sha256` (hex) where it was said when the object was put. */
  head(key: string): Promise<{ size: number; contentType: string; sha256?: string } | null>
  delete(keys: string[]): Promise<void>
  list(prefix: string, cursor?: string): Promise<{ objects: StoredObject[]; cursor?: string }>
  /** The upload's id. */
  beginMultipart(key: string, facts: BlobFacts): Promise<string>
  putPart(key: string, uploadId: string, partNumber: number, bytes: ReadableStream<Uint8Array> | Uint8Array): Promise<UploadedPart>
  completeMultipart(key: string, uploadId: string, parts: UploadedPart[]): Promise<void>
  /** Of one that is not there any more too. */
  abortMultipart(key: string, uploadId: string): Promise<void>
}

/** R2 has no such multipart upload, or none any more: it is complete, or was given up. */
export const isNoSuchUpload = (thrown: unknown): boolean => /NoSuchUpload|10024|does not exist/i.test(String(thrown))
/** A part is not there as it was named: it was sent again meanwhile, or is lost. */
export const isNoSuchPart = (thrown: unknown): boolean => /InvalidPart|10025|parts could not be found/i.test(String(thrown))

export function r2BlobStore(bucket: R2Bucket): BlobStore {
  const options = ({ contentType, sha256 }: BlobFacts): R2PutOptions => ({ httpMetadata: { contentType }, ...(sha256 && { sha256 }) })
  return {
    async read(key: string, span?: Span): Promise<Result<ReadableStream<Uint8Array>, BlobFailure>> {
      try {
        const object = await bucket.get(key, span && { range: span })
        return object ? ok(object.body) : fail({ code: 'blob/not_found', detail: 'R2 has no such object' })
      } catch (thrown) {
        return fail({ code: 'blob/unavailable', detail: thrown instanceof Error ? thrown.message : String(thrown) })
      }
    },
    async put(key, bytes, facts) {
      const { etag, size } = await bucket.put(key, bytes, options(facts))
      return { etag, size }
    },
    async putNew(key, bytes, facts) {
      return (await bucket.put(key, bytes, { ...options(facts), onlyIf: { etagDoesNotMatch: '*' } })) !== null
    },
    async head(key) {
      const object = await bucket.head(key)
      const { sha256 } = object?.checksums.toJSON() ?? {}
      return object && { size: object.size, contentType: object.httpMetadata?.contentType ?? 'application/octet-stream', sha256 }
    },
    async delete(keys) {
      for (let start = 0; start < keys.length; start += 1000) await bucket.delete(keys.slice(start, start + 1000))
    },
    async list(prefix, cursor) {
      const page = await bucket.list({ prefix, cursor, limit: 1000 })
      const objects = page.objects.map(({ key, size, uploaded }) => ({ key, size, uploadedAtMs: uploaded.getTime() }))
      return { objects, ...(page.truncated && { cursor: page.cursor }) }
    },
    async beginMultipart(key, { contentType }) {
      return (await bucket.createMultipartUpload(key, { httpMetadata: { contentType } })).uploadId
    },
    async putPart(key, uploadId, partNumber, bytes) {
      const { etag } = await bucket.resumeMultipartUpload(key, uploadId).uploadPart(partNumber, bytes)
      return { partNumber, etag }
    },
    async completeMultipart(key, uploadId, parts) {
      await bucket.resumeMultipartUpload(key, uploadId).complete(parts)
    },
    async abortMultipart(key, uploadId) {
      try {
        await bucket.resumeMultipartUpload(key, uploadId).abort()
      } catch (thrown) {
        if (!isNoSuchUpload(thrown)) throw thrown
      }
    },
  }
}
