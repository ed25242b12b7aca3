// Uploads as a client makes them: a URL is asked for on the dashboard, and bytes are sent to it over HTTP. What lies in the
// bucket under a workspace can be listed, so that a test sees what was left.

import { env } from 'cloudflare:workers'
import { createHash } from 'node:crypto'
import { nanoid } from 'nanoid'
import type { UploadGrant } from '../../../domain/media/grant.ts'
import { blobKey } from '../../../r2/keys.ts'
import { localAccountId } from '../../../scripts/local/tokens.ts'
import { laurelApp } from '../../../workers/app-of.ts'
import { edgePartsOf } from '../../../workers/composition.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import type { Services } from '../../../workers/services.ts'
import { must } from './game.ts'
import type { Tenant } from './tenant.ts'

const bindings = env as unknown as Env

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer is held against expectations, not against a type
  body: any
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')
export const digestOf = (bytes: Uint8Array): string => `sha-256=:${Buffer.from(sha256Of(bytes), 'base64url').toString('base64')}:`

/** Bytes that look like nothing and do not repeat. */
export function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = seed >>> 0 || 1
  for (let i = 0; i < size; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

/** A WAV file of that many bytes in all, so that it may be of any size: 8 kHz, one channel, a byte a sample. */
export function wav(size: number, seed = 1): Uint8Array {
  const bytes = noise(size, seed)
  const view = new DataView(bytes.buffer)
  const text = (at: number, word: string) => bytes.set(new TextEncoder().encode(word), at)
  text(0, 'RIFF')
  view.setUint32(4, size - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, 8000, true)
  view.setUint32(28, 8000, true)
  view.setUint16(32, 1, true)
  view.setUint16(34, 8, true)
  text(36, 'data')
  view.setUint32(40, size - 44, true)
  return bytes
}

/** No length is declared for a stream. */
export const streamOf = (...chunks: Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

/** The Worker as a fresh isolate has it: nothing is remembered of what came before. `broken` are services in place of its own. */
export function uploadWorld(over: Partial<EdgeParts> = {}, broken: (services: Services) => Partial<Services> = () => ({})) {
  const lines: string[] = []
  const parts = edgePartsOf(bindings)
  const services: Services = Object.assign(Object.create(parts.services), broken(parts.services))
  const { app } = laurelApp({ ...parts, services, log: (line) => lines.push(line), ...over })
  const fetch = async (request: Request): Promise<Response> => app.fetch(request, bindings)
  async function ask(method: string, url: string, body?: BodyInit | null, headers: Record<string, string> = {}): Promise<Answer> {
    const request = new Request(new URL(url, 'http://laurel.test'), { method, headers, ...(body != null && { body }) })
    const response = await fetch(request)
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text }
  }
  return { ask, fetch, lines, services, grants: parts.uploadGrants }
}

export interface Wanted {
  contentType: string
  fileType: string
  size: number
  fileName?: string
  sha256?: string
  mediaId?: string
  visibility?: string
  expiresIn?: number
}

export async function uploadUrl(
  { admin }: Tenant,
  { contentType, fileType, size, fileName = 'file', sha256, ...more }: Wanted,
): Promise<string> {
  const query = new URLSearchParams({ contentType, fileType, fileSize: String(size), fileName })
  if (sha256) query.set('checksumSha256', sha256)
  for (const [name, value] of Object.entries(more)) query.set(name, String(value))
  return (await must(admin.get(`/media/upload-url?${query}`))).uploadUrl
}

/** As the dashboard signs it: a sound of 5,000 bytes, unless said otherwise. */
export const grantFor = (workspaceId: string, over: Partial<UploadGrant> = {}): UploadGrant => ({
  uploadId: nanoid(),
  workspaceId,
  accountId: localAccountId,
  mediaId: nanoid(),
  originalFileName: 'a.wav',
  contentType: 'audio/wav',
  fileType: 'audio',
  scope: 'workspace',
  visibility: 'public',
  size: 5000,
  expiresAtMs: Date.now() + 60_000,
  by: { subject: 'somebody', platform: 'web', context: 'dashboard', role: 'editor', scopes: [] },
  ...over,
})

/** `409 resource:conflict`: the status, and which problem it is. */
export const codeOf = ({ status, body }: Answer): string => `${status} ${body?.type?.replace('urn:laurel:problem:', '') ?? ''}`.trim()

/** The hash of what the bucket has under a key. */
export async function digestOfKey(key: string): Promise<string> {
  const object = await bindings.BYTES.get(key)
  if (!object) throw new Error(`there is nothing under ${key}`)
  return sha256Of(new Uint8Array(await object.arrayBuffer()))
}

/** The hash of a media's bytes as they lie in the bucket; null where the workspace has no such media. */
export async function digestOfMedia({ services }: { services: Services }, { workspaceId, mediaId }: UploadGrant): Promise<string | null> {
  const media = await services.workspace(workspaceId).media(workspaceId, mediaId)
  return media.ok ? digestOfKey(blobKey(workspaceId, media.value.blobId)) : null
}

/** Everything that the bucket has of a workspace, unfinished multipart uploads apart, which cannot be listed. */
export async function stored(workspaceId: string): Promise<string[]> {
  const { objects } = await bindings.BYTES.list({ prefix: `${workspaceId}/` })
  return objects.map(({ key }) => key.slice(workspaceId.length + 1))
}
