// What people see of media: a real browser uploads, plays and seeks a video, and shows transformed images, public and
// private, from a page of another origin.

import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appOrigin, inPage, startBrowser } from './support/browser.ts'
import { type Media, mediaClient } from './support/media-client.ts'
import { type Platform, startPlatform } from './support/platform.ts'
import { seekableVideo } from './support/seekable-video.ts'

interface Watched {
  duration: number
  width: number
  colors: number[][]
  isPlaying: boolean
}
interface Shown {
  width: number
  height: number
  left?: number[]
  right?: number[]
}
interface Uploaded {
  status: number
  media: Media
}

let platform: Platform
let client: Awaited<ReturnType<typeof mediaClient>>
let app: Awaited<ReturnType<typeof appOrigin>>
let browser: Browser
let page: Page

beforeAll(async () => {
  ;[platform, app, browser] = await Promise.all([startPlatform({ noDemo: true }), appOrigin(), startBrowser()])
  client = await mediaClient(platform, 'cinema')
  const settings = await client.api('PATCH', '/workspace-settings', { origins: [app.origin] })
  expect(settings.status).toBe(200)
  page = await browser.newPage()
  await page.goto(app.origin)
})

afterAll(async () => {
  await browser?.close()
  app?.close()
  await platform?.remove()
})

test('a video plays, and is sought in by ranges', async () => {
  const video = await seekableVideo()
  const media = await client.put({ fileName: 'Vidéo 影.webm', contentType: 'video/webm', fileType: 'video' }, video.bytes)
  expect(media).toMatchObject({ width: video.width, height: video.height, durationSeconds: expect.closeTo(video.seconds, 0) })
  const ranges: string[] = []
  page.on('response', async (response) => {
    if (response.url() === media.url) ranges.push(`${response.status()} ${await response.headerValue('content-range')}`)
  })
  const seen = await inPage<Watched>(page, 'watch', media.url, [50.5, 3.5, 33.5])
  expect(seen).toMatchObject({ width: video.width, isPlaying: true })
  expect(seen.duration).toBeCloseTo(video.seconds, 0)
  for (const [i, second] of [50, 3, 33].entries())
    for (const [channel, value] of video.colorAt(second).entries())
      expect(Math.abs((seen.colors[i]?.[channel] ?? -99) - value)).toBeLessThan(24)
  await expect.poll(() => ranges.length, { timeout: 10_000 }).toBeGreaterThan(2)
  for (const range of ranges) expect(range).toMatch(new RegExp(`^206 bytes \\d+-\\d+/${video.bytes.length}$`))
  expect(ranges.some((range) => !range.includes(' 0-'))).toBe(true)
})

/** Left half green, right half blue. */
async function picture(): Promise<Uint8Array> {
  const half = (background: string) => ({ create: { width: 400, height: 600, channels: 3 as const, background } })
  const right = await sharp(half('#0000ff')).png().toBuffer()
  const whole = sharp({ create: { width: 800, height: 600, channels: 3, background: '#00ff00' } })
  return whole
    .composite([{ input: right, left: 400, top: 0 }])
    .png()
    .toBuffer()
}

const shown = (url: string, crossOrigin: 'anonymous' | null) => inPage<Shown>(page, 'show', url, crossOrigin)

const near = (value: number) => expect.toSatisfy((given: number) => Math.abs(given - value) < 24, `near ${value}`)
const green = [near(0), near(255), near(0)]
const blue = [near(0), near(0), near(255)]

test('an image is shown as it is, and transformed to what was asked for', async () => {
  const media = await client.put({ fileName: 'halves.png', contentType: 'image/png', fileType: 'image' }, await picture())
  expect(media).toMatchObject({ width: 800, height: 600 })
  expect(await shown(media.url, 'anonymous')).toEqual({ width: 800, height: 600, left: green, right: blue })
  const answers: (string | null)[] = []
  page.on('response', async (response) => {
    if (response.url().startsWith(`${media.url}?`)) answers.push(await response.headerValue('content-type'))
  })
  expect(await shown(`${media.url}?w=256&format=auto&q=80`, 'anonymous')).toEqual({ width: 256, height: 192, left: green, right: blue })
  expect(await shown(`${media.url}?w=128&h=128&fit=cover&format=png`, 'anonymous')).toEqual({
    width: 128,
    height: 128,
    left: green,
    right: blue,
  })
  // The browser tells of its answers when it comes to that.
  await expect.poll(() => answers, { timeout: 10_000 }).toEqual(['image/avif', 'image/png'])
})

test('a private image is shown by its signed URL alone', async () => {
  const what = { fileName: 'secret.png', contentType: 'image/png', fileType: 'image', visibility: 'private' } as const
  const media = await client.put(what, await picture())
  const { search } = new URL(media.url)
  expect(search).toMatch(/^\?expires=\d+&signature=[\w-]{60,}$/)
  expect(await shown(media.url, null)).toMatchObject({ width: 800, height: 600 })
  expect(await shown(`${media.url}&w=64`, 'anonymous')).toMatchObject({ width: 64, height: 48 })
  await expect(shown(media.url.replace(search, ''), null)).rejects.toThrow('decode')
})

test('a page uploads by itself to a URL that was signed for it, and another origin cannot', async () => {
  const bytes = await picture()
  const upload = { fileName: 'by page.png', contentType: 'image/png', fileType: 'image' }
  const sendFrom = async (from: Page) => {
    const { uploadUrl, metadataHeaders } = await client.grant(upload, bytes.byteLength)
    return inPage<Uploaded | null>(from, 'upload', uploadUrl, metadataHeaders, Buffer.from(bytes).toString('base64'))
  }
  const sent = await sendFrom(page)
  expect(sent?.status).toBe(201)
  expect(await shown(sent?.media.url ?? '', 'anonymous')).toMatchObject({ width: 800 })

  const other = await appOrigin()
  const stranger = await browser.newPage()
  try {
    await stranger.goto(other.origin)
    const refused = await sendFrom(stranger)
    // It may be told that it was refused, or nothing at all; what it sent is not there.
    expect(refused === null || refused.status === 403).toBe(true)
  } finally {
    await stranger.close()
    other.close()
  }
})

test('what a browser would run is only ever a download', async () => {
  const svg = new TextEncoder().encode(
    '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script>document.title = "ran"</script></svg>',
  )
  const media = await client.put({ fileName: 'x.svg', contentType: 'image/svg+xml', fileType: 'image' }, svg)
  const tab = await browser.newPage()
  const download = tab.waitForEvent('download')
  await tab.goto(media.url).catch(() => {})
  expect((await download).suggestedFilename()).toBe('x.svg')
  expect(await tab.title()).not.toBe('ran')
  await tab.close()
  // In a page it is a picture, and a picture runs nothing.
  expect(await shown(media.url, null)).toMatchObject({ width: 10, height: 10 })
})
