// tus-js-client, which apps use, against the real Worker: uploads, stops, goes on, and takes back.

import { env } from 'cloudflare:workers'
import { Upload, type UploadOptions } from 'tus-js-client'
import { beforeAll, expect, test } from 'vitest'
import { laurelApp } from '../../workers/app-of.ts'
import { edgePartsOf } from '../../workers/composition.ts'
import { newTenant, type Tenant } from './support/tenant.ts'
import { type Sent, tusHttp } from './support/tus-http.ts'
import { digestOfMedia, grantFor, sha256Of, stored, uploadWorld, wav } from './support/uploads.ts'

const bindings = env as unknown as Env
const mib = 1024 ** 2
const world = uploadWorld()
let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
})

function newFile(size: number, seed: number) {
  const bytes = wav(size, seed)
  const grant = grantFor(tenant.workspaceId, { size, sha256: sha256Of(bytes), originalFileName: 'Ton ♪.wav' })
  return { bytes, grant, endpoint: `http://laurel.test/uploads/v1/${world.grants.seal(grant)}/tus` }
}

/** Settles with the client's outcome; `after` bytes it is stopped, as a person would, and the outcome is `stopped`. */
function uploading(bytes: Uint8Array, sent: Sent[], options: UploadOptions, after?: number): Promise<{ upload: Upload; outcome: string }> {
  const { app } = laurelApp(edgePartsOf(bindings))
  return new Promise((resolve) => {
    const upload: Upload = new Upload(new Blob([bytes]), {
      retryDelays: null,
      metadata: { filename: 'Ton ♪.wav' },
      httpStack: tusHttp(async (request) => app.fetch(request, bindings), sent),
      ...options,
      onSuccess: () => resolve({ upload, outcome: 'done' }),
      onError: (error) => resolve({ upload, outcome: String(error) }),
      onProgress(uploaded) {
        if (after === undefined || uploaded < after) return
        void upload.abort().then(() => resolve({ upload, outcome: 'stopped' }))
      },
    })
    upload.start()
  })
}

test('uploads, is stopped on its way, goes on where the server stands, and is done', async () => {
  const { bytes, grant, endpoint } = newFile(7 * mib, 301)
  const sent: Sent[] = []
  const first = await uploading(bytes, sent, { endpoint }, 3 * mib)
  expect(first.outcome).toBe('stopped')
  expect(sent.map(({ method }) => method)).toEqual(['POST', 'PATCH'])
  // The app was closed: another client, in another isolate, with the URL that the first was given.
  sent.length = 0
  const second = await uploading(bytes, sent, { uploadUrl: first.upload.url, endpoint: null })
  expect(second.outcome).toBe('done')
  expect(sent.map(({ method, status }) => `${method} ${status}`)).toEqual(['HEAD 200', 'PATCH 204'])
  expect(await digestOfMedia(world, grant)).toBe(sha256Of(bytes))
})

test('in pieces, with its bytes in the creation', async () => {
  const { bytes, grant, endpoint } = newFile(mib, 302)
  const sent: Sent[] = []
  const { outcome } = await uploading(bytes, sent, { endpoint, chunkSize: 300_000, uploadDataDuringCreation: true })
  expect(outcome).toBe('done')
  expect(sent.map(({ method, status }) => `${method} ${status}`)).toEqual(['POST 201', 'PATCH 204', 'PATCH 204', 'PATCH 204'])
  expect(await digestOfMedia(world, grant)).toBe(sha256Of(bytes))
})

test('is told why its file is refused, and does not try again', async () => {
  const { bytes, endpoint } = newFile(100_000, 303)
  const sent: Sent[] = []
  const other = bytes.slice()
  other[50_000] = (other[50_000] ?? 0) ^ 1
  const { outcome } = await uploading(other, sent, { endpoint, retryDelays: [0, 0] })
  expect(outcome).toContain('another SHA-256')
  expect(sent.map(({ method, status }) => `${method} ${status}`)).toEqual(['POST 201', 'PATCH 400'])
})

test('takes an upload back', async () => {
  const { bytes, endpoint } = newFile(2 * mib, 304)
  const before = await stored(tenant.workspaceId)
  const { upload } = await uploading(bytes, [], { endpoint }, mib)
  const sent: Sent[] = []
  const { app } = laurelApp(edgePartsOf(bindings))
  await Upload.terminate(upload.url ?? '', { httpStack: tusHttp(async (request) => app.fetch(request, bindings), sent) })
  expect(sent.map(({ method, status }) => `${method} ${status}`)).toEqual(['DELETE 204'])
  expect(await stored(tenant.workspaceId)).toEqual(before)
})
