// Media, of the dashboard and of the app (cases.ts says what this is). Routes of bytes are not here: media-isolation.test.ts.

import type { Case } from './case.ts'
import { tagsOf } from './furnish-media.ts'
import { doomed } from './furnishings.ts'
import type { Things } from './tenants.ts'

const ofMedia = ({ mediaId }: Things) => ({ mediaId })
const ofTag = (its: Things) => ({ ...ofMedia(its), tagId: tagsOf(its).kept })
const tagged = (of: (its: Things) => string) => ({
  body: (its: Things) => ({ assignments: [{ tagId: of(its), priority: 1 }] }),
})
const isAssigned = { pointer: '/assignments/0/tagId', of: (its: Things) => tagsOf(its).kept, status: 404 }

const dashboard: Record<string, Case> = {
  'GET /media': { status: 200 },
  'GET /media/upload-url': {
    status: 200,
    least: 'editor',
    query: () => ({ contentType: 'image/png', fileName: 'a.png', fileSize: '68', fileType: 'image' }),
    isFresh: true,
  },
  'GET /media/export': { status: 200 },
  'GET /media/:mediaId': { status: 200, params: ofMedia },
  'PATCH /media/:mediaId': {
    status: 200,
    params: ofMedia,
    body: () => ({
      translations: [
        { lang: 'en', label: 'Label', description: 'Words' },
        { lang: 'de', label: 'Titel' },
      ],
      altText: 'Words',
      visibility: 'public',
    }),
  },
  'DELETE /media/:mediaId': { status: 200, params: ({ mediaId }) => ({ mediaId: doomed(mediaId) }) },
  'POST /media/:mediaId/restore': { status: 200, params: ({ deletedMediaId }) => ({ mediaId: deletedMediaId }) },
  'GET /media/:mediaId/signed-url': { status: 200, params: ofMedia, isFresh: true },
  'GET /media/:mediaId/translations': { status: 200, params: ofMedia },
  'GET /media/:mediaId/tags': { status: 200, params: ofMedia },
  'POST /media/:mediaId/tags': {
    status: 200,
    params: ofMedia,
    ...tagged((its) => tagsOf(its).several),
    chosen: [{ pointer: '/assignments/0/tagId', of: (its) => tagsOf(its).kept }],
  },
  'PATCH /media/:mediaId/tags': { status: 200, params: ofMedia, ...tagged((its) => tagsOf(its).kept), references: [isAssigned] },
  'DELETE /media/:mediaId/tags': {
    status: 200,
    params: ofMedia,
    body: (its) => ({ assignments: [{ tagId: doomed(tagsOf(its).several) }] }),
    references: [isAssigned],
  },
  'GET /media/:mediaId/tags/:tagId': { status: 200, params: ofTag },
  'POST /media/:mediaId/tags/:tagId': {
    status: 200,
    // Not the media whose tags the others are about: what is assigned to it here stays.
    params: (its) => ({ mediaId: its.privateMediaId, tagId: tagsOf(its).fresh }),
    chosenParams: ['tagId'],
    body: () => ({ priority: 1 }),
  },
  'PATCH /media/:mediaId/tags/:tagId': { status: 200, params: ofTag, body: () => ({ priority: 2 }) },
  'DELETE /media/:mediaId/tags/:tagId': { status: 200, params: (its) => ({ ...ofMedia(its), tagId: doomed(tagsOf(its).kept) }) },
}

const app: Record<string, Case> = {
  'GET /media/:mediaId': { status: 200, params: ofMedia },
  'GET /media/:mediaId/signed-url': { status: 200, params: ofMedia, isFresh: true },
}

const under = (prefix: string, cases: Record<string, Case>) =>
  Object.entries(cases).map(([name, known]) => [name.replace(' ', ` ${prefix}`), known])

export const mediaCases: Record<string, Case> = Object.fromEntries([...under('/dashboard/v1', dashboard), ...under('/app/v1', app)])
