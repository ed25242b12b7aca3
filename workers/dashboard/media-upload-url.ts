// GET /dashboard/v1/media/upload-url: a signed URL that takes one upload of one file (workers/uploads). Nothing is stored: the
// grant is in the URL. It reads nothing to the caller and lets them write, so it takes who may write.
//
// What is refused here is refused early, before a byte is sent. Room is kept when the upload begins, and the exact word is
// spoken with the commit that makes the media: two URLs for one id, or for the last free gigabyte, are both given, and one
// of them is refused when it begins, or ends. So it is
// the other way round too: bytes that the workspace has already take no room, and that is known only with the bytes.

import type { Hono } from 'hono'
import { z } from 'zod'
import { type Failure, failure } from '../../domain/failures.ts'
import { mediaId, reservedMediaIds } from '../../domain/media/address.ts'
import { contentTypes, isFiledAs } from '../../domain/media/content-types.ts'
import { originalFileName } from '../../domain/media/file-name.ts'
import type { UploadGrant } from '../../domain/media/grant.ts'
import { mediaLimitsOf } from '../../domain/media/limits.ts'
import { refuseUpload } from '../../domain/media/quota.ts'
import { sha256In } from '../../domain/media/sha256.ts'
import { fileTypes, visibilities } from '../../domain/media/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { makerOf } from '../edge/makers.ts'
import { type Call, prefixes } from '../edge/route.ts'
import { bytesQuery, secondsQuery } from '../edge/validate.ts'
import type { Services } from '../services.ts'
import { scopeMember } from './media-commands.ts'

const mib = 1024 ** 2
const hourSeconds = 3600

const checksum = z
  .string('Given once.')
  .max(64, 'Too long.')
  .transform((given, context) => {
    const text = sha256In(given)
    if (text !== null) return text
    context.addIssue({ code: 'custom', message: 'A SHA-256 in base64 (percent-encoded), base64url or hex.' })
    return z.NEVER
  })
  .pipe(z.string().max(43))

const query = z.object({
  contentType: z.enum(contentTypes, 'Not one of the content types that may be uploaded.'),
  fileName: originalFileName,
  fileSize: bytesQuery,
  fileType: z.enum(fileTypes, `One of ${fileTypes.join(', ')}.`),
  mediaId: mediaId.refine((id) => !reservedMediaIds.includes(id), 'This id is reserved.').optional(),
  ...scopeMember,
  visibility: z.enum(visibilities, 'public or private.').default('public'),
  checksumSha256: checksum.optional(),
  expiresIn: secondsQuery(7 * 24 * hourSeconds).optional(),
})
type Query = z.output<typeof query>

export function uploadUrlRoute(app: Hono, edge: Edge): void {
  const { services, uploadGrants } = edge
  const route = { api: 'dashboard', action: 'write', method: 'GET', path: '/media/upload-url', operationId: 'media/getUploadUrl' } as const
  edge.route(app, { ...route, query }, async (call) => {
    const refused = await refusal(services, call)
    if (!refused.ok) return refused
    const expiresIn = call.query.expiresIn ?? (call.query.fileSize <= 100 * mib ? hourSeconds : 24 * hourSeconds)
    const grant = grantOf(call, expiresIn, services.newId)
    const body = {
      uploadUrl: `${call.ownOrigin}${prefixes.uploads}/${uploadGrants.seal(grant)}`,
      mediaId: grant.mediaId,
      expiresIn,
      metadataHeaders: headersFor(grant),
    }
    return ok({ status: 200, body })
  })
}

async function refusal(services: Services, { caller: { workspaceId }, query }: Call<unknown, Query>): Promise<Result<void>> {
  const { contentType, fileType, fileSize, mediaId } = query
  if (!isFiledAs(contentType, fileType)) return wrong('fileType', `${contentType} is not of this file type.`)
  const workspace = services.workspace(workspaceId)
  const usage = await workspace.mediaUsage(workspaceId)
  if (!usage.ok) return usage
  const { fileBytes } = mediaLimitsOf(usage.value.plan)
  if (fileSize > fileBytes) return wrong('fileSize', `A file of this workspace's plan has at most ${fileBytes} bytes.`)
  const noRoom = refuseUpload(usage.value.plan, usage.value, { size: fileSize, reserved: usage.value.reserved })
  if (noRoom) return fail(noRoom)
  if (mediaId === undefined) return ok(undefined)
  const taken = await workspace.media(workspaceId, mediaId)
  if (taken.ok) return fail(alreadyTaken)
  return taken.error.code === 'resource/not_found' ? ok(undefined) : taken
}

const wrong = (parameter: string, detail: string) => fail(failure('validation/invalid_input', detail, { errors: [{ parameter, detail }] }))

const taken = 'There is a media with this id, and the bytes of a media never change. Upload under another id.'
const alreadyTaken: Failure = failure('resource/already_exists', taken, { errors: [{ parameter: 'mediaId', detail: taken }] })

function grantOf({ caller, query, nowMs }: Call<unknown, Query>, expiresIn: number, newId: () => string): UploadGrant {
  const { workspaceId, accountId } = caller
  return {
    uploadId: newId(),
    workspaceId,
    accountId,
    mediaId: query.mediaId ?? newId(),
    originalFileName: query.fileName,
    contentType: query.contentType,
    fileType: query.fileType,
    scope: query.scope,
    visibility: query.visibility,
    size: query.fileSize,
    ...(query.checksumSha256 !== undefined && { sha256: query.checksumSha256 }),
    expiresAtMs: nowMs + expiresIn * 1000,
    by: makerOf(caller),
  }
}

/** What the PUT must carry; the digest as RFC 9530 writes it. */
const headersFor = ({ contentType, sha256 }: UploadGrant): Record<string, string> => ({
  'content-type': contentType,
  ...(sha256 !== undefined && { 'content-digest': `sha-256=:${Buffer.from(sha256, 'base64url').toString('base64')}:` }),
})
