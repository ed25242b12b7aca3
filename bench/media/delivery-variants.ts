// What is asked, and of whom. A group asks one thing of all: of the bare Worker, which it is compared with; of nginx; of the
// bare Worker reading from where the platform reads from; and of the platform, cached and not.

import { createHash } from 'node:crypto'
import type { CannonRequest } from 'autocannon'
import type { Variant } from '../variant.ts'
import type { BareWorker } from './bare-worker.ts'
import { type BenchFile, makeFile } from './files.ts'
import type { Nginx } from './nginx.ts'

export interface Group {
  title: string
  /** Of each answer's body. */
  bytes: number
  /** The first is the bare Worker from memory. */
  variants: Variant[]
}

/** Where the platform serves files of one size: one by a public URL, one as a private media by a signed one. */
export interface Served {
  like: BenchFile
  public: { file: BenchFile; url: string }
  private: { file: BenchFile; url: string }
}

export interface Sides {
  bare: BareWorker
  nginx: Nginx | null
  platform: { pid: number; served: Served[] }
}

export const nginxName = 'nginx, the file'

interface Asked {
  method?: 'GET' | 'HEAD'
  headers?: Record<string, string>
  status: number
  /** The bytes of the answer, of those of the file. */
  body(file: Bytes): Bytes
  /** False: answered without a look at the bytes, so there is no store to compare with. */
  isRead: boolean
}

type Bytes = BenchFile['bytes']

const partAt = 5 * 1024 ** 2
const partLength = 64 * 1024
const nothing = new Uint8Array()

const whole: Asked = { status: 200, body: (bytes) => bytes, isRead: true }
const part: Asked = {
  headers: { range: `bytes=${partAt}-${partAt + partLength - 1}` },
  status: 206,
  body: (bytes) => bytes.subarray(partAt, partAt + partLength),
  isRead: true,
}
const head: Asked = { method: 'HEAD', status: 200, body: () => nothing, isRead: false }
/** Everybody is asked with the ETag that they gave themselves. */
const unchanged = (etag: string): Asked => ({ headers: { 'if-none-match': etag }, status: 304, body: () => nothing, isRead: false })

/** What is uploaded: small, middling, and larger than what the platform keeps in memory. */
export type BenchFiles = readonly [small: BenchFile, middling: BenchFile, large: BenchFile]

export const benchFiles = (): BenchFiles => [makeFile('4KiB', 4 * 1024), makeFile('1MiB', 1024 ** 2), makeFile('8MiB', 8 * 1024 ** 2)]

export async function deliveryGroups(sides: Sides, [small, middling, large]: BenchFiles): Promise<Group[]> {
  const groupOf = (title: string, file: BenchFile, asked: Asked): Group => ({
    title,
    bytes: asked.body(file.bytes).length,
    variants: placesOf(sides, file)
      .filter(({ isStore }) => asked.isRead || !isStore)
      .map((place) => variantOf(place, asked)),
  })
  const known = placesOf(sides, middling).filter(({ isStore }) => !isStore)
  return [
    groupOf('4 KiB', small, whole),
    groupOf('1 MiB', middling, whole),
    groupOf('64 KiB out of 8 MiB', large, part),
    {
      title: '304 for 1 MiB',
      bytes: 0,
      variants: await Promise.all(known.map(async (place) => variantOf(place, unchanged(await etagOf(place))))),
    },
    groupOf('HEAD of 1 MiB', middling, head),
  ]
}

interface Place {
  name: string
  url: string
  pid: number
  file: BenchFile
  /** A bare Worker that reads from a store: the floor of what the platform reads from there. */
  isStore: boolean
}

function placesOf({ bare, nginx, platform }: Sides, file: BenchFile): Place[] {
  const served = platform.served.find(({ like }) => like === file)
  if (!served) throw new Error(`${file.name} was not uploaded`)
  const of = (store: 'memory' | 'cache' | 'r2') => ({ url: bare.url(store, file), pid: bare.pid, file, isStore: store !== 'memory' })
  const ours = (one: Served['public']) => ({ ...one, pid: platform.pid, isStore: false })
  return [
    { name: 'bare Worker, from memory', ...of('memory') },
    ...(nginx ? [{ name: nginxName, url: nginx.url(file), pid: nginx.pid, file, isStore: false }] : []),
    { name: 'bare Worker, Cache API', ...of('cache') },
    { name: 'public media, cached', ...ours(served.public) },
    { name: 'bare Worker, R2', ...of('r2') },
    { name: 'private media, not cached', ...ours(served.private) },
  ]
}

async function etagOf({ name, url }: Place): Promise<string> {
  const etag = (await fetch(url, { method: 'HEAD' })).headers.get('etag')
  if (!etag) throw new Error(`${name} gives no ETag`)
  return etag
}

function variantOf({ name, url, pid, file }: Place, { method, headers, status, body }: Asked): Variant {
  const request: CannonRequest = { method, headers }
  const digest = sha256(body(file.bytes))
  const check = async (answer: Response): Promise<void> => {
    const came = await answer.bytes()
    if (sha256(came) !== digest) throw new Error(`${name} gives other bytes, ${came.length} of them`)
    const length = answer.headers.get('content-length')
    if (method === 'HEAD' && length !== String(file.bytes.length)) throw new Error(`${name} says a length of ${length}`)
  }
  return { name, url, pids: [pid], expects: [status], requests: () => [request], check }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')
