// Media of the dashboard over HTTP, each answer held against the contract.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { NewMedia } from '../../domain/media/types.ts'
import { type LocalD1, localD1 } from '../unit/d1/local-d1.ts'
import { doors } from '../unit/edge/doors.ts'
import { assertContract } from './contract.ts'
import { uploaded as uploadedIn } from './uploaded-media.ts'
import { type DashboardWorld, dashboardWorld } from './world.ts'

let d1: LocalD1
let world: DashboardWorld
beforeAll(async () => {
  d1 = await localD1()
})
afterAll(() => d1.dispose())
beforeEach(async () => {
  await d1.database.prepare('DELETE FROM media').run()
  world = dashboardWorld(d1.database)
  for (const workspaceId of ['workspace1', 'workspace2']) await world.foundWorkspace(workspaceId)
})

async function expectAnswer(operation: string, status: number, call: Promise<Awaited<ReturnType<DashboardWorld['call']>>>) {
  const answer = await call
  expect(answer.status, JSON.stringify(answer.body)).toBe(status)
  if (status < 300) assertContract('dashboard', operation, status, answer.body)
  return answer.body
}

const uploaded = (mediaId: string, more?: Partial<NewMedia>, workspaceId?: string) => uploadedIn(world, mediaId, more, workspaceId)
const get = (path: string) => world.call('GET', path)

