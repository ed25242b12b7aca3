// /uploads/v1/{grant}/multipart: a file in parts of one size (but the last), in any order, several at once, each as often as
// it takes; for seven days from its beginning. What was received is kept by the upload's object, so any client that has the
// URL can go on where another stopped.

import type { Hono } from 'hono'
import { z } from 'zod'
import { failure, type InputError } from '../../domain/failures.ts'
import { sha256In } from '../../domain/media/sha256.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { ReceivedPart, UploadState } from '../../durable-objects/upload/rpc.ts'
import { isNoSuchUpload } from '../../r2/blob-store.ts'
import type { Edge } from '../edge/edge.ts'
import { parseJson } from '../edge/json.ts'
import type { OpenCall, Reply } from '../edge/route.ts'
import { inputFailure } from '../edge/validate.ts'
import { assembleUpload } from './assemble.ts'
import { beginInParts, endInParts, inMode } from './begin.ts'
import { chunkReader } from './chunks.ts'
import { checkContent } from './content-check.ts'
import { finishUpload } from './finish.ts'
import { grantParams, type Opened, orExpired, storeFailed, uploadOver, withUpload } from './opened.ts'
import { missingParts, partBytes, partCountOf, partSizeFor } from './parts.ts'
import { receive } from './receive.ts'
import { refuseCoding, refuseLength, wantedSha256 } from './request-checks.ts'

const partParams = grantParams.extend({
  partNumber: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'A number from 1 on.')
    .transform(Number),
})

export function multipartRoutes(app: Hono, edge: Edge): void {
  const at = { api: 'uploads', cors: 'workspace', takesBytes: true, path: '/:grant/multipart', params: grantParams } as const
  edge.open(app, { ...at, method: 'POST', operationId: 'uploads/beginMultipart' }, withUpload(edge, begin))
  edge.open(app, { ...at, method: 'GET', operationId: 'uploads/listParts' }, withUpload(edge, list))
  edge.open(app, { ...at, method: 'DELETE', operationId: 'uploads/abortMultipart' }, withUpload(edge, abort))
  const complete_ = { ...at, method: 'POST', path: '/:grant/multipart/complete', operationId: 'uploads/completeMultipart' } as const
  edge.open(app, complete_, withUpload(edge, complete))
  const part = { ...at, method: 'PUT', path: '/:grant/multipart/:partNumber', params: partParams, operationId: 'uploads/putPart' } as const
  edge.open(app, part, withUpload(edge, putPart))
}

async function begin(opened: Opened): Promise<Result<Reply>> {
  const begun = await beginInParts(opened, 'multipart', { partSize: partSizeFor(opened.grant.size) })
  return begun.ok ? ok({ status: begun.value.isNew ? 201 : 200, body: multipartView(begun.value.state) }) : begun
}

async function list(opened: Opened): Promise<Result<Reply>> {
  const found = orExpired(opened, inMode('multipart', await opened.upload.state()))
  return found.ok ? ok({ status: 200, body: multipartView(found.value) }) : found
}

async function putPart(opened: Opened, call: OpenCall<z.output<typeof partParams>>): Promise<Result<Reply>> {
  const { services, grant, upload, keyOf } = opened
  const { partNumber } = call.params
  const admitted = orExpired(opened, await upload.admit('multipart'))
  if (!admitted.ok) return admitted
  const { multipart, status } = admitted.value
  if (status !== 'open' || !multipart?.r2UploadId) return fail(alreadyComplete)
  const { blobId, r2UploadId, partSize } = multipart
  const partCount = partCountOf(grant.size, partSize)
  if (partNumber > partCount)
    return fail(
      failure('validation/invalid_input', `This upload has ${partCount} parts.`, {
        errors: [{ parameter: 'partNumber', detail: `At most ${partCount}.` }],
      }),
    )
  const size = partBytes(grant.size, partSize, partNumber)
  const refused = refuseCoding(call.headers) ?? refuseLength(call.headers, size)
  if (refused) return fail(refused)
  const sha256 = wantedSha256(call.headers)
  if (!sha256.ok) return sha256

  const look = partNumber === 1 ? (head: Uint8Array) => checkContent(grant.contentType, head, grant.size) : undefined
  const attempt = services.newId()
  async function store(bytes: ReadableStream<Uint8Array> | Uint8Array) {
    const begun = await upload.beginPart({ partNumber, attempt })
    return begun.ok ? ok(await services.blobs.putPart(keyOf(blobId), r2UploadId, partNumber, bytes)) : begun
  }
  const received = await receive(call.bytes, { size, sha256: sha256.value, isHashed: false, look }, store).catch(async (thrown) => {
    const overMeanwhile = isNoSuchUpload(thrown) && (await isOver(opened))
    return fail(overMeanwhile ? uploadOver : storeFailed(opened, thrown))
  })
  if (!received.ok) return received
  const part: ReceivedPart = { partNumber, etag: received.value.stored.etag, size }
  const noted = await upload.notePart(part, attempt)
  return noted.ok ? ok({ status: 200, body: part, headers: { etag: `"${part.etag}"` } }) : noted
}

