// A small file of every type that may be uploaded: real ones where something here can make them, and otherwise the beginning
// that the format's own description gives it.

import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import type { MediaContentType } from '../../../domain/media/content-types.ts'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
export const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 60 } } })
const made = async (image: { toBuffer(): Promise<Buffer> }): Promise<Uint8Array> => new Uint8Array(await image.toBuffer())

export const jpeg = (width = 6, height = 4, orientation = 1) => made(picture(width, height).withMetadata({ orientation }).jpeg())
export const png = (width = 6, height = 4) => made(picture(width, height).png())
export const gif = (width = 6, height = 4) => made(picture(width, height).gif())
export const webp = (width = 6, height = 4) => made(picture(width, height).webp())
export const tiff = (width = 6, height = 4, compression: 'none' | 'lzw' = 'lzw') => made(picture(width, height).tiff({ compression }))

/** BITMAPINFOHEADER, 24 bits. */
export function bmp(width = 6, height = 4): Uint8Array {
  const rowBytes = Math.ceil((width * 3) / 4) * 4
  const file = new Uint8Array(54 + rowBytes * height)
  const view = new DataView(file.buffer)
  file.set(text('BM'))
  view.setUint32(2, file.byteLength, true)
  view.setUint32(10, 54, true)
  view.setUint32(14, 40, true)
  view.setInt32(18, width, true)
  view.setInt32(22, height, true)
  view.setUint16(26, 1, true)
  view.setUint16(28, 24, true)
  return file
}