describe('media', () => {
  it('are shown with a URL, described, deleted and brought back', async () => {
    await uploaded('sunset', { width: 640, height: 480 })
    const media = await expectAnswer('media/get', 200, get('/media/sunset'))
    expect(media).toMatchObject({
      mediaId: 'sunset',
      originalFileName: '夕日.jpg',
      url: 'http://laurel.test/media/workspace1/sunset/sunset.jpg',
      key: 'workspace1/blobs/blob-sunset',
      fileSize: 1000,
      width: 640,
      height: 480,
      visibility: 'public',
      workspaceId: 'workspace1',
      sourceRegion: 'eu-west-1',
      translations: [],
    })

    world.advance(1000)
    const translations = [{ lang: 'en', label: 'Sunset', description: 'Over the sea' }]
    const described = await expectAnswer('media/update', 200, world.call('PATCH', '/media/sunset', { translations, altText: 'The sea' }))
    expect(described).toMatchObject({ altText: 'The sea', createdAt: media.createdAt, url: media.url })
    expect(described.updatedAt > media.updatedAt).toBe(true)
    expect(described).not.toHaveProperty('translations')
    expect(await expectAnswer('media/get', 200, get('/media/sunset'))).toMatchObject({ translations, altText: 'The sea' })
    expect((await expectAnswer('media/listTranslations', 200, get('/media/sunset/translations'))).items).toMatchObject([
      { ...translations[0], mediaId: 'sunset' },
    ])

    expect(await expectAnswer('media/delete', 200, world.call('DELETE', '/media/sunset'))).toEqual({ mediaId: 'sunset', deleted: true })
    for (const path of ['/media/sunset', '/media/sunset/tags', '/media/sunset/translations', '/media/sunset/signed-url'])
      await expectAnswer('', 404, get(path))
    await expectAnswer('', 404, world.call('DELETE', '/media/sunset'))
    await expectAnswer('', 404, world.call('PATCH', '/media/sunset', { altText: 'x' }))
    expect((await get('/media')).body.items).toEqual([])

    world.advance(29 * 24 * 3600 * 1000)
    const restored = await world.call('POST', '/media/sunset/restore')
    expect([restored.status, restored.body.altText, restored.body.url]).toEqual([200, 'The sea', media.url])
    expect((await get('/media')).body.items).toMatchObject([{ mediaId: 'sunset' }])
    await expectAnswer('', 404, world.call('POST', '/media/sunset/restore'))

    // Done, undone and done again: no repeat, though it says the same.
    await world.call('DELETE', '/media/sunset')
    const again = await world.call('POST', '/media/sunset/restore')
    expect([again.status, (await get('/media/sunset')).status]).toEqual([200, 200])
    await world.call('DELETE', '/media/sunset')
    world.advance(30 * 24 * 3600 * 1000)
    await expectAnswer('', 404, world.call('POST', '/media/sunset/restore'))
  })

  it('are listed in pages, by type and by shelf, with what is asked for', async () => {
    await uploaded('first')
    await uploaded('second', { fileType: 'video', contentType: 'video/mp4' })
    await uploaded('third', { scope: 'common' })
    await uploaded('foreign', {}, 'workspace2')
    const ids = async (query: string) => {
      const { items } = await expectAnswer('media/list', 200, get(`/media${query}`))
      return items.map(({ mediaId }: { mediaId: string }) => mediaId)
    }
    expect(await ids('')).toEqual(['second', 'first'])
    expect(await ids('?fileType=video')).toEqual(['second'])
    expect(await ids('?scope=common')).toEqual(['third'])
    expect(await ids('?scope=common&fileType=video')).toEqual([])
    const page = await expectAnswer('media/list', 200, get('/media?limit=1'))
    const next = `nextToken=${encodeURIComponent(page.nextToken)}`
    expect(await ids(`?limit=1&${next}`)).toEqual(['first'])
    for (const other of ['scope=common', 'fileType=image', 'fields=tags'])
      await expectAnswer('', 400, get(`/media?limit=1&${next}&${other}`))

    await world.call('POST', '/media/first/tags/sea', { priority: 3 })
    await world.call('PATCH', '/media/first', { translations: [{ lang: 'de', label: 'Erstes' }] })
    const { items } = await expectAnswer('media/list', 200, get('/media?fields=tags,translations'))
    expect(items[0]).toMatchObject({ mediaId: 'first', tags: [{ tagId: 'sea', priority: 3 }], translations: [{ lang: 'de' }] })
    expect((await get('/media')).body.items[0]).not.toHaveProperty('tags')
  })

  it('are found on their own shelf alone', async () => {
    await uploaded('shared', { scope: 'common' })
    await expectAnswer('', 404, get('/media/shared'))
    expect(await expectAnswer('media/get', 200, get('/media/shared?scope=common'))).toMatchObject({ scope: 'common' })
    for (const [method, path, body] of [
      ['PATCH', '', { altText: 'x' }],
      ['DELETE', '', undefined],
      ['POST', '/tags/x', {}],
      ['GET', '/tags', undefined],
    ] as const) {
      await expectAnswer('', 404, world.call(method, `/media/shared${path}`, body))
    }
    expect((await world.call('PATCH', '/media/shared?scope=common', { altText: 'x' })).status).toBe(200)
    // The contract asks for no scope here, so none is held against it.
    await expectAnswer('media/listTranslations', 200, get('/media/shared/translations'))
  })

  it('say each about themselves alone: what is not named stays, null takes the alt text away', async () => {
    await uploaded('sunset')
    const patch = (body: object) => world.call('PATCH', '/media/sunset', body)
    await patch({ altText: 'The sea', translations: [{ lang: 'en', label: 'Sunset' }] })
    expect((await patch({ visibility: 'private' })).body).toMatchObject({ altText: 'The sea', visibility: 'private' })
    expect((await patch({ altText: null })).body).not.toHaveProperty('altText')
    expect((await get('/media/sunset')).body.translations).toMatchObject([{ lang: 'en', label: 'Sunset' }])
    for (const [body, pointer] of [
      [{}, ''],
      [{ unknown: 1 }, ''],
      [{ translations: [] }, '/translations'],
      [
        {
          translations: [
            { lang: 'en', label: 'a' },
            { lang: 'en', label: 'b' },
          ],
        },
        '/translations/1/lang',
      ],
      [{ translations: Array(11).fill({ lang: 'en', label: 'a' }) }, '/translations'],
      [{ altText: '' }, '/altText'],
      [{ visibility: 'secret' }, '/visibility'],
    ] as const) {
      const answer = await patch(body)
      expect([answer.status, answer.body.errors[0].pointer], JSON.stringify(body)).toEqual([400, pointer])
    }
  })

  it('of private visibility have URLs that end', async () => {
    await uploaded('secret', { visibility: 'private' })
    const { url } = await expectAnswer('media/get', 200, get('/media/secret'))
    expect(url).toMatch(/^http:\/\/laurel\.test\/media\/workspace1\/secret\/secret\.jpg\?expires=\d+&signature=[\w-]+$/)
    const signed = await get('/media/secret/signed-url?expiresIn=60')
    expect(signed.status).toBe(200)
    expect(Date.parse(signed.body.expiresAt)).toBe(world.now() + 60_000)
    const query = new URL(signed.body.url).searchParams
    const link = { expires: query.get('expires') ?? '', signature: query.get('signature') ?? '' }
    const ref = { workspaceId: 'workspace1', mediaId: 'secret' }
    expect([59_999, 60_000].map((ms) => doors.mediaLinks.check(ref, link, world.now() + ms).ok)).toEqual([true, false])
    expect(Date.parse((await get('/media/secret/signed-url')).body.expiresAt)).toBe(world.now() + 3_600_000)
    for (const expiresIn of ['0', '604801', '-1', '1.5', '', 'x'])
      await expectAnswer('', 400, get(`/media/secret/signed-url?expiresIn=${expiresIn}`))
  })

  it('are served here at once as they were changed, whatever a repeat of an older change says', async () => {
    await uploaded('sunset')
    const here = () => world.services.mediaMemory.known({ workspaceId: 'workspace1', mediaId: 'sunset' })?.media
    const change = (visibility: string) =>
      world.call('PATCH', '/media/sunset', { visibility }, {}, { 'x-idempotency-key': `to be ${visibility}` })
    for (const visibility of ['private', 'public'] as const) {
      expect((await change(visibility)).body).toMatchObject({ visibility })
      expect(here()).toMatchObject({ visibility })
      world.advance(1000)
    }
    expect((await change('private')).body).toMatchObject({ visibility: 'private' })
    expect(here()).toMatchObject({ visibility: 'public' })
    const gone = () => world.call('DELETE', '/media/sunset', undefined, {}, { 'x-idempotency-key': 'gone' })
    await gone()
    expect(here()).toBeNull()
    await world.call('POST', '/media/sunset/restore')
    expect(here()).toMatchObject({ visibility: 'public' })
    expect((await gone()).body).toEqual({ mediaId: 'sunset', deleted: true })
    expect(here()).toMatchObject({ visibility: 'public' })
    expect((await get('/media')).body.items).toMatchObject([{ mediaId: 'sunset' }])
  })

  it('are exported whole, whichever shelf they are on, and nobody else’s', async () => {
    await uploaded('first', { visibility: 'private' })
    await uploaded('second', { scope: 'common' })
    await uploaded('gone')
    await uploaded('foreign', {}, 'workspace2')
    await world.call('DELETE', '/media/gone')
    await world.call('POST', '/media/first/tags/sea')
    const exported = async (query = '') => {
      const token = Buffer.from(JSON.stringify({ sub: 's', ...world.caller })).toString('base64url')
      const answer = await world.app.request(`http://laurel.test/dashboard/v1/media/export${query}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
      return (await answer.text())
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    }
    const all = await exported()
    expect(all).toMatchObject([
      { mediaId: 'second', scope: 'common', translations: [], tags: [] },
      {
        mediaId: 'first',
        visibility: 'private',
        tags: [{ tagId: 'sea', priority: 0 }],
        sha256: expect.any(String),
        key: 'workspace1/blobs/blob-first',
      },
    ])
    const expires = Number(new URL(all[1].url).searchParams.get('expires'))
    expect(expires).toBe(Math.floor(world.now() / 1000) + 24 * 3600)
    expect((await exported('?scope=common')).map(({ mediaId }) => mediaId)).toEqual(['second'])
    expect(await exported('?fileType=audio')).toEqual([])
  })
})

describe('tags of a media', () => {
  beforeEach(() => uploaded('sunset'))

  it('are assigned, changed and taken away, several at once', async () => {
    const put = { assignments: [{ tagId: 'sea', priority: 2 }, { tagId: 'sun' }] }
    const made = await expectAnswer('media/createTags', 200, world.call('POST', '/media/sunset/tags', put))
    expect(made.assignments).toMatchObject([
      { tagId: 'sea', priority: 2, entityType: 'Media', entityId: 'sunset', scope: 'workspace' },
      { tagId: 'sun', priority: 0 },
    ])
    const page = await expectAnswer('media/listTags', 200, get('/media/sunset/tags?limit=1'))
    expect(page.items).toMatchObject([{ tagId: 'sea' }])
    const second = await expectAnswer(
      'media/listTags',
      200,
      get(`/media/sunset/tags?limit=1&nextToken=${encodeURIComponent(page.nextToken)}`),
    )
    expect([second.items.length, second.items[0].tagId, second.nextToken]).toEqual([1, 'sun', null])

    world.advance(1000)
    const change = { assignments: [{ tagId: 'sun', priority: 9 }] }
    const changed = await expectAnswer('media/updateTags', 200, world.call('PATCH', '/media/sunset/tags', change))
    expect(changed.assignments).toMatchObject([{ tagId: 'sun', priority: 9, createdAt: made.assignments[1].createdAt }])
    await expectAnswer('', 404, world.call('PATCH', '/media/sunset/tags', { assignments: [{ tagId: 'sun' }, { tagId: 'moon' }] }))
    expect((await get('/media/sunset/tags/sun')).body.priority).toBe(9)

    const gone = await expectAnswer(
      'media/deleteTags',
      200,
      world.call('DELETE', '/media/sunset/tags', { assignments: [{ tagId: 'sea' }] }),
    )
    expect(gone.assignments).toEqual([{ tagId: 'sea', entityType: 'Media', entityId: 'sunset', mediaId: 'sunset', deleted: true }])
    await expectAnswer('', 404, world.call('DELETE', '/media/sunset/tags', { assignments: [{ tagId: 'sea' }] }))
    expect((await get('/media?fields=tags')).body.items[0].tags).toMatchObject([{ tagId: 'sun' }])
  })

  it('are assigned, changed and taken away one by one, with a body or without', async () => {
    expect(await expectAnswer('media/createTag', 200, world.call('POST', '/media/sunset/tags/sea'))).toMatchObject({ priority: 0 })
    await expectAnswer('', 409, world.call('POST', '/media/sunset/tags/sea', { priority: 1 }))
    expect(await expectAnswer('media/updateTag', 200, world.call('PATCH', '/media/sunset/tags/sea', { priority: 5 }))).toMatchObject({
      priority: 5,
    })
    expect(await expectAnswer('media/getTag', 200, get('/media/sunset/tags/sea'))).toMatchObject({ tagId: 'sea', priority: 5 })
    expect(await expectAnswer('media/deleteTag', 200, world.call('DELETE', '/media/sunset/tags/sea'))).toMatchObject({ deleted: true })
    // Done, undone and done again: no repeat, though it says the same.
    await expectAnswer('media/createTag', 200, world.call('POST', '/media/sunset/tags/sea'))
    await expectAnswer('media/getTag', 200, get('/media/sunset/tags/sea'))
    await world.call('DELETE', '/media/sunset/tags/sea')
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { priority: 1 }],
      ['DELETE', undefined],
    ] as const) {
      await expectAnswer('', 404, world.call(method, '/media/sunset/tags/sea', body))
    }
  })

  it('may bear any id that a path can hold, and each is named once', async () => {
    const id = 'Ünïcode & / 100 %'
    await expectAnswer('media/createTag', 200, world.call('POST', `/media/sunset/tags/${encodeURIComponent(id)}`))
    expect((await get('/media/sunset/tags')).body.items[0].tagId).toBe(id)
    for (const [assignments, pointer] of [
      [[{ tagId: 'a' }, { tagId: 'a', priority: 1 }], '/assignments/1/tagId'],
      [[], '/assignments'],
      [[{ tagId: 'a\u0000' }], '/assignments/0/tagId'],
      [[{ tagId: 'a', priority: -1 }], '/assignments/0/priority'],
      [[{ tagId: 'a', priority: 0.5 }], '/assignments/0/priority'],
      [Array.from({ length: 26 }, (_, i) => ({ tagId: `t${i}` })), '/assignments'],
    ] as const) {
      const answer = await world.call('POST', '/media/sunset/tags', { assignments })
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer])
    }
  })
})

describe('an app', () => {
  const app = (path: string, workspaceId = 'workspace1') => {
    const token = Buffer.from(
      JSON.stringify({ sub: 's', ...world.caller, context: 'app', role: 'member', userId: 'ada', workspaceId }),
    ).toString('base64url')
    return world.app.request(`http://laurel.test/app/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
  }

  it('is shown a media of its workspace, whichever shelf it is on, and a URL of it', async () => {
    await uploaded('sunset', { scope: 'common', visibility: 'private' })
    const seen = await app('/media/sunset')
    expect([seen.status, await seen.json()]).toMatchObject([
      200,
      { mediaId: 'sunset', contentType: 'image/jpeg', url: expect.stringContaining('?expires=') },
    ])
    const signed = (await (await app('/media/sunset/signed-url?expiresIn=60')).json()) as { expiresAt: string }
    expect(Date.parse(signed.expiresAt)).toBe(world.now() + 60_000)
    for (const path of ['/media/sunset', '/media/sunset/signed-url']) expect((await app(path, 'workspace2')).status).toBe(404)
    expect((await app('/media/none')).status).toBe(404)
    await world.call('DELETE', '/media/sunset?scope=common')
    expect((await app('/media/sunset')).status).toBe(404)
  })
})