const isOver = async ({ upload }: Opened): Promise<boolean> => {
  const { ok: isThere, ...found } = await upload.state()
  return !isThere || ('value' in found && found.value.status !== 'open')
}

async function complete(opened: Opened, call: OpenCall): Promise<Result<Reply>> {
  const stated = await statedByBody(call)
  if (!stated.ok) return stated
  const admitted = orExpired(opened, await opened.upload.admit('multipart'))
  if (!admitted.ok) return admitted
  const state = admitted.value
  if (state.status === 'done' || state.status === 'checked') return finishUpload(opened, state, stated.value)
  if (state.status === 'open') {
    const missing = missingParts(opened.grant.size, state.multipart?.partSize ?? 1, state.parts)
    if (missing.length > 0) return fail(incomplete(missing))
  }
  const wanted = [opened.grant.sha256, stated.value].filter((sha256) => sha256 !== undefined)
  const checked = await assembleUpload(opened, state, wanted)
  return checked.ok ? finishUpload(opened, checked.value, stated.value) : checked
}

const completeBody = z.strictObject({
  sha256: z
    .string()
    .transform((text, context) => {
      const sha256 = sha256In(text)
      if (sha256 === null) context.addIssue('A SHA-256 in hex, base64 or base64url.')
      return sha256 ?? undefined
    })
    .optional(),
})
const bodyLimitBytes = 4096

/** The body may be left out. What it may say is one hash: of the whole, base64url here. */
async function statedByBody({ bytes }: OpenCall): Promise<Result<string | undefined>> {
  const reader = chunkReader(bytes)
  const body = await reader.head(bodyLimitBytes + 1)
  await reader.leave()
  if (!body.ok) return body
  if (body.value.byteLength === 0) return ok(undefined)
  if (body.value.byteLength > bodyLimitBytes) return fail(failure('request/too_large', `The body is larger than ${bodyLimitBytes} bytes.`))
  const json = parseJson(body.value)
  if (!json.ok) return json
  const parsed = completeBody.safeParse(json.value)
  return parsed.success ? ok(parsed.data.sha256) : fail(inputFailure(parsed.error, 'body'))
}

/** Of many, the first are named. */
function incomplete(missing: number[]) {
  const errors = missing
    .slice(0, 20)
    .map((partNumber): InputError => ({ parameter: 'partNumber', detail: `Part ${partNumber} is missing.` }))
  return failure(
    'validation/invalid_input',
    `Parts are missing: ${missing.slice(0, 100).join(', ')}${missing.length > 100 ? ', …' : ''}.`,
    { errors },
  )
}

async function abort(opened: Opened): Promise<Result<Reply>> {
  const found = inMode('multipart', await opened.upload.state())
  if (!found.ok && found.error.code === 'resource/conflict') return found
  const ended = found.ok ? await endInParts(opened, found.value) : ok(undefined)
  return ended.ok ? ok({ status: 204 }) : ended
}

function multipartView({ grant, status, multipart, parts, expiresAtMs }: UploadState) {
  const partSize = multipart?.partSize ?? 0
  return {
    uploadId: grant.uploadId,
    mediaId: grant.mediaId,
    status: status === 'open' ? 'open' : status === 'done' ? 'done' : 'completing',
    partSize,
    partCount: partCountOf(grant.size, partSize),
    parts: parts.map(({ partNumber, etag, size }) => ({ partNumber, etag, size })),
    expiresAt: new Date(expiresAtMs).toISOString(),
  }
}

const alreadyComplete = failure('resource/conflict', 'The parts of this upload are put together already.')
