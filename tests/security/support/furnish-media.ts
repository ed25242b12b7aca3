// Media of a workspace of the tests: one to look at and to change, one that is private, one to delete and one to bring back.
// Ids, names and bytes carry the marker. Two of each thing that is listed, so that a list has a second page.

import { doomed } from './furnishings.ts'
import type { Answer, Ask } from './world.ts'

export interface MediaThings {
  mediaId: string
  privateMediaId: string
  deletedMediaId: string
}

interface Marked {
  marker: string
}

export const mediaIds = (marker: string): MediaThings => ({
  mediaId: `media-${marker}`,
  privateMediaId: `private-media-${marker}`,
  deletedMediaId: `deleted-media-${marker}`,
})

/** `fresh` is assigned by nobody yet. */
export const tagsOf = ({ marker }: Marked) => ({ kept: `tag-${marker}`, several: `tags-${marker}`, fresh: `fresh-tag-${marker}` })

/** What is uploaded: text, so that a leak of it is found. */
export const bytesOf = (mediaId: string): string => `The bytes of ${mediaId}.`

/** The dashboard, as an owner; and anyone, with bytes. What is not a success throws. */
export interface Uploader {
  dashboard: (method: string, path: string, body?: object) => Promise<Answer>
  send: (ask: Ask) => Promise<Answer>
}

export async function furnishMedia(its: Marked, { dashboard, send }: Uploader): Promise<void> {
  const { mediaId, privateMediaId, deletedMediaId } = mediaIds(its.marker)
  const all = [
    [mediaId, 'public'],
    [doomed(mediaId), 'public'],
    [deletedMediaId, 'public'],
    [privateMediaId, 'private'],
  ] as const
  for (const [id, visibility] of all) {
    const raw = bytesOf(id)
    const asked = { fileName: `${id} 夕日.txt`, contentType: 'text/plain', fileType: 'document', mediaId: id, visibility }
    const query = new URLSearchParams({ ...asked, fileSize: String(raw.length) })
    const { json } = await dashboard('GET', `/media/upload-url?${query}`)
    await send({ method: 'PUT', path: new URL(json.uploadUrl).pathname, raw, headers: json.metadataHeaders })
  }
  const translations = [
    { lang: 'en', label: `Label ${its.marker}` },
    { lang: 'de', label: 'x' },
  ]
  await dashboard('PATCH', `/media/${mediaId}`, { altText: `Alt ${its.marker}`, translations })
  const { kept, several } = tagsOf(its)
  await dashboard('POST', `/media/${mediaId}/tags`, { assignments: [kept, doomed(kept), doomed(several)].map((tagId) => ({ tagId })) })
  await dashboard('DELETE', `/media/${deletedMediaId}`)
}
