// A real video, made here: a lossy WebP picture is one VP8 key frame in a wrapper of its own, so pictures that sharp draws
// become the frames of a WebM that mediabunny writes. Every frame is a key frame and its colour tells which second it is of,
// so a test sees where a player has sought to.

import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Output, WebMOutputFormat } from 'mediabunny'
import sharp from 'sharp'

export interface SeekableVideo {
  bytes: Uint8Array
  width: number
  height: number
  seconds: number
  /** What is shown in a second: red, green and blue. */
  colorAt(second: number): [number, number, number]
}

const width = 320
const height = 180
const framesPerSecond = 10

/** `frameBytes`: how large a frame is at least, so that a player cannot hold the whole. */
export async function seekableVideo({ seconds = 60, frameBytes = 16_000 } = {}): Promise<SeekableVideo> {
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() })
  const source = new EncodedVideoPacketSource('vp8')
  output.addVideoTrack(source, { frameRate: framesPerSecond })
  await output.start()
  for (let second = 0; second < seconds; second++) {
    const frame = await keyFrame(colorAt(second), frameBytes)
    for (let i = 0; i < framesPerSecond; i++) {
      const packet = new EncodedPacket(frame, 'key', second + i / framesPerSecond, 1 / framesPerSecond)
      const decoderConfig = { codec: 'vp8', codedWidth: width, codedHeight: height }
      await source.add(packet, second === 0 && i === 0 ? { decoderConfig } : undefined)
    }
  }
  await output.finalize()
  const { buffer } = output.target
  if (!buffer) throw new Error('nothing was written')
  return { bytes: new Uint8Array(buffer), width, height, seconds, colorAt }
}

/** Far enough apart that a lossy picture cannot confuse two. */
function colorAt(second: number): [number, number, number] {
  return [(second % 4) * 80, (Math.floor(second / 4) % 4) * 80, (Math.floor(second / 16) % 4) * 80]
}

/** The upper half is the colour, the lower half is noise, which does not compress. */
async function keyFrame([r, g, b]: [number, number, number], atLeast: number): Promise<Uint8Array> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const
  const lower = await sharp({ create: { width, height: height / 2, channels: 3, background: 'black', noise } })
    .png()
    .toBuffer()
  const picture = sharp({ create: { width, height, channels: 3, background: { r, g, b } } }).composite([
    { input: lower, left: 0, top: height / 2 },
  ])
  for (let quality = 60; quality <= 100; quality += 10) {
    const frame = vp8Of(await picture.clone().webp({ quality }).toBuffer())
    if (frame.byteLength >= atLeast) return frame
  }
  throw new Error(`no frame has ${atLeast} bytes`)
}

/** RFC 9649: RIFF, size, WEBP, then chunks of a name, a length and the bytes. */
function vp8Of(webp: Buffer): Uint8Array {
  for (let at = 12; at + 8 <= webp.length; ) {
    const length = webp.readUInt32LE(at + 4)
    if (webp.toString('latin1', at, at + 4) === 'VP8 ') return webp.subarray(at + 8, at + 8 + length)
    at += 8 + length + (length % 2)
  }
  throw new Error('this WebP has no lossy picture')
}
