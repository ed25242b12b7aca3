// From parts to bytes that are checked. R2 puts them together; then the whole is read back once, as a stream, since nobody
// has seen it whole before; workspaces take turns at that. Each step is noted when it is done, and a step that was done and
// not noted is found done, so an attempt that died anywhere is made good by the next.
//
//   open       R2 completes it (or has: the key is there)
//   assembled  read back: hash, size and content are what they should be?  no: it ends, and nothing of it is left
//   checked    its media is made (finish.ts)

import { createHash } from 'node:crypto'
import { type Failure, failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { UploadState } from '../../durable-objects/upload/rpc.ts'
import { isNoSuchPart } from '../../r2/blob-store.ts'
import { type Turn, takeTurn } from '../edge/limits/turn.ts'
import { assemblingWeight } from '../media/media-shares.ts'
import { readInWindows } from '../media/windows.ts'
import { endInParts } from './begin.ts'
import { chunkReader } from './chunks.ts'
import { checkContent, headBytes } from './content-check.ts'
import { type Opened, storeFailed, uploadOver } from './opened.ts'
import { probe } from './probe.ts'
import { otherBytes, tooShort } from './receive.ts'

/** `wanted`: hashes that the bytes must have, base64url. All parts are there. */
export async function assembleUpload(opened: Opened, before: UploadState, wanted: string[]): Promise<Result<UploadState>> {
  let state = before
  if (state.status === 'open') {
    const put = await putTogether(opened, state)
    if (!put.ok) return put
    state = put.value
  }
  if (state.status !== 'assembled') return ok(state)
  const { multipart } = state
  if (!multipart) throw new Error('an upload was put together that has no parts')
  const { services, grant, upload, keyOf } = opened
  const share = { key: grant.workspaceId, weight: assemblingWeight(grant.size) }
  const turn = await takeTurn(services.mediaMemory.shares.assembling, share, patience, services)
  if (!turn.ok) return turn
  const found = await readBack(opened, keyOf(multipart.blobId), turn.value).finally(turn.value.end)
  if (!found.ok) return found
  const wrong = await whatIsWrong(opened, found.value, wanted)
  if (wrong) {
    const ended = await endInParts(opened, state)
    return ended.ok ? fail(wrong) : ended
  }
  const { contentType, size } = grant
  const dimensions = await probe({ contentType, size, key: keyOf(multipart.blobId), blobs: services.blobs })
  return upload.checked({ blobId: multipart.blobId, sha256: found.value.sha256, ...dimensions })
}

async function putTogether(opened: Opened, { multipart, parts }: UploadState): Promise<Result<UploadState>> {
  if (!multipart) throw new Error('an upload without parts cannot be put together')
  const { services, grant, upload, keyOf } = opened
  const key = keyOf(multipart.blobId)
  const uploaded = parts.map(({ partNumber, etag }) => ({ partNumber, etag }))
  try {
    if (multipart.r2UploadId === null) await services.blobs.put(key, new Uint8Array(0), { contentType: grant.contentType })
    else await services.blobs.completeMultipart(key, multipart.r2UploadId, uploaded)
  } catch (thrown) {
    // Complete already, by a request that died before it could say so, or by one that runs beside this.
    const there = await services.blobs.head(key).catch(() => null)
    if (there === null) return fail(isNoSuchPart(thrown) ? partsChanged : storeFailed(opened, thrown))
  }
  return upload.assembled()
}

/** Each repeat goes on with what was noted. */
const patience = { waitMs: 20_000, heldMs: 30_000 }

interface Found {
  sha256: string
  size: number
  head: Uint8Array
}

async function readBack(opened: Opened, key: string, turn: Turn): Promise<Result<Found>> {
  const bytes = await readInWindows(opened.services.blobs, { key, size: opened.grant.size })
  if (!bytes.ok) return fail(bytes.error.code === 'blob/not_found' ? uploadOver : storeFailed(opened, new Error(bytes.error.detail)))
  const reader = chunkReader(bytes.value)
  const hash = createHash('sha256')
  const head = await reader.head(headBytes)
  if (!head.ok) return fail(storeFailed(opened, new Error(head.error.detail)))
  for (let size = 0; ; ) {
    const chunk = await reader.read()
    if (!chunk.ok) return fail(storeFailed(opened, new Error(chunk.error.detail)))
    if (chunk.value === null) return ok({ sha256: hash.digest('base64url'), size, head: head.value.slice() })
    size += chunk.value.byteLength
    hash.update(chunk.value)
    turn.renew()
  }
}

async function whatIsWrong({ grant: { contentType, size } }: Opened, found: Found, wanted: string[]): Promise<Failure | null> {
  if (found.size !== size) return tooShort(size, found.size)
  if (wanted.some((sha256) => sha256 !== found.sha256)) return otherBytes(found.sha256)
  return checkContent(contentType, found.head, size)
}

const partsChanged = failure('resource/conflict', 'A part was sent again while the parts were put together. Complete it again.')