export const svg = (attributes = 'width="6" height="4"') =>
  text(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}><path d="M0 0"/></svg>`)

/** The box that every ISO base media file begins with, and one of data. */
export const mp4 = (brand = 'isom') =>
  joined(bytes(0, 0, 0, 20), text('ftyp'), text(brand), bytes(0, 0, 2, 0), text(brand), bytes(0, 0, 0, 16), text('mdat'), new Uint8Array(8))

const ebml = (docType: string) =>
  joined(bytes(0x1a, 0x45, 0xdf, 0xa3, 0x80 | (docType.length + 3), 0x42, 0x82, 0x80 | docType.length), text(docType))
export const webm = () => joined(ebml('webm'), new Uint8Array(40))
export const matroska = () => joined(ebml('matroska'), new Uint8Array(40))

const riff = (form: string, ...chunks: Uint8Array[]) => joined(text('RIFF'), bytes(0, 1, 0, 0), text(form), ...chunks, new Uint8Array(64))
export const wav = (seconds = 1): Uint8Array => {
  const samples = new Uint8Array(8000 * seconds)
  const head = new Uint8Array(44)
  const view = new DataView(head.buffer)
  head.set(text('RIFF'))
  view.setUint32(4, 36 + samples.byteLength, true)
  head.set(text('WAVEfmt '), 8)
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, 8000, true)
  view.setUint32(28, 8000, true)
  view.setUint16(32, 1, true)
  view.setUint16(34, 8, true)
  head.set(text('data'), 36)
  view.setUint32(40, samples.byteLength, true)
  return joined(head, samples)
}

/** MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame. */
const mp3Frames = (count: number) =>
  joined(...Array.from({ length: count }, () => joined(bytes(0xff, 0xfb, 0x90, 0x00), new Uint8Array(413))))
/** `tag`: bytes of an ID3v2 tag before it. */
export const mp3 = (tag = 0) =>
  tag === 0
    ? mp3Frames(4)
    : joined(
        text('ID3'),
        bytes(3, 0, 0, (tag >> 21) & 0x7f, (tag >> 14) & 0x7f, (tag >> 7) & 0x7f, tag & 0x7f),
        new Uint8Array(tag),
        mp3Frames(4),
      )

const oggPage = (packet: Uint8Array) => joined(text('OggS'), bytes(0, 2), new Uint8Array(20), bytes(1, packet.byteLength), packet)
export const vorbis = () => oggPage(joined(bytes(1), text('vorbis'), new Uint8Array(23)))
export const opus = () => oggPage(joined(text('OpusHead'), new Uint8Array(11)))
export const theora = () => oggPage(joined(bytes(0x80), text('theora'), new Uint8Array(35)))

/** ADTS, 44.1 kHz, stereo, 371 bytes a frame. */
export const aac = () =>
  joined(...Array.from({ length: 4 }, () => joined(bytes(0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc), new Uint8Array(364))))
export const flac = () => joined(text('fLaC'), bytes(0x80, 0, 0, 34), new Uint8Array(34))
export const pdf = () => text('%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n')

/** Entries that are stored, not compressed, with no directory behind them: a reader of local headers needs none. */
export function zip(entries: Record<string, Uint8Array>): Uint8Array {
  const parts = Object.entries(entries).map(([name, content]) => {
    const head = new Uint8Array(30)
    const view = new DataView(head.buffer)
    view.setUint32(0, 0x04034b50, true)
    view.setUint16(4, 20, true)
    view.setUint32(14, crc32(content), true)
    view.setUint32(18, content.byteLength, true)
    view.setUint32(22, content.byteLength, true)
    view.setUint16(26, name.length, true)
    return joined(head, text(name), content)
  })
  return joined(...parts)
}

const office = { word: 'wordprocessingml.document', xl: 'spreadsheetml.sheet', ppt: 'presentationml.presentation' }
/** As Word writes it: the types of its parts first. */
export const ooxml = (room: keyof typeof office) =>
  zip({
    '[Content_Types].xml': text(
      `<Types><Override PartName="/${room}/x.xml" ContentType="application/vnd.openxmlformats-officedocument.${office[room]}.main+xml"/></Types>`,
    ),
    [`${room}/x.xml`]: text('<x/>'),
  })
/** As others do: the types of its parts last, behind what is looked at. */
export const ooxmlTypesLast = (room: keyof typeof office) =>
  zip({ '_rels/.rels': text('<x/>'), [`${room}/x.xml`]: new Uint8Array(100_000), '[Content_Types].xml': text('<Types/>') })

/** A compound file of one stream; its directory in the sector given. */
export function cfb(streamName: string, directorySector = 0): Uint8Array {
  const file = new Uint8Array(512 * (directorySector + 3))
  const view = new DataView(file.buffer)
  file.set(bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1))
  view.setUint16(26, 3, true)
  view.setUint16(28, 0xfffe, true)
  view.setUint16(30, 9, true)
  view.setUint32(48, directorySector, true)
  const entry = (at: number, name: string) => {
    for (const [i, character] of [...name].entries()) view.setUint16(at + 2 * i, character.charCodeAt(0), true)
    view.setUint16(at + 64, 2 * (name.length + 1), true)
  }
  entry(512 * (directorySector + 1), 'Root Entry')
  entry(512 * (directorySector + 1) + 128, streamName)
  return file
}

export const samples = async (): Promise<Record<MediaContentType, Uint8Array>> => ({
  'image/jpeg': await jpeg(),
  'image/png': await png(),
  'image/gif': await gif(),
  'image/webp': await webp(),
  'image/svg+xml': svg(),
  'image/bmp': bmp(),
  'image/tiff': await tiff(),
  'video/mp4': mp4(),
  'video/webm': webm(),
  'video/quicktime': mp4('qt  '),
  'video/x-msvideo': riff('AVI '),
  'video/mpeg': joined(bytes(0, 0, 1, 0xba, 0x44), new Uint8Array(40)),
  'audio/mpeg': mp3(),
  'audio/wav': wav(),
  'audio/ogg': vorbis(),
  'audio/aac': aac(),
  'audio/flac': flac(),
  'application/pdf': pdf(),
  'application/msword': cfb('WordDocument'),
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ooxml('word'),
  'application/vnd.ms-excel': cfb('Workbook'),
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ooxml('xl'),
  'application/vnd.ms-powerpoint': cfb('PowerPoint Document'),
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': ooxml('ppt'),
  'application/json': text('{"a": 1}'),
  'text/plain': text('Grüße aus Zürich\n'),
  'text/csv': text('name,points\nAda,3\n'),
})
