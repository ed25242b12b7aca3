// A media as the workspace keeps it, for tests that show some.

import type { StoredMedia } from '../../../domain/media/types.ts'

export const storedMedia = (more: Partial<StoredMedia> = {}): StoredMedia => ({
  mediaId: 'sunset',
  fileName: 'sunset.jpg',
  originalFileName: 'Sonnenuntergang – 夕日.jpg',
  contentType: 'image/jpeg',
  fileType: 'image',
  scope: 'workspace',
  visibility: 'public',
  size: 4096,
  sha256: 'x'.repeat(43),
  blobId: 'blob-1',
  translations: [],
  tags: [],
  createdAtMs: Date.parse('2026-11-21T12:00:00Z'),
  updatedAtMs: Date.parse('2026-11-22T12:00:00Z'),
  ...more,
})
