// Where media lie in the bucket. Every key starts with the workspace, whose ids are ten characters of the nanoid alphabet,
// so none can be another's prefix, nor one of the bucket's other rooms (pending/, lives/). Ids are generated or checked
// before they get here; what does not fit the alphabet throws, so no name of a client's ever becomes part of a key.
//
// Keys: {workspace}/blobs/{blob}                   the bytes; never changed
//       {workspace}/variants/{blob}/{variant}      a transformed image, made on demand; can be made again
//       {workspace}/uploads/{upload}/{offset}      what came of a part that is not full yet

const segment = /^[A-Za-z0-9_-]{1,128}$/

function safe(part: string): string {
  if (!segment.test(part)) throw new Error('not a segment of a key')
  return part
}

const workspacePrefix = (workspaceId: string): string => {
  if (!/^[A-Za-z0-9_-]{10}$/.test(workspaceId)) throw new Error('not a workspace id')
  return `${workspaceId}/`
}

export const blobsPrefix = (workspaceId: string): string => `${workspacePrefix(workspaceId)}blobs/`
export const blobKey = (workspaceId: string, blobId: string): string => `${blobsPrefix(workspaceId)}${safe(blobId)}`
export const workspaceVariantsPrefix = (workspaceId: string): string => `${workspacePrefix(workspaceId)}variants/`
/** The blob that an object is, or was made of; null for what is neither. */
export function blobIdIn(workspaceId: string, key: string): string | null {
  const [, blobId] = /^(?:blobs|variants)\/([A-Za-z0-9_-]{1,128})(?:\/|$)/.exec(key.slice(workspacePrefix(workspaceId).length)) ?? []
  return blobId ?? null
}
export const variantsPrefix = (workspaceId: string, blobId: string): string => `${workspaceVariantsPrefix(workspaceId)}${safe(blobId)}/`
export const variantKey = (workspaceId: string, blobId: string, variant: string): string =>
  `${variantsPrefix(workspaceId, blobId)}${safe(variant)}`
export const uploadsPrefix = (workspaceId: string): string => `${workspacePrefix(workspaceId)}uploads/`
export const uploadPrefix = (workspaceId: string, uploadId: string): string => `${uploadsPrefix(workspaceId)}${safe(uploadId)}/`
export const tailKey = (workspaceId: string, uploadId: string, offset: number): string =>
  `${uploadPrefix(workspaceId, uploadId)}${safe(String(offset))}`
