// Declared against found: every type against every sample, and then the edges of each rule.

import { describe, expect, test } from 'vitest'
import { contentTypes, type MediaContentType } from '../../../domain/media/content-types.ts'
import { checkContent, headBytes } from '../../../workers/uploads/content-check.ts'
import { cfb, gif, joined, matroska, mp3, mp4, ooxmlTypesLast, opus, pdf, png, samples, svg, theora, zip } from './samples.ts'

const text = (words: string) => new TextEncoder().encode(words)
const all = await samples()

/** As it is asked of a file: with its first bytes. */
const check = (contentType: MediaContentType, file: Uint8Array) => checkContent(contentType, file.subarray(0, headBytes), file.byteLength)
const isTaken = async (contentType: MediaContentType, file: Uint8Array) => (await check(contentType, file)) === null

/** Pairs that are taken though the names differ, since the formats overlap. */
const overlaps: [declared: MediaContentType, found: MediaContentType][] = [
  ['video/mp4', 'video/quicktime'],
  ['video/quicktime', 'video/mp4'],
  // Whatever is UTF-8 is plain text, and text of lines is a table of one column.
  ['text/plain', 'text/csv'],
  ['text/plain', 'application/json'],
  ['text/csv', 'text/plain'],
  ['text/csv', 'application/json'],
]

test.each(contentTypes)('%s is taken for its own content and for no other', async (declared) => {
  const taken = []
  for (const found of contentTypes) if (await isTaken(declared, all[found])) taken.push(found)
  const expected = contentTypes.filter((found) => found === declared || overlaps.some(([a, b]) => a === declared && b === found))
  expect(taken).toEqual(expected)
})

test('a refusal says what was declared and what was found', async () => {
  expect(await check('image/png', all['image/jpeg'])).toEqual({
    code: 'validation/invalid_input',
    detail: 'Declared as image/png; the content is image/jpeg.',
    errors: [{ parameter: 'content-type', detail: 'Declared as image/png; the content is image/jpeg.' }],
  })
})

test('nothing is text, and nothing else', async () => {
  const taken = []
  for (const contentType of contentTypes) if (await isTaken(contentType, new Uint8Array(0))) taken.push(contentType)
  expect(taken).toEqual(['text/plain', 'text/csv'])
})

