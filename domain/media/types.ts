// What a workspace knows of its media. Bytes are in R2 as blobs, which are never changed: a media names one blob for ever,
// so its URL is immutable; a blob with bytes that are there already is not kept twice.

export const fileTypes = ['image', 'video', 'audio', 'document', 'other'] as const
export type FileType = (typeof fileTypes)[number]

/** `public`: by URL. `private`: by a token of the workspace or by a signed URL. */
export const visibilities = ['public', 'private'] as const
export type Visibility = (typeof visibilities)[number]

/** Two shelves of one workspace, as the contract has them; what is `common` is common to the workspace, and crosses no wall. */
export const mediaScopes = ['workspace', 'common'] as const
export type MediaScope = (typeof mediaScopes)[number]

export interface MediaTranslation {
  lang: string
  label: string
  description?: string
}

export interface TagAssignment {
  tagId: string
  priority: number
  createdAtMs: number
  updatedAtMs: number
}

/** What is read off the bytes, where it can be. Pixels as shown, and seconds. */
export interface MediaDimensions {
  width?: number
  height?: number
  durationSeconds?: number
}

/** What an upload says of its media, once the bytes are there and checked. */
export interface NewMedia extends MediaDimensions {
  mediaId: string
  /** Generated: the id and the type's extension. */
  fileName: string
  /** As the uploader named it, in any script. */
  originalFileName: string
  contentType: string
  fileType: FileType
  scope: MediaScope
  visibility: Visibility
  /** Bytes; may be 0. */
  size: number
  /** Of the bytes, base64url. */
  sha256: string
  blobId: string
}

export interface StoredMedia extends NewMedia {
  altText?: string
  translations: MediaTranslation[]
  /** In the order of their ids. */
  tags: TagAssignment[]
  createdAtMs: number
  updatedAtMs: number
  /** Present: deleted, and recoverable until `retentionMs` later. */
  deletedAtMs?: number
}

/** Bytes in R2 under `blobKey` (r2/keys.ts). */
export interface StoredBlob {
  blobId: string
  sha256: string
  size: number
}

/** One entry of the workspace's media, whole, as commits carry it; null: gone for good, and its id stays taken. */
export interface MediaEntry {
  mediaId: string
  value: StoredMedia | null
}

/** null: released; whatever is still stored under this id will be deleted, and no media may ever name it. */
export interface BlobEntry {
  blobId: string
  value: StoredBlob | null
}

export interface MediaUsage {
  /** Of all blobs that are kept, those of deleted media that are still recoverable included. */
  bytes: number
  /** Media that are not gone for good. */
  items: number
}

/** Room that is kept for uploads that have begun and are not finished. */
export interface ReservedMedia {
  bytes: number
  uploads: number
}

export interface MediaPatch {
  translations?: MediaTranslation[]
  /** null takes it away. */
  altText?: string | null
  visibility?: Visibility
}

export interface TagChange {
  tagId: string
  priority: number
}

export type MediaCommand =
  /** Once for an upload: its event id is `upload:{uploadId}`. */
  | { kind: 'media.create'; media: NewMedia /** Whose room it takes; absent in commits from before room was kept. */; uploadId?: string }
  | { kind: 'media.update'; mediaId: string; scope: MediaScope; patch: MediaPatch }
  | { kind: 'media.delete'; mediaId: string; scope: MediaScope }
  | { kind: 'media.restore'; mediaId: string; scope: MediaScope }
  /**
   * `add` assigns, and changes the priority of what is assigned already; `addNew` refuses what is; `change` refuses what is
   * not.
   */
  | { kind: 'media.tags.put'; mediaId: string; scope: MediaScope; mode: 'add' | 'addNew' | 'change'; assignments: TagChange[] }
  | { kind: 'media.tags.remove'; mediaId: string; scope: MediaScope; tagIds: string[] }
  /** By the platform's own sweep: what was deleted long enough ago goes for good; what may still be recovered stays. */
  | { kind: 'media.purge'; mediaIds: string[] }
  /**
   * By the sweep: those that no media names are released, known or not; the others stay. `ifNeverNamed`: nor is one released
   * that a media has named; it is the orphan sweep's to wait for.
   */
  | { kind: 'blob.release'; blobIds: string[]; ifNeverNamed?: true }

/** How long a deleted media can be brought back. */
export const retentionMs = 30 * 24 * 60 * 60 * 1000
/** How long an orphan is left alone between the look that marks it and the look that releases it. */
export const orphanGraceMs = 24 * 60 * 60 * 1000
