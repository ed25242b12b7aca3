// The Upload object: one per signed upload URL, the keeper of what came so far. Reached by idFromName(uploadName(...)).
//
// It is no record: nothing of an upload is acknowledged but the media it becomes, which is a commit of the workspace. An
// object that lost its storage has forgotten an upload that must be begun again, and a sweep finds its bytes (they are
// orphans). Its alarm ends an upload whose time is over and has what it left in R2 looked at.

import type { UploadGrant } from '../../domain/media/grant.ts'
import type { MediaDimensions, StoredMedia } from '../../domain/media/types.ts'
import type { Result } from '../../domain/result.ts'

export const uploadName = (workspaceId: string, uploadId: string): string => `${workspaceId}:${uploadId}`

export type UploadMode = 'single' | 'multipart' | 'tus'

export interface ReceivedPart {
  partNumber: number
  etag: string
  size: number
}

export interface PartAttempt {
  partNumber: number
  attempt: string
}

/** A multipart upload of R2 that is under way. */
export interface Multipart {
  blobId: string
  /** R2's own id of it; null for an empty file, which has no parts. */
  r2UploadId: string | null
  /** Bytes of every part but the last. */
  partSize: number
  /** tus: `Upload-Metadata` as it was sent. */
  metadata?: string
}

/** Bytes that lie in R2 whole, and are what the grant says. */
export interface CheckedBytes extends MediaDimensions {
  blobId: string
  /** base64url. */
  sha256: string
}

/**
 * `assembled`: R2 has put the parts together; they are still to be checked. `checked`: the workspace may have been asked to
 * make the media of them. `ended`: aborted, or what came was refused.
 */
export type UploadStatus = 'open' | 'assembled' | 'checked' | 'done' | 'ended'

export interface UploadState {
  grant: UploadGrant
  mode: UploadMode
  status: UploadStatus
  multipart: Multipart | null
  /** In the order of their numbers. */
  parts: ReceivedPart[]
  /** tus: bytes received, those of the tail included. */
  offset: number
  /** tus: what is behind the last whole part is in R2 under `tailKey(…, offset)`; its length is `offset` mod partSize. */
  hasTail: boolean
  checked: CheckedBytes | null
  /** When it is over, unless it is done by then. */
  expiresAtMs: number
  /** As the upload was answered; once it is done. */
  media: StoredMedia | null
}

export interface Leftovers {
  /** Begun in R2 and not known to be gone, the media's own included. */
  blobIds: string[]
  multipart: Multipart | null
  /** Nothing more comes: what it left may be looked at. */
  isOver: boolean
  /** The media's blob, as the upload was answered; null where it came to none. */
  kept: string | null
}

export interface Hold {
  isHeld: boolean
  /** Somebody else waits for it: the holder should come to an end. */
  isWanted: boolean
}

/**
 * What is asked of an upload that was never begun is refused with `resource/not_found`, of one that is over with
 * `resource/gone`, and either leaves nothing behind. One that is done stays as it is, whatever is asked.
 */
export interface UploadRpc {
  /**
   * Begins it, or finds it as it is: of a mode and multipart that others have begun meanwhile, the first stays. A single PUT
   * counts as a try. `auth/expired_token` where the grant's time is over and nothing was begun; `resource/conflict` where it
   * was begun in another mode; `rate_limit/exceeded` after too many tries.
   */
  open(grant: UploadGrant, mode: UploadMode, multipart: Multipart | null): Promise<Result<UploadState>>
  /** For looking: nothing is counted. */
  state(): Promise<Result<UploadState>>
  /** Before bytes come: the upload as it is, and one try more. `resource/conflict` in another mode, `rate_limit/exceeded`. */
  admit(mode: UploadMode): Promise<Result<UploadState>>
  /** Before bytes are written under a blob id: whatever happens then, they are found again. */
  noteBlob(blobId: string): Promise<Result<void>>
  /** They are gone from R2, and no media can ever name them. An upload in parts that was made of them has ended. */
  forgetBlob(blobId: string): Promise<void>
  /**
   * Before a part is written: it is missing from now on. `attempt` is new for every request. `resource/conflict` where the parts
   * are put together already.
   */
  beginPart(part: PartAttempt): Promise<Result<UploadState>>
  /** R2 has it. `resource/conflict` also where another attempt was begun since: then it is missing, and must be sent again. */
  notePart(part: ReceivedPart, attempt: string): Promise<Result<UploadState>>
  /** tus: `from` is what the caller read before; false where it is not any more what it is. */
  advance(from: number, to: number, parts: ReceivedPart[], hasTail: boolean): Promise<boolean>
  /**
   * One at a time writes to it, for `forMs` from now. A holder that asks again holds on. Whoever waits asks again; a holder
   * that died has its time run out. In memory only: who is cut off by a restart is stopped by `advance`.
   */
  hold(holder: string, forMs: number): Promise<Hold>
  release(holder: string): Promise<void>
  assembled(): Promise<Result<UploadState>>
  /** Of several, the first stays, and is in the answer. From here on only `forgetBlob` can take it back. */
  checked(bytes: CheckedBytes): Promise<Result<UploadState>>
  done(media: StoredMedia): Promise<void>
  /**
   * Nothing more comes; what there is of it is swept. Again changes nothing. `resource/conflict` where its media is made
   * already, or is being made.
   */
  end(): Promise<Result<void>>
  /** What a sweep has to look at. */
  leftovers(): Promise<Leftovers>
  /** The sweep is through: these are gone, or a media names them; so is what R2 had of a multipart upload. */
  swept(blobIds: string[]): Promise<void>
}
