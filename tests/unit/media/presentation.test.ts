// What a media is served with: nothing runs, every name arrives, and caches are told the truth.

import { parse } from 'content-disposition'
import { describe, expect, test } from 'vitest'
import { contentTypes } from '../../../domain/media/content-types.ts'
import type { DeliveredMedia } from '../../../workers/media/media-memory.ts'
import { type Presented, presented } from '../../../workers/media/presentation.ts'

const nowMs = Date.UTC(2026, 10, 26)
const media: DeliveredMedia = {
  fileName: 'm1.png',
  originalFileName: 'Holiday.png',
  contentType: 'image/png',
  visibility: 'public',
  size: 10,
  sha256: 'abc',
  blobId: 'b1',
  width: 1,
  height: 1,
  createdAtMs: Date.UTC(2026, 0, 1),
}
const variant = { size: 7, sha256: 'def', contentType: 'image/webp' }

const of = (over: Partial<DeliveredMedia> = {}, more: Partial<Presented> = {}) =>
  presented({ media: { ...media, ...over }, entrance: 'public', isNegotiated: false, nowMs, ...more })

test('a public media is for all caches and for ever, and any page may show it', () => {
  expect(of()).toEqual({
    size: 10,
    etag: '"abc"',
    lastModifiedMs: media.createdAtMs,
    shared: { 'cache-control': 'public, max-age=31536000, immutable', vary: 'Origin' },
    content: {
      'content-type': 'image/png',
      'content-disposition': 'inline; filename=Holiday.png',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
    },
  })
})

test.each([
  ['link', 'cross-origin'],
  ['token', 'same-origin'],
] as const)('a private media by %s is for one cache, which asks each time, and is shown %s', (entrance, policy) => {
  const { shared, content } = of({ visibility: 'private' }, { entrance })
  expect(shared).toEqual({ 'cache-control': 'private, no-cache', vary: 'Origin, Authorization' })
  expect(content['cross-origin-resource-policy']).toBe(policy)
})

test('what Accept had a say in says so', () => {
  expect(of({}, { isNegotiated: true }).shared.vary).toBe('Origin, Accept')
  expect(of({}, { isNegotiated: true, entrance: 'link' }).shared.vary).toBe('Origin, Accept, Authorization')
})

test('a variant has its own size, tag, type and ending', () => {
  expect(of({}, { variant })).toMatchObject({
    size: 7,
    etag: '"def"',
    content: { 'content-type': 'image/webp', 'content-disposition': 'inline; filename=Holiday.webp' },
  })
})

test('Last-Modified is never later than now', () => {
  expect(of({ createdAtMs: nowMs + 5000 }).lastModifiedMs).toBe(nowMs)
})

describe('each content type', () => {
  const shown = [
    ...['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/bmp', 'image/tiff'],
    ...['video/mp4', 'video/webm', 'video/quicktime', 'video/x-msvideo', 'video/mpeg'],
    ...['audio/mpeg', 'audio/wav', 'audio/ogg', 'audio/aac', 'audio/flac'],
    ...['application/pdf', 'text/plain'],
  ]

  test.each(contentTypes)('%s', (contentType) => {
    const { content } = of({ contentType, originalFileName: 'a.bin' })
    expect(parse(content['content-disposition'] ?? '').type).toBe(shown.includes(contentType) ? 'inline' : 'attachment')
    expect(content['content-type']).toBe(contentType.startsWith('text/') ? `${contentType}; charset=utf-8` : contentType)
    const policy = (content['content-security-policy'] ?? '').split('; ')
    expect(policy).toContain("default-src 'none'")
    expect(policy.filter((directive) => /script|worker|connect|frame-src|form|popup/.test(directive))).toEqual([])
    const sandbox = policy.filter((directive) => directive.startsWith('sandbox'))
    const isPlayed = /^(audio|video)\//.test(contentType)
    // The browser's own viewer of PDFs cannot be in a sandbox, and no script of ours is in it.
    expect(sandbox).toEqual(contentType === 'application/pdf' ? [] : [isPlayed ? 'sandbox allow-same-origin' : 'sandbox'])
  })

  test('SVG is only ever a download', () => {
    expect(of({ contentType: 'image/svg+xml', originalFileName: 'a.svg' }).content['content-disposition']).toBe(
      'attachment; filename=a.svg',
    )
  })
})

describe('names', () => {
  const nameOf = (originalFileName: string) => {
    const field = of({ originalFileName }).content['content-disposition'] ?? ''
    // A field is ASCII on the wire, in one line.
    expect(field).toMatch(/^[\x20-\x7e]+$/)
    return parse(field).parameters.filename
  }

  test.each([
    'plain.png',
    'two words.png',
    'naïve café.png',
    '文件.png',
    'ملف.png',
    'Ελληνικά.png',
    '😀.png',
    '100%.png',
    '%41.png',
    `it's;a,b=c.png`,
  ])('%j arrives', (name) => {
    expect(nameOf(name)).toBe(name)
  })

  test.each([
    ['../../etc/passwd', '_.._etc_passwd.png'],
    ['a\r\nSet-Cookie: b=c.png', 'a__Set-Cookie_ b=c.png'],
    ['half\ud800.png', 'half\ufffd.png'],
    ['gpj\u202egnp.exe', 'gpj_gnp_exe.png'],
    ['evil.html', 'evil_html.png'],
  ])('%j arrives as %j', (name, as) => {
    expect(nameOf(name)).toBe(as)
  })

  test('and of a transformed image it is its own', () => {
    const field = of({ originalFileName: 'evil.html' }, { variant }).content['content-disposition']
    expect(field).toBe('inline; filename=evil_html.webp')
  })
})
