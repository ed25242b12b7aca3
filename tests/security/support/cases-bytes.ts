// The routes of bytes (cases.ts says what this is): open to anyone, and about what a workspace has. Who may have a media is
// told by its visibility, a token or a signature in the URL; what may be uploaded, by the grant in the URL.

import type { Case } from './case.ts'
import { grantFor, uploadedText } from './furnish-uploads.ts'
import type { Things } from './tenants.ts'

const ofMedia = ({ marker, mediaId }: Things) => ({ workspaceId: marker, mediaId })
const of = (which: string) => (its: Things) => ({ grant: grantFor(its, which) })

const text = { headers: { 'content-type': 'text/plain' }, raw: uploadedText }
const tus = { 'tus-resumable': '1.0.0' }
const chunk = { headers: { ...tus, 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }, raw: uploadedText }

export const byteCases: Record<string, Case> = {
  'GET /media/:workspaceId/:mediaId': { status: 200, params: ofMedia },
  'GET /media/:workspaceId/:mediaId/:file': { status: 200, params: (its) => ({ ...ofMedia(its), file: 'a.txt' }) },
  'PUT /uploads/v1/:grant': { status: 201, params: of('put'), bytes: text },
  'POST /uploads/v1/:grant/multipart': { status: 200, params: of('parts') },
  'GET /uploads/v1/:grant/multipart': { status: 200, params: of('parts') },
  'PUT /uploads/v1/:grant/multipart/:partNumber': {
    status: 200,
    params: (its) => ({ ...of('parts')(its), partNumber: '1' }),
    bytes: text,
  },
  'POST /uploads/v1/:grant/multipart/complete': { status: 201, params: of('parts') },
  'DELETE /uploads/v1/:grant/multipart': { status: 204, params: of('doomed-parts') },
  'POST /uploads/v1/:grant/tus': {
    status: 201,
    params: of('tus-created'),
    bytes: { headers: { ...tus, 'upload-length': String(uploadedText.length) } },
  },
  'GET /uploads/v1/:grant/tus/upload': { status: 200, params: of('tus'), bytes: { headers: tus } },
  'PATCH /uploads/v1/:grant/tus/upload': { status: 204, params: of('tus'), bytes: chunk },
  'POST /uploads/v1/:grant/tus/upload': {
    status: 204,
    params: of('tus'),
    bytes: { ...chunk, headers: { ...chunk.headers, 'x-http-method-override': 'PATCH' } },
  },
  'DELETE /uploads/v1/:grant/tus/upload': { status: 204, params: of('doomed-tus'), bytes: { headers: tus } },
}
