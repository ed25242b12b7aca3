// PUT /uploads/v1/{grant}: the whole file in one request.
//
//   what the request says is what was granted   ->  a try is counted  ->  room is reserved  ->  the bytes, checked as they pass
//   ->  the upload notes what was checked (of two at once, the first)  ->  its media
//
// A refused PUT leaves nothing in R2 and gives its room back, and the URL is good for another try.

import type { Hono } from 'hono'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { UploadState } from '../../durable-objects/upload/rpc.ts'
import { singlePutMs } from '../../durable-objects/upload/upload-life.ts'
import type { Edge } from '../edge/edge.ts'
import type { Reply } from '../edge/route.ts'
import { checkContent } from './content-check.ts'
import { discard, finishUpload, forgiven } from './finish.ts'
import { hexOf } from './integrity.ts'
import { grantParams, type Opened, releaseRoom, reserveRoom, storeFailed, withUpload } from './opened.ts'
import { probe } from './probe.ts'
import { receive } from './receive.ts'
import { refuseCoding, refuseContentRange, refuseLength, refuseType, wantedSha256 } from './request-checks.ts'

export function singlePutRoute(app: Hono, edge: Edge): void {
  const route = { api: 'uploads', cors: 'workspace', takesBytes: true, method: 'PUT', path: '/:grant', operationId: 'uploads/put' } as const
  edge.open(app, { ...route, params: grantParams }, withUpload(edge, putWhole))
}

async function putWhole(opened: Opened): Promise<Result<Reply>> {
  const { call, grant, upload } = opened
  const { headers } = call
  const refused =
    refuseType(headers, grant.contentType) ?? refuseCoding(headers) ?? refuseContentRange(headers) ?? refuseLength(headers, grant.size)
  if (refused) return fail(refused)
  const sha256 = wantedSha256(headers, grant.sha256)
  if (!sha256.ok) return sha256
  const begun = await upload.open(grant, 'single', null)
  if (!begun.ok) return begun
  if (begun.value.status !== 'open') return finishUpload(opened, begun.value, sha256.value)
  const blobId = opened.services.newId()
  const reserved = await reserveRoom(opened, blobId, call.nowMs + singlePutMs)
  if (!reserved.ok) return reserved
  const taken = await takeBytes(opened, blobId, sha256.value)
  return taken.ok ? finishUpload(opened, taken.value.state, taken.value.sha256) : taken
}

/** The upload once it is checked, by these bytes or by those of another request that was faster; and what these hash to. */
async function takeBytes(
  opened: Opened,
  blobId: string,
  sha256: string | undefined,
): Promise<Result<{ state: UploadState; sha256: string }>> {
  const { services, call, grant, upload, keyOf } = opened
  const { contentType, size } = grant
  let isNoted = false
  async function store(bytes: ReadableStream<Uint8Array> | Uint8Array): Promise<Result<void>> {
    const noted = await upload.noteBlob(blobId)
    if (!noted.ok) return noted
    isNoted = true
    await services.blobs.put(keyOf(blobId), bytes, { contentType, ...(sha256 !== undefined && { sha256: hexOf(sha256) }) })
    return ok(undefined)
  }
  async function leaveNothing(): Promise<void> {
    await forgiven(opened, () => releaseRoom(opened, blobId))
    if (isNoted) await forgiven(opened, () => discard(opened, blobId))
  }

  const announced = { size, sha256, look: (head: Uint8Array) => checkContent(contentType, head, size) }
  const received = await receive(call.bytes, announced, store).catch((thrown) => fail(storeFailed(opened, thrown)))
  if (!received.ok) {
    await leaveNothing()
    return received
  }
  const dimensions = await probe({ contentType, size, key: keyOf(blobId), blobs: services.blobs })
  // Should this call break, nobody knows whether it was noted: then the bytes are the sweep's to judge.
  const checked = await upload.checked({ blobId, sha256: received.value.sha256, ...dimensions })
  if (!checked.ok || checked.value.checked?.blobId !== blobId) await leaveNothing()
  return checked.ok ? ok({ state: checked.value, sha256: received.value.sha256 }) : checked
}
