// What is read off bytes that lie in a bucket, and with how much reading.

import { describe, expect, test } from 'vitest'
import type { BlobReader, Span } from '../../../domain/media/blobs.ts'
import { contentTypes, type MediaContentType } from '../../../domain/media/content-types.ts'
import { fail, ok } from '../../../domain/result.ts'
import { probe } from '../../../workers/uploads/probe.ts'
import { movFilm, mp4Film, webmFilm } from './films.ts'
import { aac, bmp, flac, gif, joined, jpeg, mp3, opus, pdf, png, samples, svg, tiff, wav, webp } from './samples.ts'

function bucket(file: Uint8Array): { reads: Span[]; blobs: BlobReader } {
  const reads: Span[] = []
  const read = async (_: string, span: Span = { offset: 0, length: file.byteLength }) => {
    reads.push(span)
    return ok(new Response(file.slice(span.offset, span.offset + span.length)).body as ReadableStream<Uint8Array>)
  }
  return { reads, blobs: { read } }
}
const probed = (contentType: MediaContentType, file: Uint8Array, blobs = bucket(file).blobs) =>
  probe({ contentType, size: file.byteLength, key: 'key', blobs })

describe('the size of an image', () => {
  test.each<[MediaContentType, () => Uint8Array | Promise<Uint8Array>]>([
    ['image/jpeg', () => jpeg(61, 43)],
    ['image/png', () => png(61, 43)],
    ['image/gif', () => gif(61, 43)],
    ['image/webp', () => webp(61, 43)],
    ['image/bmp', () => bmp(61, 43)],
    ['image/tiff', () => tiff(61, 43)],
    ['image/svg+xml', () => svg('width="61" height="43"')],
  ])('%s', async (contentType, make) => {
    expect(await probed(contentType, await make())).toEqual({ width: 61, height: 43 })
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('as it is shown: a JPEG with orientation %i', async (orientation) => {
    const expected = orientation >= 5 ? { width: 43, height: 61 } : { width: 61, height: 43 }
    expect(await probed('image/jpeg', await jpeg(61, 43, orientation))).toEqual(expected)
  })

  test('a TIFF whose directory is behind more than is looked at', async () => {
    const file = await tiff(700, 600, 'none')
    expect(file.byteLength).toBeGreaterThan(256 * 1024)
    const { reads, blobs } = bucket(file)
    expect(await probed('image/tiff', file, blobs)).toEqual({ width: 700, height: 600 })
    expect(reads.map(({ length }) => length <= 256 * 1024)).toEqual([true, true])
  })

  test('is found behind what cameras put before it, and left out where it is behind more', async () => {
    const [start, rest] = [(await jpeg(61, 43)).subarray(0, 2), (await jpeg(61, 43)).subarray(2)]
    const segment = joined(Uint8Array.of(0xff, 0xe2, 0xff, 0xfd), new Uint8Array(0xfffb))
    expect(await probed('image/jpeg', joined(start, segment, segment, rest))).toEqual({ width: 61, height: 43 })
    expect(await probed('image/jpeg', joined(start, ...Array(5).fill(segment), rest))).toEqual({})
  })

  test.each([
    ['in pixels', `width="61px" height='43px'`, { width: 61, height: 43 }],
    ['in parts of pixels', 'width="60.6" height="43.2"', { width: 61, height: 43 }],
    ['in percent', 'width="100%" height="43"', {}],
    ['in millimetres', 'width="61mm" height="43mm"', {}],
    ['of one side', 'width="61"', {}],
    ['nowhere', 'viewBox="0 0 61 43"', {}],
    ['as nothing', 'width="0" height="0"', {}],
    ['of something else', 'stroke-width="61" data-height="43"', {}],
  ])('of an SVG that says it %s', async (_, attributes, expected) => {
    expect(await probed('image/svg+xml', svg(attributes))).toEqual(expected)
  })
})

describe('films', () => {
  test.each([
    ['an MP4 with its index last', 'video/mp4', () => mp4Film()],
    ['an MP4 with its index first', 'video/mp4', () => mp4Film({ index: 'first' })],
    ['a MOV', 'video/quicktime', () => movFilm()],
    ['a WebM', 'video/webm', () => webmFilm()],
  ] as const)('%s', async (_, contentType, make) => {
    const file = await make()
    const { reads, blobs } = bucket(file)
    expect(await probed(contentType, file, blobs)).toEqual({ width: 640, height: 360, durationSeconds: 2 })
    expect(reads.length).toBeLessThanOrEqual(3)
  })

  test('as they are shown: turned', async () => {
    expect(await probed('video/mp4', await mp4Film({ rotation: 90 }))).toEqual({ width: 360, height: 640, durationSeconds: 2 })
  })

  test('in fragments that say no duration', async () => {
    expect(await probed('video/mp4', await mp4Film({ index: 'in fragments' }))).toEqual({ width: 640, height: 360 })
  })

  test('of forty megabytes take two reads', async () => {
    const file = await mp4Film({ frames: 20_000 })
    const { reads, blobs } = bucket(file)
    expect(await probed('video/mp4', file, blobs)).toEqual({ width: 640, height: 360, durationSeconds: 800 })
    expect([reads.length, reads.reduce((sum, { length }) => sum + length, 0) < 1024 ** 2]).toEqual([2, true])
  })
})

describe('a film that speaks of more than there is', () => {
  const most = 0xffffffff
  const boxAt = (file: Uint8Array, name: string) => Buffer.from(file.buffer).indexOf(name) - 4
  const set = (file: Uint8Array, at: number, ...values: number[]) => {
    for (const [i, value] of values.entries()) new DataView(file.buffer).setUint32(at + 4 * i, value)
  }
  const box = (name: string, ...content: Uint8Array[]) => {
    const whole = joined(new Uint8Array(8), ...content)
    set(whole, 0, whole.byteLength)
    whole.set(new TextEncoder().encode(name), 4)
    return whole
  }
  const words = (...values: number[]) => {
    const bytes = new Uint8Array(4 * values.length)
    set(bytes, 0, ...values)
    return bytes
  }
  /** With more in its index, which is last. */
  const indexedBesides = (film: Uint8Array, ...more: Uint8Array[]) => {
    const at = boxAt(film, 'moov')
    return joined(film.subarray(0, at), box('moov', film.subarray(at + 8), ...more))
  }

  test.each<[string, (film: Uint8Array) => Uint8Array]>([
    [
      'in a chunk',
      (film) => {
        set(film, boxAt(film, 'stsc') + 20, most)
        return film
      },
    ],
    [
      'that are shown in another order',
      (film) => {
        set(film, boxAt(film, 'stts') + 16, most)
        const at = boxAt(film, 'stss')
        film.set(new TextEncoder().encode('ctts'), at + 4)
        set(film, at + 8, 0, 1, most, 0)
        return film
      },
    ],
    [
      'in a fragment inside its index',
      (film) => {
        const header = box('tfhd', words(0x38, 1, 1, 1, 0))
        return indexedBesides(film, box('moof', box('traf', header, box('trun', words(0, most)))))
      },
    ],
  ])('%s', async (_, make) => {
    expect(await probed('video/mp4', make(await mp4Film()))).toEqual({ width: 640, height: 360, durationSeconds: 2 })
  })

  test('of tracks', async () => {
    const film = await mp4Film()
    const at = boxAt(film, 'trak')
    const track = film.slice(at, at + new DataView(film.buffer).getUint32(at))
    expect(await probed('video/mp4', indexedBesides(film, ...Array(5000).fill(track)))).toEqual({})
  })

  test('of tracks, as a WebM', async () => {
    const film = Buffer.from(await webmFilm())
    // The first that is called so is in the list of what is where.
    const [tracks, cluster] = [Buffer.of(0x16, 0x54, 0xae, 0x6b), Buffer.of(0x1f, 0x43, 0xb6, 0x75)]
    const at = film.indexOf(tracks, film.indexOf(tracks) + 1)
    const track = film.subarray(at + 8, film.indexOf(cluster, at))
    const many = Array<Uint8Array>(8000).fill(track)
    const header = joined(tracks, words(0x10000000 + many.length * track.byteLength))
    expect(await probed('video/webm', joined(film.subarray(0, at), header, ...many, film.subarray(at + 8)))).toEqual({})
  })

  test('of streams', async () => {
    const page = joined(new TextEncoder().encode('OggS'), Uint8Array.of(0, 2), new Uint8Array(20), Uint8Array.of(1, 19))
    const streams = Array.from({ length: 16_000 }, (_, i) => {
      const stream = joined(page, new TextEncoder().encode('OpusHead'), Uint8Array.of(1, 2), new Uint8Array(9))
      set(stream, 14, i)
      return stream
    })
    expect(await probed('audio/ogg', joined(...streams))).toEqual({})
  })
})

test('sounds', async () => {
  expect(await probed('audio/wav', wav(3))).toEqual({ durationSeconds: 3 })
  for (const [contentType, file] of [
    ['audio/mpeg', mp3()],
    ['audio/aac', aac()],
    ['audio/flac', flac()],
    ['audio/ogg', opus()],
  ] as const)
    expect(Object.keys(await probed(contentType, file)).filter((member) => member !== 'durationSeconds')).toEqual([])
})

describe('a probe fails nothing', () => {
  test('documents are not read', async () => {
    const { reads, blobs } = bucket(pdf())
    expect([await probed('application/pdf', pdf(), blobs), reads]).toEqual([{}, []])
  })

  test('R2 that is down', async () => {
    const blobs = { read: async () => fail({ code: 'blob/unavailable' as const, detail: 'down' }) }
    expect(await probed('image/png', await png(), blobs)).toEqual({})
    expect(await probed('video/mp4', await mp4Film(), blobs)).toEqual({})
  })

  test('nothing, and what is cut off or broken', async () => {
    const all = await samples()
    for (const contentType of contentTypes) {
      const file = all[contentType]
      for (const cut of [0, 1, 7, 20, 33, 50])
        expect(Object.keys(await probed(contentType, file.slice(0, cut))).length).toBeLessThanOrEqual(3)
    }
  })

  test('a film that wants to be read to pieces gives up in time', async () => {
    // Boxes of eight bytes without end: their reader looks at each.
    const box = Uint8Array.of(0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65)
    const file = new Uint8Array(32 * 1024 ** 2)
    for (let at = 0; at < file.byteLength; at += box.byteLength) file.set(box, at)
    file.set((await mp4Film()).subarray(0, 24))
    const { reads, blobs } = bucket(file)
    expect(await probed('video/mp4', file, blobs)).toEqual({})
    expect(reads.length).toBeLessThanOrEqual(40)
  })
})
