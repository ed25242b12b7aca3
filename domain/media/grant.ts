// What a signed upload URL allows: one upload of these bytes as this media, until it expires.

import type { Maker } from '../identity.ts'
import type { MediaContentType } from './content-types.ts'
import type { FileType, MediaScope, Visibility } from './types.ts'

export interface UploadGrant {
  /** Of the upload, and of the event that makes the media: a URL makes one media, once. */
  uploadId: string
  workspaceId: string
  accountId: string
  mediaId: string
  originalFileName: string
  contentType: MediaContentType
  fileType: FileType
  scope: MediaScope
  visibility: Visibility
  /** Bytes, exactly. */
  size: number
  /** base64url; absent: whatever the bytes come to. */
  sha256?: string
  expiresAtMs: number
  /** Who asked for it: named in the trail, and good for as much as they may still do. */
  by: Maker
}
