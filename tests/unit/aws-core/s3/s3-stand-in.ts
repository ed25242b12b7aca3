// A stand-in for Amazon S3: one bucket, addressed in the path, behind GET, HEAD, PUT and DELETE of objects. As strict as the
// real one where it matters: the whole signature (computed here and not by what signs), the hash of the body that was
// signed, a length for every body, spans, and errors as XML that quote what was asked.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and …/API/ErrorResponses.html

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signatureRefusal } from '../../../../scripts/local/tap/signature.ts'

export const s3Credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret that is only a test’s' }
export const s3Region = 'eu-central-1'
export const s3Bucket = 'laurel-copies'

export interface S3Object {
  bytes: Buffer
  contentType: string | undefined
}

export interface S3StandIn {
  endpoint: string
  objects: Map<string, S3Object>
  /** What was asked, in order: method, key, range. */
  requests: string[]
  /**
   * What happens to the next requests, one each. `hang`: nothing; `reset`: the connection breaks; `halfway`: half of the body
   * comes; `whole`: a span is answered with everything; a number: that status, with an error in XML.
   */
  next: ('hang' | 'reset' | 'halfway' | 'whole' | number)[]
  /** To who may not list the bucket, what is not there is forbidden. */
  mayList: boolean
  close(): Promise<void>
}

export async function startS3StandIn(): Promise<S3StandIn> {
  const standIn: S3StandIn = { endpoint: '', objects: new Map(), requests: [], next: [], mayList: true, close: async () => {} }
  // A request that breaks off is nobody's any more.
  const server = createServer((request, response) => void serve(standIn, request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  standIn.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  standIn.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return standIn
}

async function serve(standIn: S3StandIn, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request
  const key = url.startsWith(`/${s3Bucket}/`) ? url.slice(s3Bucket.length + 2) : null
  const instead = standIn.next.shift()
  standIn.requests.push([method, key ?? url, headers.range].filter((part) => part !== undefined).join(' '))
  if (instead === 'reset') return void request.socket.resetAndDestroy()
  if (instead === 'hang') return
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const refuse = (status: number, code: string) => refusal(response, method, status, code, url)
  if (typeof instead === 'number') return refuse(instead, 'SlowDown')
  const refused = refusedBy(request, body)
  if (refused) return refuse(...refused)
  if (key === null) return refuse(404, 'NoSuchBucket')
  if (method === 'PUT') {
    standIn.objects.set(key, { bytes: body, contentType: headers['content-type'] })
    return void response.writeHead(200, { etag: `"${createHash('md5').update(body).digest('hex')}"` }).end()
  }
  if (method === 'DELETE') {
    standIn.objects.delete(key)
    return void response.writeHead(204).end()
  }
  if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'MethodNotAllowed')
  const object = standIn.objects.get(key)
  if (!object) return standIn.mayList ? refuse(404, 'NoSuchKey') : refuse(403, 'AccessDenied')
  send(response, method, object, instead === 'whole' ? undefined : headers.range, instead === 'halfway')
}

/** Signature, hash and length of the request, as S3 holds it to them. */
function refusedBy({ method = '', url = '', headers }: IncomingMessage, body: Buffer): [status: number, code: string] | null {
  const hash = headers['x-amz-content-sha256']
  if (typeof hash !== 'string') return [400, 'MissingSecurityHeader']
  const rules = { credentials: s3Credentials, region: s3Region, service: 's3', nowMs: Date.now(), validForMs: 300_000 }
  const forged = signatureRefusal({ method, url, headers, body }, rules)
  if (!/^[0-9a-f]{64}$/.test(hash)) return [400, 'InvalidRequest']
  if (hash !== createHash('sha256').update(body).digest('hex')) return [400, 'XAmzContentSHA256Mismatch']
  if (forged) return [403, 'SignatureDoesNotMatch']
  if (headers['transfer-encoding'] !== undefined) return [501, 'NotImplemented']
  if (method === 'PUT' && headers['content-length'] === undefined) return [411, 'MissingContentLength']
  return null
}

function send(
  response: ServerResponse,
  method: string,
  { bytes, contentType }: S3Object,
  range: string | undefined,
  isBroken: boolean,
): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
  const from = Number(first ?? 0)
  const to = Math.min(Number(last ?? bytes.length - 1), bytes.length - 1)
  if (range !== undefined && (first === undefined || from >= bytes.length)) {
    refusal(response, method, 416, 'InvalidRange', range)
    return
  }
  const part = bytes.subarray(from, to + 1)
  const fields = { 'content-type': contentType ?? 'binary/octet-stream', 'content-length': part.length, 'accept-ranges': 'bytes' }
  if (range === undefined) response.writeHead(200, fields)
  else response.writeHead(206, { ...fields, 'content-range': `bytes ${from}-${to}/${bytes.length}` })
  if (method === 'HEAD') return void response.end()
  if (!isBroken) return void response.end(part)
  response.write(part.subarray(0, part.length >> 1), () => response.destroy())
}

function refusal(response: ServerResponse, method: string, status: number, code: string, quoted: string): void {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>About ${quoted}</Message><Resource>${quoted}</Resource></Error>`
  response.writeHead(status, { 'content-type': 'application/xml' }).end(method === 'HEAD' ? undefined : xml)
}
