// A stand-in for AWS's front door: it verifies Signature Version 4 in full (credential scope, signed headers, body hash,
// age), because the local engines take any header that looks right. Errors carry the names and status AWS uses.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
// Left out: query-string signing, chunked bodies and session tokens, which nothing here uses.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Credentials } from '../credentials.ts'

export interface SignedRequest {
  method: string
  /** Path and query as received. */
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface SignatureRules {
  credentials: Credentials
  region: string
  service: string
  nowMs: number
  /** How long a signature is good for, before and after its date. AWS: five minutes. */
  validForMs: number
}

export interface SignatureRefusal {
  type: string
  message: string
}

const algorithm = 'AWS4-HMAC-SHA256'

/** Undefined when the request is properly signed. */
export function signatureRefusal(request: SignedRequest, rules: SignatureRules): SignatureRefusal | undefined {
  const authorization = request.headers.authorization
  if (!authorization) return { type: 'MissingAuthenticationTokenException', message: 'Request is missing Authentication Token' }
  const parts = parseAuthorization(authorization)
  const date = request.headers['x-amz-date']
  if (!parts || typeof date !== 'string' || !/^\d{8}T\d{6}Z$/.test(date)) {
    return { type: 'IncompleteSignatureException', message: `${algorithm} needs Credential, SignedHeaders, Signature and x-amz-date.` }
  }
  const [accessKeyId, day, region, service, end, ...rest] = parts.credential.split('/')
  if (accessKeyId !== rules.credentials.accessKeyId) {
    return { type: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }
  }
  const scope = `${date.slice(0, 8)}/${rules.region}/${rules.service}/aws4_request`
  if (rest.length > 0 || `${day}/${region}/${service}/${end}` !== scope) {
    return invalid(`Credential should be scoped to ${scope}, not ${day}/${region}/${service}/${end}.`)
  }
  const ageMs = Math.abs(rules.nowMs - dateMs(date))
  if (ageMs > rules.validForMs) return invalid(`Signature expired: ${date} is ${Math.round(ageMs / 1000)} s away.`)

  const mustSign = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'))
  const unsigned = mustSign.filter((name) => !parts.signedHeaders.includes(name))
  if (unsigned.length > 0) return invalid(`Headers not signed: ${unsigned.join(', ')}.`)

  const canonical = canonicalRequest(request, parts.signedHeaders)
  const toSign = [algorithm, date, scope, sha256(canonical)].join('\n')
  const expected = hmac(signingKey(rules.credentials.secretAccessKey, scope), toSign)
  const given = Buffer.from(parts.signature, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return invalid('The request signature we calculated does not match the signature you provided.')
  }
  return undefined
}

/** Milliseconds since the epoch of `20261121T070503Z`. */
export function dateMs(amzDate: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? []
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
}

function parseAuthorization(header: string) {
  const match = /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(header)
  return match && { credential: match[1] ?? '', signedHeaders: (match[2] ?? '').split(';'), signature: match[3] ?? '' }
}

function canonicalRequest(request: SignedRequest, signedHeaders: string[]): string {
  const [path = '/', query = ''] = request.url.split('?', 2)
  const headers = signedHeaders.map((name) => `${name}:${[request.headers[name] ?? ''].flat().join(',').trim().replace(/\s+/g, ' ')}\n`)
  return [request.method, path, query, headers.join(''), signedHeaders.join(';'), sha256(request.body)].join('\n')
}

const keys = new Map<string, Buffer>()

/** The derived key is good for a day, so it is kept: four HMACs less on every request. */
function signingKey(secret: string, scope: string): Buffer {
  const id = `${secret}/${scope}`
  let key = keys.get(id)
  if (!key) {
    key = scope.split('/').reduce<Buffer>((previous, part) => hmac(previous, part), Buffer.from(`AWS4${secret}`))
    keys.set(id, key)
  }
  return key
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: Buffer, data: string) => createHmac('sha256', key).update(data).digest()
const invalid = (message: string): SignatureRefusal => ({ type: 'InvalidSignatureException', message })
