// tus-js-client, which mobile and web apps use, over a patterned file.

import { Upload } from 'tus-js-client'
import type { PatternedFile } from './patterned-bytes.ts'

interface TusUpload {
  endpoint?: string
  uploadUrl?: string
  file: PatternedFile
  /** Cuts the connection once so many bytes were sent. */
  stopAfterBytes?: number
}

/** Where the upload is. */
export function tusUpload({ endpoint, uploadUrl, file, stopAfterBytes = Number.POSITIVE_INFINITY }: TusUpload): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(Buffer.from(file.bytes(0, file.size)), {
      endpoint,
      uploadUrl,
      uploadSize: file.size,
      chunkSize: 3 * (1 << 20) + 7,
      retryDelays: null as unknown as number[],
      storeFingerprintForResuming: false,
      onProgress: (sent) => {
        if (sent < stopAfterBytes) return
        void upload.abort().then(() => resolve(upload.url as string))
      },
      onError: reject,
      onSuccess: () => resolve(upload.url as string),
    })
    upload.start()
  })
}
