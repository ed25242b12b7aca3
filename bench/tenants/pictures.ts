// Public pictures of noise, which no format makes small, uploaded over the public API.

import { setTimeout as pause } from 'node:timers/promises'
import sharp from 'sharp'
import { send } from '../workspace.ts'

/** The index follows the upload by a queue. */
const servedWithinMs = 30_000

/** The path that serves it, once it does. `token` is the dashboard's. */
export async function uploadPicture(baseUrl: string, token: string, workspaceId: string, name: string, side: number): Promise<string> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  const bytes = await sharp({ create: { width: side, height: side, channels: 3, noise, background: '#888' } })
    .jpeg({ quality: 90 })
    .toBuffer()
  const query = new URLSearchParams({
    contentType: 'image/jpeg',
    fileName: `${name}.jpg`,
    fileSize: String(bytes.byteLength),
    fileType: 'image',
    visibility: 'public',
  })
  const begun = (await send('GET', `${baseUrl}/dashboard/v1/media/upload-url?${query}`, token)) as {
    uploadUrl: string
    mediaId: string
    metadataHeaders: Record<string, string>
  }
  const put = await fetch(begun.uploadUrl, { method: 'PUT', headers: begun.metadataHeaders, body: new Uint8Array(bytes) })
  if (!put.ok) throw new Error(`upload of ${name}: ${put.status} ${await put.text()}`)
  const path = `/media/${workspaceId}/${begun.mediaId}`
  for (const deadline = Date.now() + servedWithinMs; ; await pause(50)) {
    const answer = await fetch(baseUrl + path, { method: 'HEAD' })
    if (answer.ok) return path
    if (Date.now() > deadline) throw new Error(`${name} is not served: ${answer.status}`)
  }
}
