// Media as a client of the platform makes and reads them: over the public API, from the upload URL to the signed link.

import { setTimeout as pause } from 'node:timers/promises'
import { type Issuing, issueToken } from '../../scripts/local/tokens.ts'
import { openWorkspace, send } from '../workspace.ts'
import type { BenchFile, LargeFile } from './files.ts'

export type Visibility = 'public' | 'private'

export interface MediaClient {
  /** In one PUT. The URL that serves it: the media's own where it is public, a signed one where it is private. */
  upload(file: BenchFile, visibility: Visibility): Promise<string>
  /** In parts, each made when it is sent. Public; its URL. `onPart` hears the bytes of each, in order. */
  uploadInParts(name: string, file: LargeFile, onPart: (bytes: Uint8Array) => void): Promise<string>
}

const workspace = 'bench-media'
/** The index follows the upload by a queue. */
const servedWithinMs = 30_000
const linkSeconds = 6 * 3600

export async function mediaClient(baseUrl: string, issuing: Issuing): Promise<MediaClient> {
  const workspaceId = await openWorkspace(baseUrl, issuing, workspace)
  const token = await issueToken(issuing, { workspace, user: 'uploader', role: 'admin', context: 'dashboard' })

  async function begin(fileName: string, fileSize: number, visibility: Visibility, sha256?: string): Promise<Begun> {
    const query = new URLSearchParams({ contentType: 'text/plain', fileName, fileSize: String(fileSize), fileType: 'document', visibility })
    if (sha256) query.set('checksumSha256', sha256)
    return (await send('GET', `${baseUrl}/dashboard/v1/media/upload-url?${query}`, token)) as Begun
  }
  const served = async ({ mediaId }: Begun, visibility: Visibility): Promise<string> => {
    const url = `${baseUrl}/media/${workspaceId}/${mediaId}`
    const signed = visibility === 'public' ? url : await sign(mediaId)
    for (const deadline = Date.now() + servedWithinMs; ; await pause(50)) {
      const answer = await fetch(signed, { method: 'HEAD' })
      if (answer.ok) return signed
      if (Date.now() > deadline) throw new Error(`${url} is not served: ${answer.status}`)
    }
  }
  const sign = async (mediaId: string): Promise<string> => {
    const asked = `${baseUrl}/dashboard/v1/media/${mediaId}/signed-url?expiresIn=${linkSeconds}`
    return ((await send('GET', asked, token)) as { url: string }).url
  }

  return {
    async upload(file, visibility) {
      const begun = await begin(`${file.name}.txt`, file.bytes.length, visibility, file.sha256)
      await accepted(begun.uploadUrl, { method: 'PUT', headers: begun.metadataHeaders, body: file.bytes })
      return served(begun, visibility)
    },
    async uploadInParts(name, file, onPart) {
      const begun = await begin(`${name}.txt`, file.size, 'public')
      const at = `${begun.uploadUrl}/multipart`
      const { partSize, partCount } = (await accepted(at, { method: 'POST' })) as { partSize: number; partCount: number }
      for (let number = 1; number <= partCount; number++) {
        const bytes = file.piece((number - 1) * partSize, partSize)
        onPart(bytes)
        await accepted(`${at}/${number}`, { method: 'PUT', body: bytes })
      }
      await accepted(`${at}/complete`, { method: 'POST' })
      return served(begun, 'public')
    },
  }
}

interface Begun {
  uploadUrl: string
  mediaId: string
  metadataHeaders: Record<string, string>
}

async function accepted(url: string, init: RequestInit): Promise<unknown> {
  const answer = await fetch(url, init)
  const text = await answer.text()
  // The grant in the path is nobody's business.
  if (!answer.ok) throw new Error(`${init.method} of ${new URL(url).pathname.split('/').slice(4).join('/')}: ${answer.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
