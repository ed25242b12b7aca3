// Duration of sound and film, and the size of a film as it is shown: `mediabunny`, which reads what it needs of a file, over
// reads of the bucket that are counted. A file that needs more than these says nothing of itself.

import { CustomSource, FLAC, Input, MP3, MP4, QTFF, WAVE, WEBM } from 'mediabunny'
import type { MediaDimensions } from '../../domain/media/types.ts'
import { type Probed, readSpan } from './blob-reads.ts'
import { bytesBefore, hideBoxes } from './unread-boxes.ts'

/** Ogg and AAC say nowhere how long they are, and an Ogg of many streams is read for hours. */
const formats = [MP4, QTFF, WEBM, MP3, WAVE, FLAC]
const mostReads = 40
/** Each is held against every other. */
const mostTracks = 100
const mostBytes = 8 * 1024 * 1024

export async function timedDimensions({ size, key, blobs }: Probed): Promise<MediaDimensions> {
  let reads = 0
  let bytes = 0
  async function read(start: number, end: number): Promise<Uint8Array> {
    reads += 1
    bytes += end - start
    if (reads > mostReads || bytes > mostBytes) throw new Error('this file takes too much reading')
    const before = Math.min(start, bytesBefore)
    const found = await readSpan(blobs, key, { offset: start - before, length: end - start + before })
    hideBoxes(found)
    return found.subarray(before)
  }
  const source = new CustomSource({
    getSize: () => size,
    read,
    maxCacheSize: 8 * 1024 * 1024,
    prefetchProfile: 'fileSystem',
    handleUnhandledError: () => {},
  })
  const input = new Input({ source, formats })
  try {
    const tracks = await input.getTracks()
    if (tracks.length > mostTracks) throw new Error('this file has too many tracks')
    const [video, durationSeconds] = [await input.getPrimaryVideoTrack(), await input.getDurationFromMetadata(tracks)]
    const shown = video && { width: await video.getDisplayWidth(), height: await video.getDisplayHeight() }
    return { ...shown, ...(durationSeconds !== null && { durationSeconds }) }
  } finally {
    input.dispose()
  }
}
