// Films and sounds whose containers are real and whose pictures are not: nothing here decodes them.

import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  WebMOutputFormat,
} from 'mediabunny'

interface FilmDraft {
  frames?: number
  /** Degrees, clockwise. */
  rotation?: 0 | 90 | 180 | 270
  /** MP4: where the index is. */
  index?: 'first' | 'last' | 'in fragments'
}

const starts = { first: 'in-memory', last: false, 'in fragments': 'fragmented' } as const
const avc = Uint8Array.of(1, 0x42, 0, 0x1e, 0xff, 0xe1, 0, 4, 0x67, 0x42, 0, 0x1e, 1, 0, 2, 0x68, 0xce)

/** 640 by 360, 25 frames a second. */
async function film(format: OutputFormat, codec: 'avc' | 'vp8', { frames = 50, rotation = 0 }: FilmDraft): Promise<Uint8Array> {
  const target = new BufferTarget()
  const output = new Output({ format, target })
  const source = new EncodedVideoPacketSource(codec)
  output.addVideoTrack(source, { rotation, frameRate: 25 })
  await output.start()
  const decoderConfig = {
    codec: codec === 'avc' ? 'avc1.42001e' : 'vp8',
    codedWidth: 640,
    codedHeight: 360,
    ...(codec === 'avc' && { description: avc }),
  }
  for (let i = 0; i < frames; i++) {
    const packet = new EncodedPacket(new Uint8Array(2000).fill(i), i % 25 === 0 ? 'key' : 'delta', i / 25, 1 / 25)
    await source.add(packet, i === 0 ? ({ decoderConfig } as Parameters<typeof source.add>[1]) : undefined)
  }
  await output.finalize()
  if (target.buffer === null) throw new Error('no film was made')
  return new Uint8Array(target.buffer)
}

export const mp4Film = (draft: FilmDraft = {}) => film(new Mp4OutputFormat({ fastStart: starts[draft.index ?? 'last'] }), 'avc', draft)
export const movFilm = (draft: FilmDraft = {}) => film(new MovOutputFormat(), 'avc', draft)
export const webmFilm = (draft: FilmDraft = {}) => film(new WebMOutputFormat(), 'vp8', draft)
