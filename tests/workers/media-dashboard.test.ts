// A media's whole life as an admin and an app see it, on the real Worker: asked for, uploaded, found, shown, made private,
// signed, deleted, brought back, exported. What the dashboard answers holds where the bytes are served at that very moment.

import { exports } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { newTenant, type Tenant } from './support/tenant.ts'

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
})

const text = 'The sea, the sea.\n'
const fetched = async (url: string, init?: RequestInit) => {
  const answer = await exports.default.fetch(url, init)
  return { status: answer.status, text: await answer.text() }
}

async function upload(mediaId: string, more: Record<string, string> = {}): Promise<{ url: string }> {
  const asked = {
    contentType: 'text/plain',
    fileType: 'document',
    fileName: `${mediaId}.txt`,
    fileSize: String(text.length),
    mediaId,
    ...more,
  }
  const { body } = await tenant.admin.get(`/media/upload-url?${new URLSearchParams(asked)}`)
  const made = await exports.default.fetch(body.uploadUrl, { method: 'PUT', body: text, headers: body.metadataHeaders })
  expect(made.status).toBe(201)
  return made.json()
}

test('a media is found and served as it was last changed, at once', async () => {
  const { admin } = tenant
  const { url } = await upload('sea')
  expect((await admin.get('/media')).body.items).toMatchObject([
    { mediaId: 'sea', url, originalFileName: 'sea.txt', fileSize: text.length },
  ])
  expect(await fetched(url)).toEqual({ status: 200, text })

  expect((await admin.call('PATCH', '/media/sea', { visibility: 'private' })).body).toMatchObject({ visibility: 'private' })
  expect((await fetched(url)).status).toBe(401)
  const shown = (await admin.get('/media/sea')).body
  expect(await fetched(shown.url)).toEqual({ status: 200, text })
  const { url: signed } = (await admin.get('/media/sea/signed-url?expiresIn=60')).body
  expect(await fetched(signed)).toEqual({ status: 200, text })

  await admin.call('DELETE', '/media/sea')
  for (const gone of [url, shown.url, signed]) expect((await fetched(gone)).status).toBe(404)
  expect((await admin.get('/media')).body.items).toEqual([])

  expect((await admin.post('/media/sea/restore', undefined)).status).toBe(200)
  expect(await fetched(signed)).toEqual({ status: 200, text })
  expect((await admin.get('/media')).body.items).toMatchObject([{ mediaId: 'sea' }])
})

test('an app is shown a media of its workspace and given a URL, and others are not', async () => {
  await upload('private', { visibility: 'private' })
  const ada = await tenant.person('ada')
  const { body } = await ada.get('/media/private')
  expect(body).toMatchObject({ mediaId: 'private', visibility: 'private', contentType: 'text/plain' })
  expect(await fetched(body.url)).toEqual({ status: 200, text })
  expect(await fetched((await ada.get('/media/private/signed-url')).body.url)).toEqual({ status: 200, text })
  const stranger = await (await newTenant()).person('ada')
  for (const path of ['/media/private', '/media/private/signed-url']) expect((await stranger.get(path)).status).toBe(404)
})

test('an id is given once, and a URL makes one media', async () => {
  const { admin } = tenant
  const asked = { contentType: 'text/plain', fileType: 'document', fileName: 'a.txt', fileSize: String(text.length), mediaId: 'contested' }
  const ask = () => admin.get(`/media/upload-url?${new URLSearchParams(asked)}`)
  const [first, second] = [await ask(), await ask()]
  const put = ({ body }: typeof first) =>
    exports.default.fetch(body.uploadUrl, { method: 'PUT', body: text, headers: body.metadataHeaders })
  const statuses = [await put(first), await put(second), await put(first)].map(({ status }) => status)
  expect(statuses).toEqual([201, 409, 201])
  expect((await ask()).status).toBe(409)
  await admin.call('DELETE', '/media/contested')
  expect((await ask()).status).toBe(409)
})

test('the manifest names everything, and what it names can be fetched', async () => {
  // A manifest of one line is JSON, which this client reads.
  await upload('shared', { scope: 'common', visibility: 'private' })
  const { status, headers, body } = await tenant.admin.get('/media/export?scope=common')
  expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
  expect(body).toMatchObject({ mediaId: 'shared', scope: 'common', tags: [], translations: [], fileSize: text.length })
  expect(await fetched(body.url)).toEqual({ status: 200, text })
  // Equal bytes are kept once.
  expect((await tenant.admin.get('/media/sea')).body).toMatchObject({ key: body.key, sha256: body.sha256 })
})
