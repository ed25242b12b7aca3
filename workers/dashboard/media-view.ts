// A media as the API shows it: on the dashboard, to apps, in an export, and to whoever has just uploaded it. Its URL is
// whole, and never changes as long as the media is public; a private one's carries a signature, so every look at it gives
// another one.

import type { Maker } from '../../domain/identity.ts'
import { mediaPath } from '../../domain/media/address.ts'
import type { StoredMedia, TagAssignment } from '../../domain/media/types.ts'
import { blobKey } from '../../r2/keys.ts'
import type { MediaLinks } from '../media/links.ts'
import { type Home, iso, timesOf } from './shown.ts'

export interface MediaPlace {
  home: Home
  /** Scheme and host that URLs begin with. */
  origin: string
  links: Pick<MediaLinks, 'sign'>
  /** Who is shown it, and so makes the links in it. */
  maker: Maker
  nowMs: number
  /** How long the URL of a private one is good; an hour unless given. */
  signedForMs?: number
}

/** What `fields` may ask for. */
export const mediaFields = ['tags', 'translations'] as const
export type MediaField = (typeof mediaFields)[number]

const hourMs = 60 * 60 * 1000

export function mediaView(media: StoredMedia, place: MediaPlace, fields: readonly MediaField[] = []) {
  const { home } = place
  return {
    mediaId: media.mediaId,
    fileName: media.fileName,
    originalFileName: media.originalFileName,
    contentType: media.contentType,
    fileType: media.fileType,
    scope: media.scope,
    visibility: media.visibility,
    key: blobKey(home.workspaceId, media.blobId),
    fileSize: media.size,
    sha256: media.sha256,
    width: media.width,
    height: media.height,
    durationSeconds: media.durationSeconds,
    altText: media.altText,
    url: mediaUrl(media, place),
    ...home,
    ...timesOf(media),
    ...(fields.includes('tags') && { tags: media.tags.map(shownTag) }),
    ...(fields.includes('translations') && { translations: mediaTranslations(media, home) }),
  }
}

function mediaUrl(media: StoredMedia, place: MediaPlace): string {
  if (media.visibility === 'private') return signedUrl(media, place, place.nowMs + (place.signedForMs ?? hourMs))
  return place.origin + mediaPath(place.home.workspaceId, media)
}

/** Good until then for whoever has it, while whoever made it may read media, and whatever its visibility becomes. */
const signedUrl = (media: StoredMedia, { home: { workspaceId }, origin, links, maker }: MediaPlace, expiresAtMs: number): string =>
  `${origin}${mediaPath(workspaceId, media)}?${links.sign({ workspaceId, mediaId: media.mediaId }, maker, expiresAtMs)}`

/** A signed URL on its own, and when it ends: a full second, and never before what was asked for. */
export function signedMediaUrl(media: StoredMedia, place: MediaPlace, expiresInSeconds: number): { url: string; expiresAt: string } {
  const expiresAtMs = (Math.ceil(place.nowMs / 1000) + expiresInSeconds) * 1000
  return { url: signedUrl(media, place, expiresAtMs), expiresAt: iso(expiresAtMs) }
}

export const mediaTranslations = (media: StoredMedia, home: Home) =>
  media.translations.map((translation) => ({ ...translation, mediaId: media.mediaId, ...home, ...timesOf(media) }))

const shownTag = ({ tagId, priority, ...times }: TagAssignment) => ({ tagId, priority, ...timesOf(times) })

/** A tag assignment as the tag operations show it. */
export const mediaTagView = ({ mediaId, scope }: StoredMedia, tag: TagAssignment, home: Home) => ({
  ...shownTag(tag),
  ...ofMedia(mediaId),
  scope,
  ...home,
})

/** What is left to say of an assignment that is gone. */
export const goneTagView = ({ mediaId }: StoredMedia, tagId: string) => ({ tagId, ...ofMedia(mediaId), deleted: true })

const ofMedia = (mediaId: string) => ({ entityType: 'Media', entityId: mediaId, mediaId })
