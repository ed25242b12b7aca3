// What the delivery of media is compared with: the same bytes by the least that a Worker can do. From memory, which is the
// floor of any Worker; and out of the Cache API and out of R2, which are the floors of what reads from there.
//
// It knows just enough of HTTP to answer what the benchmark asks: one range with both ends, one ETag.

interface BytesEnv {
  BYTES: R2Bucket
}

interface Kept {
  bytes: Uint8Array<ArrayBuffer>
  etag: string
}

export function serve({ BYTES }: BytesEnv): (request: Request) => Promise<Response> {
  const memory = new Map<string, Kept>()
  const cacheKey = (name: string, headers?: HeadersInit) => new Request(`https://bytes.invalid/${name}`, { headers })

  async function keep(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
    const etag = `"${name}"`
    const cached = new Response(bytes, { headers: { 'content-type': 'text/plain', etag, 'cache-control': 'public, max-age=86400' } })
    memory.set(name, { bytes, etag })
    await Promise.all([BYTES.put(name, bytes), caches.default.put(cacheKey(name), cached)])
    return new Response(null, { status: 204 })
  }

  function fromMemory(name: string, { method, headers }: Request): Response {
    const kept = memory.get(name)
    if (!kept) return notFound()
    const { bytes, etag } = kept
    if (headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: { etag } })
    const length = String(bytes.length)
    if (method === 'HEAD') return new Response(null, { headers: { 'content-type': 'text/plain', etag, 'content-length': length } })
    const span = spanOf(headers)
    if (!span) return new Response(bytes, { headers: { 'content-type': 'text/plain', etag } })
    return new Response(bytes.subarray(span.offset, span.offset + span.length), partOf(span, bytes.length, etag))
  }

  async function fromCache(name: string, { headers }: Request): Promise<Response> {
    const range = headers.get('range')
    return (await caches.default.match(cacheKey(name, range === null ? undefined : { range }))) ?? notFound()
  }

  async function fromR2(name: string, { headers }: Request): Promise<Response> {
    const span = spanOf(headers)
    const object = await BYTES.get(name, span && { range: span })
    if (!object) return notFound()
    const etag = `"${name}"`
    if (span) return new Response(object.body, partOf(span, object.size, etag))
    return new Response(object.body, { headers: { 'content-type': 'text/plain', etag } })
  }

  return async (request) => {
    const [, store, name = ''] = new URL(request.url).pathname.split('/')
    if (request.method === 'PUT') return keep(name, new Uint8Array(await request.arrayBuffer()))
    if (store === 'memory') return fromMemory(name, request)
    return store === 'cache' ? fromCache(name, request) : fromR2(name, request)
  }
}

interface Span {
  offset: number
  length: number
}

function spanOf(headers: Headers): Span | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '') ?? []
  return last === undefined ? undefined : { offset: Number(first), length: Number(last) - Number(first) + 1 }
}

const partOf = ({ offset, length }: Span, size: number, etag: string): ResponseInit => ({
  status: 206,
  headers: { 'content-type': 'text/plain', etag, 'content-range': `bytes ${offset}-${offset + length - 1}/${size}` },
})

const notFound = () => new Response(null, { status: 404 })
