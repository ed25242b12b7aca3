// Where a media is: /media/{workspaceId}/{mediaId}/{fileName}. The name is for people; what is behind a URL never changes.

import { z } from 'zod'
import type { StoredMedia } from './types.ts'

/** An id that a client may choose: it stands in URLs and in keys as it is. */
export const mediaId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'Letters, digits, "_" and "-", 1 to 64 of them.')

/** Ids that would be taken for operations of the dashboard API (/media/export). */
export const reservedMediaIds = ['export', 'upload-url']

export const mediaPath = (workspaceId: string, { mediaId, fileName }: Pick<StoredMedia, 'mediaId' | 'fileName'>): string =>
  `/media/${workspaceId}/${mediaId}/${fileName}`
