// The port to image transformation: Cloudflare's Images binding, which miniflare serves with sharp (where quality counts for
// nothing, and GIF cannot be made).

import { fail, ok, type Result } from '../../domain/result.ts'

export type ImageFormat = 'image/avif' | 'image/webp' | 'image/jpeg' | 'image/png'
export const imageFits = ['scale-down', 'contain', 'cover', 'pad'] as const
export type ImageFit = (typeof imageFits)[number]

export interface ImageVariant {
  width?: number
  height?: number
  fit: ImageFit
  format: ImageFormat
  /** 1 to 100. */
  quality: number
}

export interface TransformedImage {
  bytes: Uint8Array
  /** What was made: where a picture is too large for a format, the service takes another. */
  contentType: string
}

export type TransformFailure = { code: 'image/unsupported' | 'image/too_large' | 'image/unavailable'; detail: string }

/** A photograph of 5 MiB is a PNG of 80, and an isolate has 128 MB for everything. */
export const mostMadeBytes = 20 * 1024 * 1024

export interface ImageTransformer {
  /**
   * The transformed image, whole. `image/unsupported`: what was given is no image that can be read; `image/too_large`: what is
   * made of it has more than `mostMadeBytes`.
   */
  transform(image: ReadableStream<Uint8Array>, variant: ImageVariant): Promise<Result<TransformedImage, TransformFailure>>
}

/**
 * https://developers.cloudflare.com/images/reference/troubleshooting/: too large, no image, too many pixels, not this format,
 * damaged. What else there is (a limit of the account, say) is no fault of the image.
 */
const faultsOfTheImage = [9402, 9412, 9413, 9520, 9523]

export function imagesBindingTransformer(images: ImagesBinding): ImageTransformer {
  return {
    async transform(image, { width, height, fit, format, quality }) {
      try {
        const input = images.input(image)
        const sized = width === undefined && height === undefined ? input : input.transform({ width, height, fit })
        const made = await sized.output({ format, ...(format !== 'image/png' && { quality }) })
        const bytes = await gathered(made.image())
        return bytes === null ? fail(tooLarge) : ok({ bytes, contentType: made.contentType() })
      } catch (thrown) {
        return fail(failureOf(thrown))
      }
    },
  }
}

const tooLarge: TransformFailure = { code: 'image/too_large', detail: `more than ${mostMadeBytes} bytes` }

/** Null where there are more than may be; the rest is not read. */
async function gathered(stream: ReadableStream<Uint8Array>): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > mostMadeBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function failureOf(thrown: unknown): TransformFailure {
  const { code, message = '' } = (thrown ?? {}) as { code?: number; message?: string }
  // Miniflare without sharp says the code of a damaged image.
  const isImages = code !== undefined && faultsOfTheImage.includes(code) && !message.includes('is not available')
  return { code: isImages ? 'image/unsupported' : 'image/unavailable', detail: message.split('\n')[0]?.slice(0, 300) ?? '' }
}
