// Media as an upload makes them.

import type { NewMedia } from '../../../domain/media/types.ts'

/** Unless it says otherwise, one of these has the same bytes as the next. */
export const newMedia = (mediaId: string, rest: Partial<NewMedia> = {}): NewMedia => ({
  mediaId,
  fileName: `${mediaId}.png`,
  originalFileName: 'Foto.png',
  contentType: 'image/png',
  fileType: 'image',
  scope: 'workspace',
  visibility: 'public',
  size: 5,
  sha256: 'sha-of-these-bytes',
  blobId: `blob-of-${mediaId}`,
  ...rest,
})