describe('binary formats', () => {
  test.each<[string, MediaContentType, Uint8Array]>([
    ['a phone brand', 'video/mp4', mp4('mp42')],
    ['a DASH brand', 'video/mp4', mp4('dash')],
    ['an M4V', 'video/mp4', mp4('M4V ')],
    ['Opus in Ogg', 'audio/ogg', opus()],
    ['an MP3 behind a tag', 'audio/mpeg', mp3(500)],
    ['an MP3 behind a tag with a cover that is larger than what is looked at', 'audio/mpeg', mp3(200_000)],
    ['an MPEG program stream', 'video/mpeg', joined(Uint8Array.of(0, 0, 1, 0xba, 0x21), new Uint8Array(40))],
    ['an older Excel file', 'application/vnd.ms-excel', cfb('Book')],
    ['a Word file whose directory is far behind', 'application/msword', cfb('WordDocument', 300)],
    ['a document with its types last', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', ooxmlTypesLast('word')],
    ['a sheet with its types last', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', ooxmlTypesLast('xl')],
  ])('%s is taken', async (_, contentType, file) => {
    expect(await check(contentType, file)).toBeNull()
  })

  test.each<[string, MediaContentType, Uint8Array]>([
    ['HEIC as MP4', 'video/mp4', mp4('heic')],
    ['AVIF as PNG', 'image/png', mp4('avif')],
    ['Matroska as WebM', 'video/webm', matroska()],
    ['a film in Ogg as sound', 'audio/ogg', theora()],
    ['a zip as a document', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', zip({ 'a.txt': text('a') })],
    [
      'a program as a document',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      zip({ 'META-INF/MANIFEST.MF': text('a') }),
    ],
    ['a Word file as Excel', 'application/vnd.ms-excel', cfb('WordDocument')],
    ['another compound file', 'application/msword', cfb('MSI tables')],
    ['a page as an image', 'image/png', text('<!doctype html><script>alert(1)</script>')],
    ['a page as PDF', 'application/pdf', text('<html></html>')],
    ['a GIF that is cut off', 'image/gif', text('GIF8')],
    ['words that begin like a bitmap', 'image/bmp', text('BMW is a car, and this is a text about it.')],
    ['a byte', 'audio/wav', Uint8Array.of(0)],
    ['the end of a signature', 'image/jpeg', Uint8Array.of(0xff, 0xd8)],
    ['a compound file of one sector', 'application/msword', cfb('WordDocument').slice(0, 100)],
  ])('%s is refused', async (_, contentType, file) => {
    expect(await check(contentType, file)).toMatchObject({ code: 'validation/invalid_input' })
  })

  test('a PNG is one by its signature, whatever profile is behind it', async () => {
    const plain = await png()
    const profile = new Uint8Array(120_000)
    new DataView(profile.buffer).setUint32(0, profile.byteLength - 12)
    profile.set(text('iCCP'), 4)
    expect(await check('image/png', joined(plain.subarray(0, 33), profile, plain.subarray(33)))).toBeNull()
  })
})

describe('text', () => {
  const utf16 = (words: string, isBig: boolean) => {
    const bytes = Buffer.from(`\ufeff${words}`, 'utf16le')
    return new Uint8Array(isBig ? bytes.swap16() : bytes)
  }

  test.each<[string, Uint8Array]>([
    ['with a byte order mark', text('\ufeffa,b')],
    ['in UTF-16, little end first', utf16('Grüße', false)],
    ['in UTF-16, big end first', utf16('Grüße', true)],
    ['of emoji', text('🎉'.repeat(100))],
    ['that speaks of markup', text('Use <html> and <script> with care.')],
    ['that begins with a lower-than', text('<3 is a heart')],
    ['that begins with what looks like bytes of a bitmap', text('BMW is a car')],
    ['with escapes of a terminal', text('\u001b[31mred\u001b[0m\f\n')],
  ])('%s is taken', async (_, file) => {
    expect(await check('text/plain', file)).toBeNull()
  })

  test.each<[string, Uint8Array]>([
    ['that is none', Uint8Array.of(0xff, 0xfe, 0xfd)],
    ['in Latin-1', Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65)],
    ['in UTF-16 that does not say so', utf16('Hello', false).slice(2)],
    ['with a zero in it', text('a\0b')],
    ['with bytes that no text has', text('a\u0001b')],
    ['cut in the middle of a character, where nothing comes behind', text('ü').slice(0, 1)],
    ['that is a page', text(' \n\t<!DOCTYPE HTML><html>')],
    ['that is a page behind a mark', text('\ufeff<html lang="de">')],
    ['that is a page in UTF-16', utf16('<script>alert(1)</script>', false)],
    ['that begins with a script', text('<SCRIPT >alert(1)</SCRIPT>')],
    ['that begins with a frame', text('<iframe src="x">')],
    ['that is a comment and then a page', text('<!-- --><html>')],
    ['that is XML', text('<?xml version="1.0"?><a/>')],
    ['that is SVG', svg()],
    ['that is SVG under a prefix', text('<s:svg xmlns:s="http://www.w3.org/2000/svg"/>')],
    ['that is PDF', pdf()],
  ])('%s is refused', async (_, file) => {
    expect(await check('text/plain', file)).toMatchObject({ code: 'validation/invalid_input' })
    expect(await check('text/csv', file)).toMatchObject({ code: 'validation/invalid_input' })
  })

  test('is looked at as far as it is looked at: a character that this cuts in two is none', async () => {
    expect(await check('text/plain', text(`a${'ü'.repeat(headBytes)}`))).toBeNull()
    expect(await check('text/plain', joined(new Uint8Array(headBytes).fill(97), Uint8Array.of(0xff)))).toBeNull()
  })
})

describe('JSON', () => {
  test.each(['{}', '[]', ' \r\n\t[1]', '"a"', '-1', 'true', 'false', 'null', `[${'1,'.repeat(headBytes)}1]`])(
    'that begins %.10s is taken',
    async (json) => {
      expect(await check('application/json', text(json))).toBeNull()
    },
  )

  test.each(['', 'a', '{', '[1,]', 'nullable', '<html>', '{"a":1} {"b":2}', "{'a':1}", `<${'a'.repeat(headBytes)}`])(
    'that begins %.20s is refused',
    async (json) => {
      expect(await check('application/json', text(json))).toMatchObject({ code: 'validation/invalid_input' })
    },
  )

  test('that nests very deep is no trouble', async () => {
    expect(await check('application/json', text('['.repeat(headBytes - 1)))).toMatchObject({ code: 'validation/invalid_input' })
    expect(await check('application/json', text(`${'['.repeat(30_000)}${']'.repeat(30_000)}`))).toBeNull()
  })

  test('in UTF-16 is refused', async () => {
    expect(await check('application/json', new Uint8Array(Buffer.from('\ufeff{}', 'utf16le')))).toMatchObject({
      code: 'validation/invalid_input',
    })
  })
})

describe('SVG', () => {
  test.each([
    '<svg/>',
    '<svg>',
    '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    '\ufeff<?xml version="1.0"?><!-- made by hand --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/a.dtd"><svg >',
    '<!DOCTYPE svg [ <!ENTITY ns "http://www.w3.org/2000/svg"> ] ><svg xmlns="&ns;"/>',
    '<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>',
    '<?pi?><?pi again?>\n\n<svg\nwidth="1"/>',
  ])('%s is taken', async (file) => {
    expect(await check('image/svg+xml', text(file))).toBeNull()
  })

  test.each([
    '<html><svg/></html>',
    '<svgfoo/>',
    'svg',
    '<!-- <svg/> -->',
    '<!-- <svg/>',
    '<?xml <svg/>',
    '<!DOCTYPE html><svg/><html>'.replace('<svg/>', '<p>'),
    '<!DOCTYPE svg [ <!ENTITY a "b"> <svg/>',
    'a<svg/>',
    '{"svg": 1}',
  ])('%s is refused', async (file) => {
    expect(await check('image/svg+xml', text(file))).toMatchObject({ code: 'validation/invalid_input' })
  })

  test('is decided in time, whatever is before it', async () => {
    for (const file of [
      '<!--'.repeat(16_000),
      '<?'.repeat(32_000),
      `<!DOCTYPE ${'['.repeat(60_000)}`,
      `<svg ${'"'.repeat(60_001)}`,
      ' '.repeat(65_000),
    ])
      await check('image/svg+xml', text(file))
    expect(await check('image/svg+xml', text(`${'<!--a-->'.repeat(8_000)}<svg/>`))).toBeNull()
  })
})

test('nothing that is thrown at it makes it throw', async () => {
  const gifBytes = await gif()
  for (const contentType of contentTypes)
    for (let cut = 0; cut < 60; cut++) {
      const file = all[contentType].slice(0, cut)
      const flipped = joined(file.slice(0, cut >> 1), gifBytes.slice(0, cut))
      expect(await check(contentType, file)).toSatisfy((found) => found === null || found.code === 'validation/invalid_input')
      expect(await check(contentType, flipped)).toSatisfy((found) => found === null || found.code === 'validation/invalid_input')
    }
})
