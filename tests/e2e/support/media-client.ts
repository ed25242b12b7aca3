// What a client of the media API does: asks for an upload URL, sends the bytes in one piece or in parts, and has a media.

import type { PatternedFile } from './patterned-bytes.ts'
import type { Platform } from './platform.ts'

export interface Uploading {
  fileName: string
  contentType: string
  fileType: string
  visibility?: 'public' | 'private'
}

export interface GrantedUpload {
  uploadUrl: string
  mediaId: string
  metadataHeaders: Record<string, string>
}

export interface MultipartBegun {
  partSize: number
  partCount: number
  parts: { partNumber: number; size: number }[]
}

/** As the API shows it; what the tests do not ask about is not here. */
export interface Media {
  mediaId: string
  url: string
  fileSize: number
  sha256: string
  contentType: string
  width?: number
  height?: number
  durationSeconds?: number
}

export async function mediaClient(platform: Platform, workspace: string) {
  await platform.unlimit(workspace)
  const token = await platform.token({ workspace, user: 'editor', role: 'owner', context: 'dashboard' })

  async function api(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) }
    return fetch(`${platform.baseUrl}/dashboard/v1${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) })
  }

  async function grant(what: Uploading, fileSize: number, more: Record<string, string> = {}): Promise<GrantedUpload> {
    const query = new URLSearchParams({ ...what, fileSize: String(fileSize), ...more })
    return json<GrantedUpload>(await api('GET', `/media/upload-url?${query}`), 200)
  }

  async function put(what: Uploading, bytes: Uint8Array): Promise<Media> {
    const { uploadUrl, metadataHeaders } = await grant(what, bytes.byteLength)
    return json<Media>(await fetch(uploadUrl, { method: 'PUT', headers: metadataHeaders, body: new Uint8Array(bytes) }), 201)
  }

  return { token, api, grant, put }
}

export const beginMultipart = async (uploadUrl: string): Promise<MultipartBegun> =>
  json<MultipartBegun>(await fetch(`${uploadUrl}/multipart`, { method: 'POST' }), [200, 201])

export const listParts = async (uploadUrl: string): Promise<MultipartBegun> =>
  json<MultipartBegun>(await fetch(`${uploadUrl}/multipart`), 200)

export function putPart(uploadUrl: string, file: PatternedFile, partSize: number, partNumber: number): Promise<Response> {
  const offset = (partNumber - 1) * partSize
  const body = file.bytes(offset, Math.min(partSize, file.size - offset))
  return fetch(`${uploadUrl}/multipart/${partNumber}`, { method: 'PUT', body: body as Uint8Array<ArrayBuffer> })
}

export const complete = (uploadUrl: string, sha256?: string): Promise<Response> =>
  fetch(`${uploadUrl}/multipart/complete`, {
    method: 'POST',
    ...(sha256 !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sha256 }) }),
  })

/** Every part that is not there yet, then the whole. */
export async function uploadParts(uploadUrl: string, file: PatternedFile): Promise<Media> {
  const { partSize, partCount, parts } = await beginMultipart(uploadUrl)
  const there = new Set(parts.map(({ partNumber }) => partNumber))
  for (let partNumber = 1; partNumber <= partCount; partNumber++) {
    if (there.has(partNumber)) continue
    const answer = await putPart(uploadUrl, file, partSize, partNumber)
    if (answer.status !== 200) throw new Error(`part ${partNumber}: ${answer.status} ${await answer.text()}`)
    await answer.body?.cancel()
  }
  return json<Media>(await complete(uploadUrl, file.sha256()), 201)
}

export async function json<T>(answer: Response, status: number | number[]): Promise<T> {
  const text = await answer.text()
  if (![status].flat().includes(answer.status)) throw new Error(`${answer.status} in place of ${status}: ${text}`)
  return JSON.parse(text) as T
}
