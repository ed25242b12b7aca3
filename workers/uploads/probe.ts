// How large a picture is as it is shown, and how long a sound or a film: read off the beginning of the bytes, or by a few
// reads of a bounded size. What cannot be found out that way is left out; a probe fails no upload.

import { kindOf } from '../../domain/media/content-types.ts'
import type { MediaDimensions } from '../../domain/media/types.ts'
import { type Probed, readSpan } from './blob-reads.ts'
import { imageDimensions, tiffDirectory } from './image-probe.ts'
import { svgRoot } from './text-check.ts'

/** The beginning of an image that is looked at: behind the profiles and previews that cameras put first. */
const imageBytes = 256 * 1024

export async function probe(probed: Probed): Promise<MediaDimensions> {
  try {
    return plausible(await dimensionsOf(probed))
  } catch {
    return {}
  }
}

async function dimensionsOf(probed: Probed): Promise<MediaDimensions> {
  const { fileType } = kindOf(probed.contentType)
  if (probed.size === 0) return {}
  if (fileType === 'image') return pictureOf(probed)
  if (fileType !== 'video' && fileType !== 'audio') return {}
  // A quarter of a megabyte of code that only these need.
  const { timedDimensions } = await import('./av-probe.ts')
  return timedDimensions(probed)
}

async function pictureOf({ contentType, size, key, blobs }: Probed): Promise<MediaDimensions> {
  const head = await readSpan(blobs, key, { offset: 0, length: Math.min(size, imageBytes) })
  if (contentType === 'image/svg+xml') return svgDimensions(new TextDecoder().decode(head))
  if (contentType !== 'image/tiff') return imageDimensions(contentType, head)
  const directory = tiffDirectory(head, size)
  return directory === null ? {} : imageDimensions(contentType, directory.beginning, await readSpan(blobs, key, directory.span))
}

/** Only where it says them plainly: units other than pixels, percentages and a bare viewBox leave the size to the page. */
function svgDimensions(text: string): MediaDimensions {
  const tag = svgRoot(text) ?? ''
  const side = (name: string) => {
    const [, double, single] = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag) ?? []
    const [, pixels] = /^\s*(\d{1,6}(?:\.\d{1,6})?)(?:px)?\s*$/.exec(double ?? single ?? '') ?? []
    return pixels === undefined ? undefined : Math.round(Number(pixels))
  }
  return { width: side('width'), height: side('height') }
}

/** Sides are whole pixels and come in pairs; a duration has milliseconds. */
function plausible({ width, height, durationSeconds }: MediaDimensions): MediaDimensions {
  const isSide = (value: number | undefined): value is number => Number.isInteger(value) && (value ?? 0) > 0 && (value ?? 0) < 2 ** 31
  const hasDuration = durationSeconds !== undefined && Number.isFinite(durationSeconds) && durationSeconds > 0 && durationSeconds < 1e9
  return {
    ...(isSide(width) && isSide(height) && { width, height }),
    ...(hasDuration && { durationSeconds: Math.round(durationSeconds * 1000) / 1000 }),
  }
}
