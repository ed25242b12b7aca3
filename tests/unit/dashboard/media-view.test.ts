// What is told of a media, and for how long its URL is good.

import { describe, expect, test } from 'vitest'
import type { Maker } from '../../../domain/identity.ts'
import { goneTagView, mediaTagView, mediaView, signedMediaUrl } from '../../../workers/dashboard/media-view.ts'
import { mediaLinks } from '../../../workers/media/links.ts'
import { storedMedia } from './stored-media.ts'

const home = { accountId: 'account001', workspaceId: 'workspace1', sourceRegion: 'eu-west-1' }
const links = mediaLinks('a key for tests only')
const nowMs = Date.parse('2026-11-23T10:00:00.400Z')
const maker = { subject: 'somebody', context: 'dashboard', platform: 'web', role: 'viewer', scopes: [] } satisfies Maker
const place = { home, origin: 'https://laurel.test', links, maker, nowMs }
const shown = (value: unknown) => JSON.parse(JSON.stringify(value))

/** Whether the URL is good at a moment. */
const isGood = (url: string, atMs: number, ref = { workspaceId: 'workspace1', mediaId: 'sunset' }): boolean => {
  const query = new URL(url).searchParams
  return links.check(ref, { expires: query.get('expires') ?? '', signature: query.get('signature') ?? '' }, atMs).ok
}

test('a public media is all of its record, at a URL that stays', () => {
  const media = storedMedia({ width: 640, height: 480, altText: 'The sea' })
  const view = shown(mediaView(media, place))
  expect(view).toEqual({
    mediaId: 'sunset',
    fileName: 'sunset.jpg',
    originalFileName: 'Sonnenuntergang – 夕日.jpg',
    contentType: 'image/jpeg',
    fileType: 'image',
    scope: 'workspace',
    visibility: 'public',
    key: 'workspace1/blobs/blob-1',
    fileSize: 4096,
    sha256: 'x'.repeat(43),
    width: 640,
    height: 480,
    altText: 'The sea',
    url: 'https://laurel.test/media/workspace1/sunset/sunset.jpg',
    ...home,
    createdAt: '2026-11-21T12:00:00.000Z',
    updatedAt: '2026-11-22T12:00:00.000Z',
  })
  expect(shown(mediaView(media, { ...place, nowMs: nowMs + 1 }))).toEqual(view)
})

test('tags and translations are shown where they are asked for', () => {
  const media = storedMedia({
    tags: [{ tagId: 'sea', priority: 2, createdAtMs: 0, updatedAtMs: 1000 }],
    translations: [{ lang: 'de', label: 'Das Meer' }],
  })
  expect(Object.keys(mediaView(media, place))).not.toContain('tags')
  expect(mediaView(media, place, ['tags', 'translations'])).toMatchObject({
    tags: [{ tagId: 'sea', priority: 2, createdAt: '1970-01-01T00:00:00.000Z', updatedAt: '1970-01-01T00:00:01.000Z' }],
    translations: [{ lang: 'de', label: 'Das Meer', mediaId: 'sunset', ...home, updatedAt: '2026-11-22T12:00:00.000Z' }],
  })
})

describe('a private media', () => {
  const media = storedMedia({ visibility: 'private' })

  test('has a URL that is good for an hour, and for nothing else', () => {
    const { url } = mediaView(media, place)
    expect(url).toMatch(/^https:\/\/laurel\.test\/media\/workspace1\/sunset\/sunset\.jpg\?expires=\d+&signature=[\w-]+$/)
    expect([isGood(url, nowMs), isGood(url, nowMs + 3_599_000), isGood(url, nowMs + 3_600_000)]).toEqual([true, true, false])
    expect(isGood(url, nowMs, { workspaceId: 'workspace2', mediaId: 'sunset' })).toBe(false)
    expect(isGood(url, nowMs, { workspaceId: 'workspace1', mediaId: 'sunrise' })).toBe(false)
  })

  test('has it for as long as the place says', () => {
    const { url } = mediaView(media, { ...place, signedForMs: 86_400_000 })
    expect([isGood(url, nowMs + 86_399_000), isGood(url, nowMs + 86_400_000)]).toEqual([true, false])
  })
})

test.each([1, 60, 604_800])('a signed URL of %i seconds ends at a full second, and not before', (seconds) => {
  for (const visibility of ['public', 'private'] as const) {
    const { url, expiresAt } = signedMediaUrl(storedMedia({ visibility }), place, seconds)
    const untilMs = Date.parse(expiresAt)
    expect(untilMs).toBe(Math.ceil(nowMs / 1000) * 1000 + seconds * 1000)
    expect([isGood(url, nowMs + seconds * 1000), isGood(url, untilMs - 1), isGood(url, untilMs)]).toEqual([true, true, false])
  }
})

test('an assignment names its media, also when it is gone', () => {
  const tag = { tagId: 'sea', priority: 0, createdAtMs: 0, updatedAtMs: 0 }
  const media = storedMedia({ scope: 'common', tags: [tag] })
  expect(mediaTagView(media, tag, home)).toEqual({
    tagId: 'sea',
    priority: 0,
    entityType: 'Media',
    entityId: 'sunset',
    mediaId: 'sunset',
    scope: 'common',
    ...home,
    createdAt: '1970-01-01T00:00:00.000Z',
    updatedAt: '1970-01-01T00:00:00.000Z',
  })
  expect(goneTagView(media, 'sea')).toEqual({ tagId: 'sea', entityType: 'Media', entityId: 'sunset', mediaId: 'sunset', deleted: true })
})
