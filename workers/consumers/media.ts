// What follows from the commits of a workspace about its media: rows of the index, a copy of new bytes at the second
// origin, and, once the record has it that nothing names them, the end of bytes.
//
// Idempotent: a copy that is there is not made again, and what is gone may be deleted as often as it is told. Both may
// come in any order: whoever has made a copy looks whether the bytes are still kept, and takes it away if they are not.

import type { OutboxBody } from '../../domain/outbox.ts'
import { blobKey, variantsPrefix } from '../../r2/keys.ts'
import { mapBounded } from '../concurrency.ts'
import type { Services } from '../services.ts'
import { type Incoming, together } from './rows.ts'

/** Copies stream gigabytes; the platform gives an invocation six connections. */
const copiesAtOnce = 2

export const consumeMedia = (services: Services, rows: Incoming<'media'>[]): Promise<void> =>
  together(rows, (some) =>
    services.index.putMedia(
      some.map(({ workspaceId, row, body: { incarnation, mediaId, media } }) => ({
        workspaceId,
        mediaId,
        at: { incarnation, sequence: row.sequence },
        media,
      })),
    ),
  )

export const consumeBlobCopies = (services: Services, rows: Incoming<'blob-copy'>[]): Promise<void> =>
  eachRow(rows, copiesAtOnce, (row) => copyBlob(services, row))

export const consumeBlobDeletes = (services: Services, rows: Incoming<'blob-delete'>[]): Promise<void> =>
  eachRow(rows, 6, ({ workspaceId, body }) => deleteBlob(services, workspaceId, body.blobId))

async function copyBlob({ blobs, copies }: Services, { workspaceId, body }: Incoming<'blob-copy'>): Promise<void> {
  if (copies === null) return
  const key = blobKey(workspaceId, body.blobId)
  const known = await copies.has(key)
  if (!known.ok) throw new Error(`copies.has: ${known.error.detail}`)
  if (known.value) return
  const bytes = await blobs.read(key)
  if (!bytes.ok) {
    // Released, and deleted, before this row came.
    if (bytes.error.code === 'blob/not_found') return
    throw new Error(`blobs.read: ${bytes.error.detail}`)
  }
  const { size, sha256, contentType } = body
  const put = await copies.put(key, bytes.value, { size, sha256: Buffer.from(sha256, 'base64url').toString('hex'), contentType })
  if (!put.ok) throw new Error(`copies.put: ${put.error.detail}`)
  if ((await blobs.head(key)) === null) await deleteCopy(copies, key)
}

/** Everything that is stored of a blob, wherever it is. */
export async function deleteBlob({ blobs, copies }: Services, workspaceId: string, blobId: string): Promise<void> {
  const key = blobKey(workspaceId, blobId)
  // The bytes first: nobody makes a variant or a copy of what is gone.
  await blobs.delete([key])
  await deleteAll({ blobs }, variantsPrefix(workspaceId, blobId))
  if (copies) await deleteCopy(copies, key)
}

/** All objects under a prefix. */
export async function deleteAll({ blobs }: Pick<Services, 'blobs'>, prefix: string): Promise<void> {
  for (let cursor: string | undefined; ; ) {
    const page = await blobs.list(prefix, cursor)
    if (page.objects.length > 0) await blobs.delete(page.objects.map(({ key }) => key))
    if (page.cursor === undefined) return
    cursor = page.cursor
  }
}

async function deleteCopy(copies: NonNullable<Services['copies']>, key: string): Promise<void> {
  const gone = await copies.delete(key)
  if (!gone.ok) throw new Error(`copies.delete: ${gone.error.detail}`)
}

async function eachRow<Kind extends OutboxBody['kind']>(
  rows: Incoming<Kind>[],
  atOnce: number,
  work: (row: Incoming<Kind>) => Promise<void>,
): Promise<void> {
  await mapBounded(
    rows,
    async (row) => {
      try {
        await work(row)
        row.state = 'done'
      } catch (thrown) {
        row.error = thrown
      }
    },
    atOnce,
  )
}
