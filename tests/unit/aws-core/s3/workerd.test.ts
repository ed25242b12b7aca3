// The copies as they are made in production: inside workerd, with its fetch and its streams, which send a length only for a
// body that has one.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type S3StandIn, s3Bucket, s3Credentials, s3Region, startS3StandIn } from './s3-stand-in.ts'

const worker = `
  import { s3BlobCopies } from './aws-core/s3/s3-blob-copies.ts'
  import { createSigner } from './aws-core/signer.ts'
  import { ofKnownLength } from './workers/media/known-length.ts'
  export default {
    async fetch(request) {
      const { endpoint, method, key, span, facts, text } = JSON.parse(request.headers.get('x-call'))
      const signer = createSigner({ ...${JSON.stringify(s3Credentials)}, service: 's3', region: '${s3Region}', now: Date.now })
      const where = { region: '${s3Region}', bucket: '${s3Bucket}', endpoint }
      const limits = { timeoutMs: 5000, slowestBytesPerSecond: 1e6 }
      const copies = s3BlobCopies({ ...where, ...limits, signer, sized: ofKnownLength, fetch: (input, init) => fetch(input, init) })
      if (method === 'put') return Response.json(await copies.put(key, request.body, facts))
      const result = await copies[method](key, span)
      return result.ok && method === 'read' ? new Response(result.value) : Response.json(result)
    },
  }
`

const key = 'workspace1/blobs/blob-1'
const bytes = Buffer.alloc(3_000_000, 'laurel ')
const facts = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), contentType: 'video/mp4' }

let s3: S3StandIn
let runtime: Miniflare

beforeAll(async () => {
  const root = join(import.meta.dirname, '../../../..')
  const stdin = { contents: worker, resolveDir: root, loader: 'ts' as const }
  const bundle = await build({ stdin, bundle: true, write: false, format: 'esm', conditions: ['workerd', 'worker'], external: ['node:*'] })
  const script = bundle.outputFiles[0]?.text ?? ''
  const options = { name: 'copies', modules: true, script, compatibilityDate: '2026-10-01', compatibilityFlags: ['nodejs_compat'] }
  runtime = new Miniflare(convertV4MiniflareOptions({ cf: false, telemetry: { enabled: false }, workers: [options] }))
  s3 = await startS3StandIn()
  await runtime.ready
}, 30_000)

afterAll(() => Promise.all([runtime.dispose(), s3.close()]))

function call(asked: object, body?: Buffer) {
  const headers = { 'x-call': JSON.stringify({ endpoint: s3.endpoint, key, ...asked }) }
  return runtime.dispatchFetch('http://worker/', { method: 'POST', headers, ...(body && { body }) })
}

test('a stream is put with its length, read whole and in part, and deleted', async () => {
  expect(await (await call({ method: 'put', facts }, bytes)).json()).toEqual({ ok: true })
  expect(s3.objects.get(key)?.bytes.equals(bytes)).toBe(true)
  expect(await (await call({ method: 'has' })).json()).toEqual({ ok: true, value: true })
  expect(Buffer.from(await (await call({ method: 'read' })).arrayBuffer()).equals(bytes)).toBe(true)
  const part = await call({ method: 'read', span: { offset: 2_999_990, length: 10 } })
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(2_999_990))).toBe(true)
  expect(await (await call({ method: 'delete' })).json()).toEqual({ ok: true })
  expect(s3.objects.size).toBe(0)
})

test('bytes that end before their time leave nothing', async () => {
  const short = await call({ method: 'put', facts: { ...facts, size: bytes.length + 1 } }, bytes)
  expect(await short.json()).toMatchObject({ ok: false, error: { code: 'blob/unavailable' } })
  expect(s3.objects.size).toBe(0)
})
