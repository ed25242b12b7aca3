// The way into every upload route: the URL is one of ours, its workspace is there, the page that calls may, and whoever made
// the URL still may. Whether the upload may still be begun, or go on, is for its object to say.

import { z } from 'zod'
import { type Failure, failure } from '../../domain/failures.ts'
import type { UploadGrant } from '../../domain/media/grant.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { describeError, eventLogLine } from '../../domain/telemetry/request-log.ts'
import { type UploadRpc, uploadName } from '../../durable-objects/upload/rpc.ts'
import { blobKey } from '../../r2/keys.ts'
import type { Edge } from '../edge/edge.ts'
import { ObjectUnavailable } from '../edge/object-unavailable.ts'
import type { Handler, OpenCall, Reply } from '../edge/route.ts'
import type { Services } from '../services.ts'

/** What its maker asked for, when it was made (dashboard/media-upload-url.ts). */
const uploading = { action: 'write', operation: 'media/getUploadUrl', kind: 'media' } as const

export const grantParams = z.object({ grant: z.string() })

/** An upload that is called, with everything that its steps need. */
export interface Opened {
  edge: Edge
  services: Services
  call: OpenCall
  grant: UploadGrant
  upload: UploadRpc
  /** Where the bytes of a blob lie. */
  keyOf: (blobId: string) => string
}

type GrantCall = OpenCall<z.output<typeof grantParams>>

/** A handler that is given the upload. What it does goes on for a while when the caller has gone, so that nothing is left half done. */
export const withUpload =
  <C extends GrantCall>(edge: Edge, work: (opened: Opened, call: C) => Promise<Result<Reply>>): Handler<C> =>
  async (call) => {
    const working = run(edge, call, work)
    call.outlive(
      working.then(
        () => {},
        () => {},
      ),
    )
    return working
  }

async function run<C extends GrantCall>(
  edge: Edge,
  call: C,
  work: (opened: Opened, call: C) => Promise<Result<Reply>>,
): Promise<Result<Reply>> {
  const opened = await openUpload(edge, call)
  return opened.ok ? await work(opened.value, call) : opened
}

async function openUpload(edge: Edge, call: GrantCall): Promise<Result<Opened>> {
  const { services } = edge
  const opened = edge.uploadGrants.open(call.params.grant)
  if (!opened.ok) return opened
  const grant = opened.value
  const { workspaceId, accountId, uploadId } = grant
  const workspace = await services.workspaceEdge(workspaceId)
  if (!workspace.ok) return workspace
  if (workspace.value.ruleSet.accountId !== accountId) return fail(failure('resource/not_found', 'There is no such workspace.'))
  const admitted = call.admitOrigin(workspace.value.access)
  if (!admitted.ok) return admitted
  const mayStill = await edge.makers.mayStill(workspaceId, grant.by, uploading)
  if (!mayStill.ok) return mayStill
  const upload = services.upload(uploadName(workspaceId, uploadId))
  return ok({ edge, services, call, grant, upload, keyOf: (blobId) => blobKey(workspaceId, blobId) })
}

/** What was never begun and cannot be begun any more has expired. */
export const orExpired = <T>({ grant, call }: Opened, found: Result<T>): Result<T> =>
  !found.ok && found.error.code === 'resource/not_found' && call.nowMs >= grant.expiresAtMs
    ? fail(failure('auth/expired_token', 'This upload URL has expired.'))
    : found

/** Before bytes come: room for an attempt to write them under `blobId`. The exact word is the workspace's, when the media is made. */
export const reserveRoom = ({ services, grant: { workspaceId, uploadId, size } }: Opened, blobId: string, expiresAtMs: number) =>
  services.workspace(workspaceId).reserveUpload(workspaceId, { uploadId, blobId, bytes: size, expiresAtMs })

/** No media comes of the attempt; without `blobId`, of the upload. */
export const releaseRoom = ({ services, grant: { workspaceId, uploadId } }: Opened, blobId?: string): Promise<Result<void>> =>
  services.workspace(workspaceId).releaseUpload(workspaceId, uploadId, blobId)

/** R2 that does not take or give bytes now: for the log what it said, for the caller that a retry may help. An object's own outage is thrown on. */
export function storeFailed({ edge, services, grant: { workspaceId } }: Opened, thrown: unknown): Failure {
  if (thrown instanceof ObjectUnavailable) throw thrown
  edge.log(eventLogLine({ atMs: services.now(), event: 'upload/store_failed', workspaceId, error: describeError(thrown) }))
  return failure('record/unavailable', 'The bytes cannot be stored or read right now. Retry.', { retryAfterSeconds: 1 })
}

export const uploadOver = failure('resource/gone', 'This upload is over. Ask for another upload URL.')
