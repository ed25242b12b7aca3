// A media made as an upload makes one, by its command: how bytes come is looked at where they do.

import { createHash } from 'node:crypto'
import type { NewMedia } from '../../domain/media/types.ts'
import type { DashboardWorld } from './world.ts'

/** As an upload that is through makes it, index and all. */
export async function uploaded(world: DashboardWorld, mediaId: string, more: Partial<NewMedia> = {}, workspaceId = 'workspace1') {
  world.advance(1000)
  const sha256 = createHash('sha256').update(`${workspaceId} ${mediaId}`).digest('base64url')
  const media: NewMedia = {
    mediaId,
    fileName: `${mediaId}.jpg`,
    originalFileName: '夕日.jpg',
    contentType: 'image/jpeg',
    fileType: 'image',
    scope: 'workspace',
    visibility: 'public',
    size: 1000,
    sha256,
    blobId: `blob-${mediaId}`,
    ...more,
  }
  const trail = { subject: 'upload', platform: 'system', requestId: 'r' } as const
  const [reply] = await world.services.workspace(workspaceId).execute(workspaceId, [{ command: { kind: 'media.create', media }, trail }])
  if (!reply?.ok) throw new Error(JSON.stringify(reply))
  const stored = { ...media, translations: [], tags: [], createdAtMs: world.now(), updatedAtMs: world.now() }
  await world.services.index.putMedia([{ workspaceId, mediaId, at: reply.at, media: stored }])
}
