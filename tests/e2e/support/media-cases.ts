// Media among the operations of the contract: what there is, uploaded as clients upload, and a call of each operation.

import type { Case } from './contract-case.ts'
import { send } from './game.ts'
import type { Platform } from './platform.ts'

const file = { contentType: 'text/plain', fileName: 'Notizen – メモ.txt', fileType: 'document' }
const text = 'What is said of the sea.\n'
const urlFor = (more: Record<string, string> = {}) => ({ ...file, fileSize: String(Buffer.byteLength(text)), ...more })

const translations = [
  { lang: 'en', label: 'Label', description: 'Description' },
  { lang: 'de', label: 'Titel' },
]
const assigned = (...tagIds: string[]) => ({ assignments: tagIds.map((tagId) => ({ tagId, priority: 1 })) })

export async function prepareMedia(platform: Platform, token: string): Promise<void> {
  const call = async (method: string, path: string, body?: object) => {
    const answer = await send(platform, method, `/dashboard/v1/media${path}`, token, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body as { uploadUrl: string; metadataHeaders: Record<string, string> }
  }
  for (const mediaId of ['notes', 'more-notes', 'goner']) {
    const { uploadUrl, metadataHeaders } = await call('GET', `/upload-url?${new URLSearchParams(urlFor({ mediaId }))}`)
    const uploaded = await fetch(uploadUrl, { method: 'PUT', body: text, headers: metadataHeaders })
    if (uploaded.status !== 201) throw new Error(`upload of ${mediaId}: ${uploaded.status} ${await uploaded.text()}`)
  }
  await call('PATCH', '/notes', { translations })
  await call('POST', '/notes/tags', assigned('sea', 'sun', 'gone', 'goner'))
}

const notes = { params: { mediaId: 'notes' } }
const tag = (tagId: string) => ({ params: { mediaId: 'notes', tagId } })

export const mediaCases: Record<string, Case> = {
  'dashboard GET /media': {
    ok: { shows: { nextToken: null } },
    errors: [
      { status: 400, query: { fileType: 'paper' } },
      { status: 400, query: { scope: 'world' } },
    ],
  },
  'dashboard GET /media/upload-url': {
    ok: { query: urlFor(), shows: { expiresIn: 3600, metadataHeaders: { 'content-type': 'text/plain' } } },
    errors: [
      { status: 400, query: urlFor({ fileType: 'video' }) },
      { status: 400, query: urlFor({ fileSize: '-1' }) },
      { status: 409, query: urlFor({ mediaId: 'notes' }) },
    ],
  },
  'dashboard GET /media/{mediaId}': { ok: { ...notes, shows: { mediaId: 'notes', translations: [{ lang: 'en' }, { lang: 'de' }] } } },
  'dashboard PATCH /media/{mediaId}': {
    ok: { ...notes, body: { translations, altText: 'Notes' }, shows: { altText: 'Notes' } },
    errors: [{ status: 400, body: {} }],
  },
  'dashboard DELETE /media/{mediaId}': { ok: { params: { mediaId: 'goner' }, shows: { mediaId: 'goner', deleted: true } } },
  'dashboard GET /media/{mediaId}/translations': { ok: { ...notes, shows: { items: [{ mediaId: 'notes' }, { lang: 'de' }] } } },
  'dashboard GET /media/{mediaId}/tags': { ok: { ...notes, query: { limit: '2' } } },
  'dashboard POST /media/{mediaId}/tags': {
    ok: { ...notes, body: assigned('sea', 'wind'), shows: { assignments: [{ tagId: 'sea' }, { tagId: 'wind' }] } },
    again: assigned('rain'),
  },
  'dashboard PATCH /media/{mediaId}/tags': {
    ok: { ...notes, body: assigned('sea') },
    again: assigned('sun'),
    errors: [{ status: 404, body: assigned('none') }],
  },
  'dashboard DELETE /media/{mediaId}/tags': {
    ok: { ...notes, body: assigned('gone'), shows: { assignments: [{ tagId: 'gone', deleted: true }] } },
  },
  'dashboard GET /media/{mediaId}/tags/{tagId}': { ok: { ...tag('sun'), shows: { tagId: 'sun', entityType: 'Media' } } },
  'dashboard POST /media/{mediaId}/tags/{tagId}': {
    ok: { ...tag('sand'), body: { priority: 3 }, shows: { priority: 3 } },
    // Without a body: it says only what may be left out.
    againAt: tag('salt').params,
    errors: [{ status: 409, ...tag('sea'), body: {} }],
  },
  'dashboard PATCH /media/{mediaId}/tags/{tagId}': {
    ok: { ...tag('sun'), body: { priority: 5 }, shows: { priority: 5 } },
    again: { priority: 6 },
  },
  'dashboard DELETE /media/{mediaId}/tags/{tagId}': { ok: { ...tag('goner'), shows: { tagId: 'goner', deleted: true } } },
}
